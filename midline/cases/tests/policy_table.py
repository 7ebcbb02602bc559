"""The truth table of the policy, for reading: who may do what on a case. A clinician should agree with each line.

`|` parts the columns. Every person of the table is put before one case in every status; all directions of the policy must say what the
last column says. "Drafts" and "received" say whether the lab has ever received an order of the case; without either word the line holds
for both. `policy_world.py` makes the people, `policy_answers.py` asks.
"""

from typing import Final

from midline.cases.actions import Action

# What the words of the last column mean.
WORDS: Final[dict[str, set[Action]]] = {
    # prescription, records, published setups, conversation, history; comment, write a change request, mark ready: always
    "see": {
        Action.VIEW,
        Action.READ_CONVERSATION,
        Action.READ_PROPOSED_REQUESTS,
        Action.READ_SENT_REQUESTS,
        Action.COMMENT,
        Action.PROPOSE_CHANGES,
        Action.MARK_READY,
    },
    "name": {Action.SEE_IDENTITY},
    "orders": {Action.ADD_ORDER},
    "decline": {Action.DECLINE_SETUP},
    "records": {Action.EDIT_RECORDS},
    "copies": {Action.DOWNLOAD},
    "originals": {Action.DOWNLOAD_ORIGINALS},
    "take": {Action.TAKE},
    # publish a version, see it before, answer change requests
    "plan": {Action.PUBLISH_SETUP, Action.READ_UNPUBLISHED, Action.ANSWER_REQUESTS},
    # everything of the owner: also the shares, the access log, and what only they decide
    "own": {
        Action.VIEW,
        Action.SEE_IDENTITY,
        Action.READ_CONVERSATION,
        Action.READ_PROPOSED_REQUESTS,
        Action.READ_SENT_REQUESTS,
        Action.READ_SHARES,
        Action.READ_ACCESS_LOG,
        Action.DOWNLOAD,
        Action.DOWNLOAD_ORIGINALS,
        Action.COMMENT,
        Action.PROPOSE_CHANGES,
        Action.ADD_ORDER,
        Action.DECLINE_SETUP,
        Action.EDIT_RECORDS,
        Action.APPROVE,
        Action.PUSH_BACK,
        Action.SHARE,
        Action.RECEIVE,
        Action.HOLD,
        Action.CANCEL,
        Action.EDIT_CASE,
    },
    # the lab reads case, name, sent requests and unpublished versions; takes, asks for records, answers, makes, holds, cancels late;
    # never the conversation, a proposed request, the shares or the access log
    "lab": {
        Action.VIEW,
        Action.SEE_IDENTITY,
        Action.READ_SENT_REQUESTS,
        Action.READ_UNPUBLISHED,
        Action.DOWNLOAD,
        Action.DOWNLOAD_ORIGINALS,
        Action.TAKE,
        Action.ASK_RECORDS,
        Action.ANSWER_REQUESTS,
        Action.MANUFACTURE,
        Action.HOLD,
        Action.CANCEL_LATE,
    },
    "publish": {Action.PUBLISH_SETUP},
    "nothing": set(),
}

COLLABORATORS: Final = """
# granted           | collaboration    | shared                                 | besides                        | may

# -- the permissions, one by one
  nothing           | active           | single                                 |                                | see, name
  nothing           | active           | every case                             |                                | see, name
  add orders        | active           | single                                 |                                | see, name, orders
  add orders        | active           | every case                             |                                | see, name, orders
  decline setups    | active           | single                                 |                                | see, name, decline
  decline setups    | active           | every case                             |                                | see, name, decline
  edit records      | active           | single                                 |                                | see, name, records
  edit records      | active           | every case                             |                                | see, name, records
  download          | active           | single                                 |                                | see, name, copies, originals
  download          | active           | every case                             |                                | see, name, copies, originals
  publish setups    | active           | single                                 |                                | see, name, take
  publish setups    | active           | every case                             |                                | see, name, take
  everything        | active           | single                                 |                                | see, name, orders, decline, records, copies, originals, take
  everything        | active           | every case                             |                                | see, name, orders, decline, records, copies, originals, take

# -- the states of a collaboration
  everything        | invited          | single                                 |                                | nothing
  everything        | invited          | every case                             |                                | nothing
  everything        | declined         | single                                 |                                | nothing
  everything        | declined         | every case                             |                                | nothing
  everything        | withdrawn        | single                                 |                                | nothing
  everything        | withdrawn        | every case                             |                                | nothing
  everything        | expired          | single                                 |                                | nothing
  everything        | expired          | every case                             |                                | nothing
  everything        | revoked          | single                                 |                                | nothing
  everything        | revoked          | every case                             |                                | nothing
  everything        | left             | single                                 |                                | nothing
  everything        | left             | every case                             |                                | nothing
  nothing           | last second      | single                                 |                                | see, name
  everything        | last second      | every case                             |                                | see, name, orders, decline, records, copies, originals, take
  everything        | over this moment | single                                 |                                | nothing
  everything        | over this moment | every case                             |                                | nothing
  everything        | past its end     | single                                 |                                | nothing
  everything        | past its end     | every case                             |                                | nothing
  everything        | begun anew       | single, in the one that ended          |                                | nothing
  nothing           | begun anew       | single                                 |                                | see, name

# -- what is shared
  everything        | active           | none                                   |                                | nothing
  everything        | active           | single, ended                          |                                | nothing
  everything        | active           | single, ended and shared again         |                                | see, name, orders, decline, records, copies, originals, take
  everything        | active           | every case ended                       |                                | nothing
  everything        | active           | every case ended, single left          |                                | see, name, orders, decline, records, copies, originals, take
  nothing           | active           | every case and single                  |                                | see, name
  everything        | active           | held row                               |                                | nothing
  everything        | active           | every case, held row                   |                                | see, name, orders, decline, records, copies, originals, take
  everything        | active           | another case                           |                                | nothing
  everything        | active           | every case of another provider         |                                | nothing
  everything        | active           | single, from another provider          |                                | nothing

# -- what is taken away on this case
  everything        | active           | single                                 | no add orders here             | see, name, decline, records, copies, originals, take
  everything        | active           | single                                 | no decline setups here         | see, name, orders, records, copies, originals, take
  everything        | active           | single                                 | no edit records here           | see, name, orders, decline, copies, originals, take
  everything        | active           | single                                 | no download here               | see, name, orders, decline, records, take
  everything        | active           | single                                 | no publish setups here         | see, name, orders, decline, records, copies, originals
  everything        | active           | single                                 | no everything here             | see, name
  everything        | active           | every case, held row                   | no add orders here             | see, name, decline, records, copies, originals, take
  everything        | active           | every case, held row                   | no decline setups here         | see, name, orders, records, copies, originals, take
  everything        | active           | every case, held row                   | no edit records here           | see, name, orders, decline, copies, originals, take
  everything        | active           | every case, held row                   | no download here               | see, name, orders, decline, records, take
  everything        | active           | every case, held row                   | no publish setups here         | see, name, orders, decline, records, copies, originals
  everything        | active           | every case, held row                   | no everything here             | see, name
  everything        | active           | every case and single                  | no download here               | see, name, orders, decline, records, take
  everything        | active           | every case, held row ended             | no everything here             | see, name, orders, decline, records, copies, originals, take
  everything        | active           | single, ended and shared again         | no everything there before     | see, name, orders, decline, records, copies, originals, take
  everything        | active           | single, and another case               | no everything there            | see, name, orders, decline, records, copies, originals, take
  everything        | active           | every case, and another case           | no everything there            | see, name, orders, decline, records, copies, originals, take
  nothing           | active           | single                                 | no everything here             | see, name
  download          | active           | single                                 | no add orders here             | see, name, copies, originals

# -- hidden identity
  nothing           | active           | single                                 | identity hidden                | see
  nothing           | active           | every case                             | identity hidden                | see
  download          | active           | single                                 | identity hidden                | see, copies
  download          | active           | every case                             | identity hidden                | see, copies
  everything        | active           | single                                 | identity hidden                | see, orders, decline, records, copies, take
  download          | active           | single                                 | identity hidden, no download here | see
  publish setups    | active           | single                                 | identity hidden, took the order | see, take, plan

# -- who took the order
  publish setups    | active           | single                                 | took the order                 | see, name, take, plan
  publish setups    | active           | every case                             | took the order                 | see, name, take, plan
  publish setups    | active           | single                                 | handed it over                 | see, name, take
  publish setups    | active           | single                                 | another took the order         | see, name, take
  publish setups    | active           | single                                 | took an order that is closed   | see, name, take
  publish setups    | active           | single                                 | took it as a technician        | see, name, take
  publish setups    | active           | single                                 | took an order of another case  | see, name, take
  nothing           | active           | single                                 | took the order                 | see, name
  everything        | active           | single                                 | took the order, no publish setups here | see, name, orders, decline, records, copies, originals
  everything        | active           | every case ended                       | took the order                 | nothing
  everything        | revoked          | every case                             | took the order                 | nothing
  everything        | past its end     | every case                             | took the order                 | nothing

# -- the person
  everything        | active           | every case                             | also a provider                | see, name, orders, decline, records, copies, originals, take
  nothing           | active           | single                                 | also a technician              | see, name
  nothing           | active           | single                                 | also an administrator          | see, name
  everything        | active           | every case                             | account closed                 | nothing
  everything        | active           | every case                             | took the order, account closed | nothing
  everything        | active           | every case                             | does not evaluate              | see, name, orders, decline, records, copies, originals, take
  everything        | active           | every case                             | provider not confirmed         | nothing
  everything        | active           | single                                 | provider refused               | nothing
"""  # noqa: E501

OTHERS: Final = """
# person                                            | workspace    | case     | may

  the owner                                         | provider     |          | own
  the owner                                         | collaborator |          | nothing
  the owner                                         | lab          |          | nothing
  the owner                                         | account      |          | nothing
  the owner, account closed                         | provider     |          | nothing
  the owner, not confirmed                          | provider     |          | nothing
  the owner, refused                                | provider     |          | nothing
  another provider                                  | provider     |          | nothing
  another provider, naming the owner's number       | provider     |          | nothing
  a provider who collaborates here                  | provider     |          | nothing
  a collaborator with everything                    | provider     |          | nothing
  a collaborator with everything                    | lab          |          | nothing
  a collaborator with everything                    | account      |          | nothing
  a technician                                      | lab          | drafts   | nothing
  a technician                                      | lab          | received | lab
  a technician                                      | provider     |          | nothing
  a technician                                      | collaborator |          | nothing
  a technician                                      | account      |          | nothing
  a technician who took the order                   | lab          | drafts   | nothing
  a technician who took the order                   | lab          | received | lab, publish
  a technician who handed it over                   | lab          | received | lab
  a technician who took an order that is closed     | lab          | received | lab
  a technician who took it as a collaborator        | lab          | received | lab
  a technician who took an order of another case    | lab          | received | lab
  a technician who collaborates with everything     | lab          | received | lab
  a technician who is also a provider               | lab          | received | lab
  a technician, account closed                      | lab          | received | nothing
  once a technician, took the order                 | lab          | received | nothing
  an administrator                                  | provider     |          | nothing
  an administrator                                  | collaborator |          | nothing
  an administrator                                  | lab          |          | nothing
  an administrator                                  | account      |          | nothing
  an administrator who is a technician              | lab          | received | lab
  a stranger                                        | provider     |          | nothing
  a stranger                                        | collaborator |          | nothing
  a stranger                                        | lab          |          | nothing
  a stranger                                        | account      |          | nothing
"""


def lines(table: str) -> list[list[str]]:
    """The cells of each line; remarks and empty lines left out."""
    rows = [line.split("|") for line in table.splitlines() if line.strip() and not line.startswith("#")]
    return [[cell.strip() for cell in row] for row in rows]


def meaning(words: str) -> frozenset[Action]:
    """The actions that a last column names."""
    return frozenset().union(*(WORDS[word.strip()] for word in words.split(",")))
