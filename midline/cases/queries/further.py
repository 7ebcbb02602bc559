"""Which further orders a case takes now: a revision, a replacement. The rule of the life cycle; who may is the policy's."""

from midline.cases.models import Case, CaseType, Order, Status

MADE_BY_NOW = frozenset({Status.SHIPPED, Status.IN_TREATMENT, Status.COMPLETED})


def further_kinds(case: Case) -> tuple[CaseType, ...]:
    """What may be ordered beside what the case has.

    A revision corrects what was planned or made: a setup was approved or an order is closed, and no other order that uses setups is
    open. A replacement makes again what was made: a setup was approved or an order was shipped. One draft of a kind is enough.
    """
    orders = list(case.orders.only("id", "case_id", "kind", "status", "held_status"))
    approved = bool(case.approved_version)
    free = not any(order.type.uses_setups and not order.state.is_closed for order in orders)
    found = []
    if free and (approved or any(order.state.is_closed for order in orders)):
        found.append(CaseType.REVISION)
    if (approved or any(_made(order) for order in orders)) and not any(_drafted(order) for order in orders):
        found.append(CaseType.REPLACEMENT)
    return tuple(found)


def _made(order: Order) -> bool:
    state = Status(order.held_status) if order.state is Status.ON_HOLD else order.state
    return state in MADE_BY_NOW


def _drafted(order: Order) -> bool:
    return order.type is CaseType.REPLACEMENT and order.state is Status.DRAFT
