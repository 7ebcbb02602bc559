"""The lab's doors: an order through its case, an import through its case. Hidden is 404, visible but not allowed is 403."""

from django.core.exceptions import PermissionDenied
from django.http import Http404

from midline.cases.actions import Action
from midline.cases.models import Order
from midline.cases.policies import get_case_or_404, may
from midline.people.policies import Actor
from midline.setups.models import SetupImport
from midline.setups.queries import import_or_404, may_plan


def order_or_404(actor: Actor, number: str, order_id: int, action: Action) -> Order:
    """An order that the lab has received. Raises Http404, or PermissionDenied when the case is visible but `action` is not allowed."""
    case = get_case_or_404(actor, number, action)
    rows = Order.objects.filter(case=case, submitted_at__isnull=False).select_related("planner")
    order = rows.filter(pk=order_id).first()
    if order is None:
        raise Http404
    order.case = case
    return order


def import_of(actor: Actor, number: str, import_id: int, *, writes: bool = False) -> SetupImport:
    """An import, which is there for the lab and its planner alone. With `writes` anybody but its planner gets PermissionDenied."""
    case = get_case_or_404(actor, number)
    item = import_or_404(actor, case, import_id)
    item.order.case = case
    if writes and not may(actor, Action.TAKE, case):
        raise PermissionDenied
    return item


def plans(actor: Actor, item: SetupImport) -> bool:
    """Whether this reader may act on the import: others of the lab read it."""
    return may_plan(actor, item.order)
