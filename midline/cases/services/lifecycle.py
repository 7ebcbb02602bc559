"""How an order moves from state to state, and how its case shows it."""

from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.cases.actions import Action
from midline.cases.events import OrderMoved
from midline.cases.models import Case, Order, ReadyMark, RecordNeed, Status
from midline.cases.policies import cases_for, may
from midline.cases.services.counts import status_counted
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.errors import NotAllowedNow
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor

# After these no version waits for a decision any more.
DECIDED: Final = frozenset({"send_changes", "approve", "cancel"})


@transaction.atomic
def order_move(*, order: Order, event: str, by: Actor, words: str = "", **data: Any) -> Order:
    """Moves `order` by `event` of TRANSITIONS: checks who may, locks the case, writes the case's copy, the counters and the history.

    `words` is what the mover said; `data` goes into the event (version, tracking, …). Raises NotAllowedNow when the order is in a state
    without this event or a guard says no, PermissionDenied when the mover may not.
    """
    case = Case.objects.select_for_update().get(pk=order.case_id)
    fresh = Order.objects.select_for_update().get(pk=order.pk)
    old = fresh.state
    found = fresh.transition(event)
    if found is None:
        raise NotAllowedNow(_("This order is “%(status)s” now, so this step is not open any more.") % {"status": old.label})
    target, action = found
    if not may(by, action, case):
        raise PermissionDenied
    _guard(fresh, event, by)
    new = target if target is not None else _state_to_return_to(fresh, event)
    if event == "send_changes" and fresh.planner_id is None:
        new = Status.SUBMITTED  # its planner has left meanwhile: back to the queue
    _apply(case, fresh, event, by, new, data)
    fresh.status = new
    fresh.status_since = clock.now()
    fresh.save()
    case_shows(case, changes_requested=event == "send_changes")
    for name in (
        "status",
        "held_status",
        "planner_id",
        "planner_workspace",
        "taken_at",
        "submitted_at",
        "closed_at",
        "tracking",
        "carrier",
    ):
        setattr(order, name, getattr(fresh, name))
    activity.record(
        OrderMoved.of(
            case,
            by,
            subject_kind="order",
            subject_id=fresh.pk,
            event=event,
            order_kind=fresh.kind,
            words=words,
            **{"from": old, "to": new},
            **data,
        )
    )
    return order


def _guard(order: Order, event: str, by: Actor) -> None:
    planner = (order.planner_id, order.planner_workspace) == (by.user_id, by.workspace)
    if event in {"publish", "hand_over"} and not planner:
        raise NotAllowedNow(_("Only the planner who took this order can do this. Ask them to hand it over."))
    if event == "take" and not order.type.uses_setups:
        raise NotAllowedNow(_("This order needs no treatment setup: start its manufacturing."))
    if event == "start_manufacturing" and order.state is Status.SUBMITTED and order.type.uses_setups:
        raise NotAllowedNow(_("Manufacturing starts after the provider has approved a setup."))
    if event == "receive" and not order.type.uses_setups:
        raise NotAllowedNow(_("This order is completed when it arrives."))
    if event == "complete" and order.state is Status.SHIPPED and order.type.uses_setups:
        raise NotAllowedNow(_("Confirm that the aligners have arrived first."))
    if event == "records_complete" and order.needs.filter(answered_at=None).exists():
        raise NotAllowedNow(_("Records are still missing."))


def _state_to_return_to(order: Order, event: str) -> Status:
    if event == "resume":
        return Status(order.held_status)
    return Status.IN_PRODUCTION if order.planner_id else Status.SUBMITTED


def _apply(case: Case, order: Order, event: str, by: Actor, new: Status, data: dict[str, Any]) -> None:
    """What an event writes beside the status itself."""
    match event:
        case "submit":
            order.submitted_at = order.submitted_at or clock.now()
            case.submitted_at = case.submitted_at or clock.now()
        case "take":
            order.planner, order.planner_workspace, order.taken_at = by.user, by.workspace, clock.now()
        case "hand_over":
            order.planner, order.planner_workspace, order.taken_at = None, "", None
        case "publish":
            case.newest_version = case.awaiting_version = data["version"]
        case "send_changes":
            case.awaiting_version = None
        case "approve":
            case.approved_version, case.awaiting_version = case.awaiting_version, None
        case "hold":
            order.held_status = order.status
        case "resume":
            order.held_status = ""
        case "cancel" if order.type.uses_setups:
            case.awaiting_version = None
        case "ship":
            order.tracking, order.carrier = data.get("tracking", ""), data.get("carrier", "")
    if event in DECIDED and case.awaiting_version is None:
        # A mark is about a version that waits. Those of all earlier versions would be in the way of every count.
        ReadyMark.objects.filter(case=case).delete()
    if new.is_closed:
        order.closed_at = clock.now()


def current_order(case: Case) -> Order | None:
    """The order last begun that is not closed, else the last closed."""
    orders = list(case.orders.order_by("-id"))
    return next((o for o in orders if not o.state.is_closed), None) or (
        max(orders, key=lambda o: (o.closed_at or o.created_at, o.pk)) if orders else None
    )


def case_shows(case: Case, *, changes_requested: bool = False) -> None:
    """Writes the current order's status, type and detail down into the case, and moves the counters.

    Call it inside a transaction that holds the case.
    """
    order = current_order(case)
    if order is None:
        return
    old = Status(case.status) if case.current_order_id else None
    asked = changes_requested or (order.state is Status.IN_PRODUCTION and case.status_detail == "changes")
    case.current_order, case.status, case.case_type = order, order.status, order.kind
    case.status_detail = _detail(order, changes_requested=asked)
    case.type_detail = str(order.ordinal) if order.kind in {"revision", "replacement"} else str(order.prescription.get("arches", ""))
    case.last_activity_at = clock.now()
    case.save()
    status_counted(case=case, old=old, new=order.state)


def _detail(order: Order, *, changes_requested: bool) -> str:
    """A code beside the status, told in words by queries.detail_words: step:2, missing:lower_scan, unusable:2, changes, tracking."""
    match order.state:
        case Status.DRAFT:
            return f"step:{order.step}"
        case Status.RECORDS_NEEDED:
            needs = list(order.needs.filter(answered_at=None))
            unusable = [n for n in needs if n.kind == RecordNeed.Kind.UNUSABLE]
            shown = unusable or needs
            kind = "unusable" if unusable else "missing"
            return f"{kind}:{shown[0].slot if len(shown) == 1 else len(shown)}" if shown else ""
        case Status.IN_PRODUCTION:
            return "changes" if changes_requested else ""
        case Status.SHIPPED:
            return "tracking" if order.tracking else ""
    return ""


def case_touch(case_id: int) -> None:
    """Something happened on the case that moves no status: it rises in lists sorted by last activity."""
    Case.objects.filter(pk=case_id).update(last_activity_at=clock.now())


@transaction.atomic
def planners_left(*, provider_id: int, case_id: int | None = None) -> int:
    """The orders whose planner, a collaborator of this provider, may plan them no longer return to the queue. Returns how many.

    Nobody but its planner hands an order over: one that stayed with somebody who no longer sees the case would wait for ever. With
    `case_id` only that case is looked at. Costs a query for each planner, and writes only for orders that return.
    """
    # Who plans at all is found without the cases, for there may be 100,000 of them.
    people = list(Collaboration.objects.filter(provider_id=provider_id, person__isnull=False).values_list("person_id", flat=True))
    taken = Order.objects.filter(planner_id__in=people, planner_workspace=Workspace.COLLABORATOR, closed_at=None)
    planners = set(taken.values_list("planner_id", flat=True))
    taken = taken.filter(case_id=case_id) if case_id else taken.filter(case__provider_id=provider_id)
    lost: dict[int, int] = {}
    for planner in User.objects.filter(pk__in=planners) if planners else ():
        theirs = taken.filter(planner=planner)
        kept = cases_for(Actor(planner, Workspace.COLLABORATOR), Action.PUBLISH_SETUP).filter(pk__in=theirs.values("case_id"))
        lost |= dict(theirs.exclude(case_id__in=kept.values("pk")).values_list("pk", "case_id"))
    # All cases before the first is written, in the order of their ids: counters are locked by the first write.
    cases = {case.pk: case for case in Case.objects.select_for_update().filter(pk__in=lost.values()).order_by("pk")} if lost else {}
    return sum(_returned_to_queue(pk, cases[of]) for pk, of in sorted(lost.items(), key=lambda pair: pair[1]))


def _returned_to_queue(order_id: int, case: Case) -> bool:
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.planner is None or order.closed_at or order.planner_workspace != Workspace.COLLABORATOR:
        return False  # moved on before the case was locked
    if may(Actor(order.planner, Workspace.COLLABORATOR), Action.PUBLISH_SETUP, case):
        return False
    old = order.state
    order.planner, order.planner_workspace, order.taken_at = None, "", None
    if old is Status.IN_PRODUCTION:
        order.status, order.status_since = Status.SUBMITTED, clock.now()
    if order.held_status == Status.IN_PRODUCTION:
        order.held_status = Status.SUBMITTED
    order.save()
    case_shows(case)
    moved = {"from": old, "to": order.state}
    activity.record(
        OrderMoved.of(case, None, subject_kind="order", subject_id=order.pk, event="hand_over", order_kind=order.kind, words="", **moved)
    )
    return True
