"""What happened to a case, told in words: one line an event, with the sign and tone of what it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from midline.activity.models import Event
from midline.activity.queries import case_events
from midline.cases.actions import Action
from midline.cases.models import Case, Status
from midline.people.policies import Actor
from midline.records.models import Slot
from midline.web.queries import readers_of


@dataclass(frozen=True)
class Line:
    """`who` is empty when the product did it by itself."""

    at: datetime
    who: str
    what: str
    quote: str
    icon: str
    tone: str


# Events that another line of the same transaction tells better.
SILENT: Final = {"order.saved", "setup.published", "setup.approved", "conversation.changed"}
# `setup.declined` tells what `send_changes` did, and more.

_MOVES: Final = {
    "submit": (gettext_lazy("submitted the order"), "send", "lab"),
    "take": (gettext_lazy("took the order"), "drafting-compass", "lab"),
    "hand_over": (gettext_lazy("gave the order back to the queue"), "undo-2", "idle"),
    "ask_records": (gettext_lazy("asked for records"), "file-warning", "act"),
    "records_complete": (gettext_lazy("completed the records"), "circle-check", "lab"),
    "publish": (gettext_lazy("published version %(version)s"), "layers", "lab"),
    "send_changes": (gettext_lazy("sent version %(version)s back with changes"), "undo-2", "stop"),
    "approve": (gettext_lazy("approved version %(version)s"), "circle-check", "good"),
    "start_manufacturing": (gettext_lazy("started manufacturing"), "factory", "lab"),
    "ship": (gettext_lazy("shipped the order"), "truck", "lab"),
    "receive": (gettext_lazy("confirmed that the aligners arrived"), "smile", "good"),
    "complete": (gettext_lazy("completed the order"), "circle-check-big", "good"),
    "hold": (gettext_lazy("put the order on hold"), "circle-pause", "idle"),
    "resume": (gettext_lazy("resumed the order"), "play", "lab"),
    "cancel": (gettext_lazy("cancelled the order"), "circle-slash", "stop"),
}


def history(case: Case, actor: Actor, *, most: int | None = None) -> list[Line]:
    """The lines that the reader may read, newest first; `most` cuts the list."""
    events = (
        case_events(case.pk, readers_of(actor, case))
        .exclude(kind__in=SILENT)
        .exclude(kind="order.moved", data__event="send_changes")
        .order_by("-id")
    )
    if most is not None:
        events = events[:most]
    readers = readers_of(actor, case)
    return [line_of(event, names_open=Action.SEE_IDENTITY in readers) for event in events]


def line_of(event: Event, *, names_open: bool) -> Line:
    """An event in words. Why an import failed may name a file, and the file a patient: not told to whom identity is hidden."""
    what, icon, tone = _told(event)
    who = event.person.name if event.person else _("Midline")
    told = names_open or event.kind != "setup.import_failed"
    quote = str(event.data.get("words") or event.data.get("reason") or "") if told else ""
    return Line(event.at, who, what, quote, icon, tone)


def _told(event: Event) -> tuple[str, str, str]:
    data = event.data
    match event.kind:
        case "order.begun":
            begun = {"revision": _("began a revision"), "replacement": _("began a replacement order")}
            return begun.get(data.get("order_kind", ""), _("began the order")), "circle-dashed", "idle"
        case "order.discarded":
            return _("discarded a draft"), "trash-2", "idle"
        case "order.moved":
            words, icon, tone = _MOVES.get(data.get("event", ""), (gettext_lazy("moved the order"), "arrow-right", "idle"))
            return str(words) % {"version": data.get("version", "")}, icon, tone
        case "records.asked":
            wanted = ", ".join(
                str(Slot(item["slot"]).label) if item["slot"] in Slot.values else item["slot"] for item in data.get("items", [])
            )
            return _("asked for: %(records)s") % {"records": wanted}, "file-warning", "act"
        case "records.added" | "record.added":
            return _("added a record: %(record)s") % {"record": _slot(data.get("slot", ""))}, "upload", "idle"
        case "case.corrected":
            return _corrected(data), "pencil", "idle"
        case "case.shared":
            return _shared(data), "users", "peer"
        case "setup.ready":
            return _("marked version %(n)s Ready for Approval") % {"n": data.get("version")}, "badge-check", "good"
        case "setup.ready_taken_back":
            return _("went back to evaluating version %(n)s") % {"n": data.get("version")}, "rotate-ccw", "peer"
        case "setup.pushed_back":
            return _("pushed version %(n)s back to Evaluating") % {"n": data.get("version")}, "rotate-ccw", "act"
        case "setup.declined":
            return _("requested changes to version %(n)s") % {"n": data.get("version")}, "list-checks", "stop"
        case "setup.import_failed":
            return _("could not import a setup"), "triangle-alert", "stop"
        case "conversation.commented":
            if data.get("tooth"):
                return _("commented on tooth %(tooth)s") % {"tooth": data["tooth"]}, "message-square", "idle"
            return _("commented"), "message-square", "idle"
        case "conversation.proposed":
            return _("proposed changes to version %(n)s") % {"n": data.get("version")}, "list-checks", "peer"
        case "conversation.answered":
            answer = {"done": pgettext("answer", "done"), "not_possible": _("not possible")}.get(data.get("answer", ""), _("open again"))
            return _("answered a change request: %(answer)s") % {"answer": answer}, "check", "lab"
    return event.kind.replace(".", " "), "history", "idle"


def _slot(name: str) -> str:
    return str(Slot(name).label) if name in Slot.values else name


def _corrected(data: Mapping[str, object]) -> str:
    if data.get("changed") == ["practice_id"]:
        return _("moved the case to another practice")
    if "practice_id" in str(data.get("changed")):
        return _("corrected the patient’s details and moved the case to another practice")
    return _("corrected the patient’s details")


def _shared(data: dict[str, list[str]]) -> str:
    added, removed = ", ".join(data.get("added", [])), ", ".join(data.get("removed", []))
    if added and removed:
        return _("shared the case with %(added)s and stopped sharing with %(removed)s") % {"added": added, "removed": removed}
    if added:
        return _("shared the case with %(added)s") % {"added": added}
    if removed:
        return _("stopped sharing the case with %(removed)s") % {"removed": removed}
    return _("changed what a collaborator may do on this case")


STEPS: Final = (
    (gettext_lazy("Submitted"), {"submit"}),
    (gettext_lazy("Setup"), {"publish"}),
    (gettext_lazy("Approval"), {"approve"}),
    (gettext_lazy("Manufacturing"), {"start_manufacturing"}),
    (gettext_lazy("Shipped"), {"ship"}),
    (gettext_lazy("In treatment"), {"receive"}),
)
_REACHED: Final = {
    Status.DRAFT: 0, Status.SUBMITTED: 1, Status.RECORDS_NEEDED: 1, Status.IN_PRODUCTION: 1, Status.AWAITING_APPROVAL: 2,
    Status.APPROVED: 3, Status.IN_MANUFACTURING: 4, Status.SHIPPED: 5, Status.IN_TREATMENT: 6, Status.COMPLETED: 6,
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One step of the way through: done, now or to come, with the day it was reached."""

    label: str
    state: str
    on: datetime | None


def progress(case: Case, actor: Actor) -> list[Step]:
    """The six steps of the current order; a retainer or replacement has no setup and no approval."""
    order = case.current_order
    if order is None or order.state is Status.CANCELLED:
        return []
    state = Status(order.held_status) if order.state is Status.ON_HOLD else order.state
    moved = case_events(case.pk, readers_of(actor, case)).filter(kind="order.moved", subject_id=order.pk)
    dates = {event.data.get("event"): event.at for event in moved}
    steps = [(label, names) for label, names in STEPS if order.type.uses_setups or not names & {"publish", "approve", "receive"}]
    reached = _REACHED[state] if order.type.uses_setups else {0: 0, 1: 1, 4: 2, 5: 3, 6: 4}[_REACHED[state]]
    shown = []
    for n, (label, names) in enumerate(steps):
        done = n < reached
        on = next((dates[name] for name in names if name in dates), None) if done else None
        shown.append(Step(str(label), "done" if done else "now" if n == reached else "to_come", on))
    return shown
