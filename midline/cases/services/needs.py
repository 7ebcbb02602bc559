"""Records the lab asks for, and their answers."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.cases.actions import Action
from midline.cases.events import RecordsAsked
from midline.cases.models import Case, Order, RecordNeed, Status
from midline.cases.policies import may
from midline.cases.services.lifecycle import case_shows, order_move
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.people.policies import Actor


@dataclass(frozen=True)
class Ask:
    """One record wanted: its slot, missing or unusable, and why in words that help."""

    slot: str
    kind: RecordNeed.Kind
    reason: str


@transaction.atomic
def records_ask(*, order: Order, by: Actor, asks: list[Ask]) -> Order:
    """Submitted or In production → Records needed, with one row an item. Raises Refused when nothing is asked or a reason is empty."""
    if not asks:
        raise Refused(_("Choose at least one record that is missing or unusable."), field="slots")
    if empty := [ask for ask in asks if not ask.reason.strip()]:
        raise Refused(_("Say why “%(slot)s” is needed, so that the provider can help.") % {"slot": empty[0].slot}, field="reason")
    locked = Case.objects.select_for_update().get(pk=order.case_id)
    if not may(by, Action.ASK_RECORDS, locked):
        raise PermissionDenied
    fresh = Order.objects.select_for_update().get(pk=order.pk)
    if fresh.transition("ask_records") is None:  # asked for by somebody else meanwhile: one list of what is needed, not two
        raise NotAllowedNow(_("This order is “%(status)s” now, so this step is not open any more.") % {"status": fresh.state.label})
    RecordNeed.objects.bulk_create(
        RecordNeed(order=order, slot=ask.slot, kind=ask.kind, reason=ask.reason.strip()[:300], asked_by=by.user, asked_at=clock.now())
        for ask in asks
    )
    order_move(order=order, event="ask_records", by=by)
    case = Case.objects.get(pk=order.case_id)
    items = [{"slot": ask.slot, "kind": str(ask.kind), "reason": ask.reason} for ask in asks]
    activity.record(RecordsAsked.of(case, by, subject_kind="order", subject_id=order.pk, items=items))
    return order


@transaction.atomic
def need_answer(*, order: Order, slot: str, by: Actor) -> bool:
    """A record for `slot` has come: closes the need. When it was the last, the order moves on by itself. Returns whether it moved."""
    case = Case.objects.select_for_update().get(pk=order.case_id)
    if not may(by, Action.EDIT_RECORDS, case):
        raise PermissionDenied
    if not RecordNeed.objects.filter(order=order, slot=slot, answered_at=None).update(answered_at=clock.now()):
        return False
    fresh = Order.objects.get(pk=order.pk)
    if fresh.state is not Status.RECORDS_NEEDED:
        return False
    if fresh.needs.filter(answered_at=None).exists():
        case_shows(case)
        return False
    order_move(order=fresh, event="records_complete", by=by)
    order.status = fresh.status
    return True
