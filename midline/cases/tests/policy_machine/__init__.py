"""A state machine that lives through invitations, grants, shares and endings; an oracle that knows the rules from the description alone.

`records` are the oracle's plain records, `oracle` answers who may what, `deeds` and `orders` say what an act does and when it is refused;
none of them knows the product's code. `world` does each act in the product and in the oracle and compares, `questions` asks both,
`steps`, `sharing` and `machine` draw the acts, `stories` are what every world begins with, `bugs` plants faults that the machine must find.
"""
