"""The case page: what to do next on top, then everything the reader may read of the case."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from midline.cases.actions import Action
from midline.cases.models import Case, CaseUnread, Order, Status, Turn
from midline.cases.policies import actions_on, collaborations_on, sees_order
from midline.cases.prescription import prescription_answers
from midline.cases.queries import (
    Standing,
    detail_words,
    evaluating_collaborations,
    further_kinds,
    standing_of,
    taken_away_by_collaboration,
    type_words,
)
from midline.collaboration.models import Collaboration
from midline.conversation.queries import change_requests, panel, talk_of
from midline.core import clock
from midline.core.ids import new_key
from midline.core.workspace import Workspace
from midline.people.numbering import tooth_number
from midline.people.policies import Actor
from midline.records.models import Slot
from midline.records.queries import PHOTOS, SCANS, XRAYS, gallery, places
from midline.setups.models import Decision, SetupImport, SetupVersion
from midline.setups.queries import OPEN_IMPORT, versions_for
from midline.web.history import history, progress
from midline.web.queries import last_event

TABS = ("overview", "prescription", "records", "setups", "discussion", "orders", "history")
SLOTS = {slot.value: slot.label for slot in Slot}


@dataclass(frozen=True)
class Next:
    """What to do next: a title, a sentence, and where to go."""

    title: str
    text: str
    label: str = ""
    url: str = ""


@dataclass(frozen=True)
class VersionRow:
    version: SetupVersion
    label: str
    icon: str
    tone: str


def page(case: Case, actor: Actor, tab: str) -> dict[str, Any]:
    """Everything the templates of a tab need. Each part is read once, and only where it is shown."""
    if tab not in TABS:
        raise Http404
    actions = actions_on(actor, case)
    standing = standing_of(case, actor)
    shown = {
        "case": case,
        "tab": tab,
        "lab_name": settings.MIDLINE_LAB_NAME,
        "actions": {action.value for action in actions},
        "standing": standing,
        "subject": subject(case, actions),
        "person_line": person_line(case),
        "type_words": type_words(case),
        "detail": detail_words(case, SLOTS),
        "after": last_event(actor, case, actions),
        "order": case.current_order,
        "tabs": _tabs(case, actor, actions),
        "events": open_events(case, actions),
        "further": [(kind, new_key()) for kind in further_kinds(case)] if Action.ADD_ORDER in actions else [],
    }
    match tab:
        case "overview":
            shown |= _overview(case, actor, actions, standing)
        case "setups":
            shown |= {"versions": version_rows(case, actor, actions), "requests": list(change_requests(case, actor, allowed=actions))}
        case "discussion":
            shown |= _discussion(case, actor, actions)
        case "orders":
            shown |= {"orders": _orders(case, actor)}
        case "history":
            shown |= {"history": history(case, actor)}
        case "records":
            shown |= {"gallery": gallery(case, actor, actions)} | _uploads(case, actor, actions)
        case "prescription":
            number = _numbering(actor)
            shown |= {"orders": [(order, prescription_answers(order.prescription, number)) for order in _orders(case, actor)]}
    return shown


def _orders(case: Case, actor: Actor) -> list[Order]:
    """The orders of the case that the reader sees, the last begun first."""
    return [order for order in case.orders.select_related("created_by", "planner").order_by("-id") if sees_order(actor, order)]


def _answers(case: Case, actor: Actor) -> list[Any]:
    """The first answers of the current order's prescription."""
    order = case.current_order
    return prescription_answers(order.prescription, _numbering(actor))[:8] if order and sees_order(actor, order) else []


def _overview(case: Case, actor: Actor, actions: frozenset[Action], standing: Standing) -> dict[str, Any]:
    versions = version_rows(case, actor, actions)
    ready = {c.pk: is_ready for c, is_ready in evaluating_collaborations(case)} if case.awaiting_version else {}
    return {
        "next": next_step(case, actor, actions, standing),
        "steps": progress(case, actor),
        "versions": versions,
        "newest": next((row.version for row in versions if row.version.published_at), None),
        "gallery": gallery(case, actor, actions),
        "answers": _answers(case, actor),
        "lab": _lab_acts(case, actor, actions),
        "history": history(case, actor, most=7),
        "people": _people(case, ready) if Action.SHARE in actions else [],
        "mine": _mine(case, actor),
        "needs": list(case.current_order.needs.filter(answered_at=None)) if case.current_order else [],
        "slot_labels": SLOTS,
    }


def _people(case: Case, ready: dict[int, bool]) -> list[tuple[Collaboration, bool | None, list[str]]]:
    """Everybody who sees the case: whether they hold the version ready (None: they need not), and what is taken away here, in words."""
    people = list(collaborations_on(case))
    taken = taken_away_by_collaboration(case, people)
    return [(one, ready.get(one.pk), taken.get(one.pk, [])) for one in people]


def _mine(case: Case, actor: Actor) -> Collaboration | None:
    if actor.workspace != Workspace.COLLABORATOR:
        return None
    return collaborations_on(case).filter(person_id=actor.user_id).first()


def _discussion(case: Case, actor: Actor, actions: frozenset[Action]) -> dict[str, Any]:
    from midline.conversation.forms import CommentForm

    if Action.READ_CONVERSATION not in actions:
        raise Http404
    version = case.newest_version or None
    return panel(case, actor, talk_of(case, actor, actions)) | {"form": CommentForm.empty(version), "version": version}


def subject(case: Case, actions: frozenset[Action]) -> str:
    """The patient's name where the reader may know it."""
    if Action.SEE_IDENTITY not in actions:
        return _("Patient hidden")
    return case.patient.name if case.patient else _("No patient yet")


def person_line(case: Case) -> str:
    """Age and sex: shown also where the identity is hidden."""
    if case.patient is None:
        return ""
    age = case.patient.age(clock.now().date())
    years = ngettext("%(n)s year", "%(n)s years", age) % {"n": age} if age is not None else ""
    sex = case.patient.get_sex_display().lower() if case.patient.sex else ""
    return ", ".join(part for part in (years, sex) if part)


def _numbering(actor: Actor) -> Callable[[int], str]:
    return lambda fdi: tooth_number(fdi, actor.user.numbering)


def _uploads(case: Case, actor: Actor, actions: frozenset[Action]) -> dict[str, Any]:
    """Places to add or replace records of the current order, where the reader may and the order still takes files."""
    order = case.current_order
    if order is None or order.state.is_closed or Action.EDIT_RECORDS not in actions:
        return {"uploads": False}
    kinds = {"scans": SCANS, "photos": PHOTOS, "xrays": XRAYS}
    shows_names = Action.SEE_IDENTITY in actions
    filled = {name: places(order, actor, slots, shows_names=shows_names) for name, slots in kinds.items()}
    needs = list(order.needs.filter(answered_at=None))
    return {"uploads": True, "workspace": actor.workspace, "needs": needs, "slot_labels": SLOTS, **filled}


def _lab_acts(case: Case, actor: Actor, actions: frozenset[Action]) -> dict[str, Any] | None:
    """What the lab, or the collaborator who plans, may do to the current order now."""
    order = case.current_order
    if order is None or not actions & {Action.TAKE, Action.PUBLISH_SETUP, Action.MANUFACTURE}:
        return None
    planner = (order.planner_id, order.planner_workspace) == (actor.user_id, actor.workspace)
    makes = Action.MANUFACTURE in actions
    ready_to_make = order.state is Status.APPROVED or (order.state is Status.SUBMITTED and not order.type.uses_setups)
    working = order.state is Status.IN_PRODUCTION and planner
    item = SetupImport.objects.filter(order=order, state__in=OPEN_IMPORT).first() if working else None
    acts = {
        "take": order.state is Status.SUBMITTED and order.type.uses_setups and Action.TAKE in actions,
        "hand_over": working,
        "ask_records": Action.ASK_RECORDS in actions and order.state in {Status.SUBMITTED, Status.IN_PRODUCTION},
        "start": makes and ready_to_make,
        "ship": makes and order.state is Status.IN_MANUFACTURING,
        "upload": working and item is None,
        "item": item,
    }
    return acts if any(acts.values()) else None


def version_rows(case: Case, actor: Actor, actions: frozenset[Action]) -> list[VersionRow]:
    """The versions the reader may see, newest first, each with how it stands."""
    versions = versions_for(actor, case, actions).defer("plan").prefetch_related("decisions__by").order_by("-number")
    return [_version_row(case, version) for version in versions]


def _version_row(case: Case, version: SetupVersion) -> VersionRow:
    decisions = {decision.kind: decision for decision in version.decisions.all()}
    if version.published_at is None:
        return VersionRow(version, _("Not published"), "circle-dashed", "idle")
    if Decision.Kind.APPROVED in decisions:
        return VersionRow(version, _("Approved"), "circle-check", "good")
    if declined := decisions.get(Decision.Kind.DECLINED):
        if declined.workspace == Workspace.COLLABORATOR:
            return VersionRow(version, _("Declined by %(name)s") % {"name": declined.by.name}, "undo-2", "stop")
        return VersionRow(version, _("Changes requested"), "list-checks", "idle")
    if case.awaiting_version == version.number:
        return VersionRow(version, _("Awaiting approval"), "scan-eye", "act")
    return VersionRow(version, _("Replaced"), "layers", "idle")


def _tabs(case: Case, actor: Actor, actions: frozenset[Action]) -> list[dict[str, Any]]:
    orders = _orders(case, actor)
    case_records = {slot for order in orders for slot in order.records_present}
    unread = CaseUnread.objects.filter(case=case, person=actor.user).values_list("count", flat=True).first() or 0
    labels = {
        "overview": (_("Overview"), None, 0),
        "prescription": (_("Prescription"), None, 0),
        "records": (_("Records"), len(case_records), 0),
        "setups": (_("Setups"), versions_for(actor, case, actions).count(), 0),
        "discussion": (_("Conversation"), None, unread),
        "orders": (_("Orders"), len(orders), 0),
        "history": (_("History"), None, 0),
    }
    if Action.READ_CONVERSATION not in actions:
        del labels["discussion"]
    return [{"name": name, "label": label, "count": count, "unread": new} for name, (label, count, new) in labels.items()]


# What a person may do to the order from its page, beside the decisions on a setup and the work of the lab.
EVENTS = {
    "receive": (gettext_lazy("The aligners have arrived"), "smile"),
    "complete": (gettext_lazy("Complete the order"), "circle-check-big"),
    "resume": (gettext_lazy("Resume"), "play"),
    "hold": (gettext_lazy("Put on hold"), "circle-pause"),
    "cancel": (gettext_lazy("Cancel the order"), "circle-slash"),
}


def open_events(case: Case, actions: frozenset[Action]) -> list[tuple[str, str, str]]:
    """(event, label, icon) of what the reader may do to the current order now."""
    order = case.current_order
    if order is None:
        return []
    found = []
    for event, (label, icon) in EVENTS.items():
        target = order.transition(event)
        if target and target[1] in actions and _fits(order, event):
            found.append((event, str(label), icon))
    return found


def _fits(order: Order, event: str) -> bool:
    if event == "receive":
        return order.type.uses_setups
    if event == "complete" and order.state is Status.SHIPPED:
        return not order.type.uses_setups
    return not (event == "cancel" and order.state is Status.DRAFT)


def next_step(case: Case, actor: Actor, actions: frozenset[Action], standing: Standing) -> Next:
    """The one thing that matters now, for this reader."""
    base = f"/{actor.workspace}/cases/{case.number}/"
    order = case.current_order
    review = f"{base}setups/{case.awaiting_version or case.newest_version}/"
    match case.state:
        case Status.DRAFT:
            steps = f"{base}orders/{order.pk}/step/{order.step}/" if order else base
            text = _("The lab sees it once it is submitted. What was filled in is kept.")
            return (
                Next(_("Finish the order"), text, _("Continue"), steps)
                if Action.ADD_ORDER in actions
                else Next(_("The order is a draft"), text)
            )
        case Status.RECORDS_NEEDED:
            text = _("The lab goes on by itself when each record has come.")
            go = (_("Add the records"), f"{base}records/") if Action.EDIT_RECORDS in actions else ("", "")
            return Next(_("The lab needs records"), text, *go)
        case Status.AWAITING_APPROVAL:
            return _decide(case, actor, standing, review)
        case Status.SUBMITTED | Status.IN_PRODUCTION:
            words = _("The lab makes version %(n)s.") if case.newest_version else _("The lab makes the first treatment setup.")
            if order and not order.type.uses_setups:
                words = _("The lab makes it next; no setup is needed.")
            return Next(_("The lab is at work"), words % {"n": case.newest_version + 1})
        case Status.APPROVED | Status.IN_MANUFACTURING:
            if not case.approved_version or (order and not order.type.uses_setups):
                return Next(_("The lab is at work"), _("No setup is needed for this order."))
            text = _("Version %(n)s is the one that is made.") % {"n": case.approved_version}
            return Next(_("The lab is at work"), text, _("Open version %(n)s") % {"n": case.approved_version}, review)
        case Status.SHIPPED:
            parcel = {"carrier": order.carrier, "number": order.tracking} if order and order.tracking else None
            return Next(_("On its way"), _("Tracking: %(carrier)s %(number)s") % parcel if parcel else "")
        case Status.IN_TREATMENT:
            return Next(_("In treatment"), _("Complete the order when the treatment has ended."))
        case Status.ON_HOLD:
            return Next(_("On hold"), _("Nothing happens until it is resumed."))
    return Next(str(case.state.label), _("This order is closed."))


def _decide(case: Case, actor: Actor, standing: Standing, review: str) -> Next:
    n = {"n": case.awaiting_version}
    if actor.workspace == Workspace.PROVIDER:
        ready = standing.status == "ready"
        text = _("Your collaborators hold it Ready for Approval.") if ready else _("Approve it, or send it back with the changes you want.")
        if standing.turn is Turn.COLLABORATOR:
            text = _("Your collaborators still evaluate it. You may decide before them.")
        return Next(_("Decide on version %(n)s") % n, text, _("Review setup"), review)
    if actor.workspace == Workspace.COLLABORATOR:
        name = {"name": case.provider.name}
        if standing.mine == "ready":
            own = (case.current_order.planner_id, case.current_order.planner_workspace) if case.current_order else None
            planned = own == (actor.user_id, actor.workspace)
            title = _("You planned version %(n)s") if planned else _("You hold version %(n)s ready")
            return Next(title % n, _("%(name)s decides.") % name, _("Open setup"), review)
        if not standing.own:
            return Next(_("Version %(n)s waits for a decision") % n, _("%(name)s decides.") % name, _("Open setup"), review)
        text = _("%(name)s approves it; you say whether it is ready.") % name
        return Next(_("Check version %(n)s") % n, text, _("Review setup"), review)
    text = _("The lab goes on when it is approved or sent back.")
    return Next(_("Version %(n)s is with the provider") % n, text, _("Open setup"), review)
