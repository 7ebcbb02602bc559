"""What people are told of what happens, written in the transaction of its cause.

Each function below answers one kind of event: which messages follow from it, and to whom. Recipients come from the policy alone.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from django.conf import settings

from midline.activity.events import Happening
from midline.activity.models import Event
from midline.cases.models import Case
from midline.cases.services.shares import UNDO_WITHIN
from midline.collaboration.models import Collaboration, Invitation
from midline.conversation.models import Comment
from midline.core.workspace import Workspace
from midline.notify.kinds import KINDS, account_kind
from midline.notify.policies import Recipient, readers
from midline.notify.services import Message, bell_forgets, collaboration_silenced, deliveries_write, met_halfway, superseded

Answer = Iterator[tuple[Message, list[Recipient]]]


def on_event(event: Event, happening: Happening) -> None:
    """Writes the deliveries that follow from `event`. A kind of event that nobody is told of costs nothing."""
    answer = ANSWERS.get(event.kind)
    if answer is None:
        return
    for message, to in answer(event):
        if to:
            deliveries_write(event=event, message=message, to=to)


def _who(event: Event) -> str:
    """The name under which the doer is told: a person's, the lab's for its staff, the product's for itself."""
    if event.person is None:
        return "Midline"
    return str(settings.MIDLINE_LAB_NAME) if event.workspace == Workspace.LAB else event.person.name


def _on_case(event: Event, kind: str, **more: Any) -> tuple[Message, list[Recipient], Case]:
    case = Case.objects.select_related("provider__person").get(pk=event.case_id or 0)
    context = {"case": case.number, "by": _who(event), "provider": case.provider.name}
    context |= {name: event.data[name] for name in ("version",) if event.data.get(name)}
    return Message(kind, context | more, case.pk), readers(KINDS[kind], case, but=event.person_id), case


def _told(kind: str) -> Callable[[Event], Answer]:
    """The plain answer: everybody whom the table names is told."""

    def answer(event: Event) -> Answer:
        message, to, _case = _on_case(event, kind)
        yield message, to

    return answer


# --- collaborations -------------------------------------------------------------------------------------------------


def _of(event: Event) -> Collaboration:
    return Collaboration.objects.select_related("provider__person", "person").get(pk=event.subject_id or 0)


def _context(collaboration: Collaboration, **more: Any) -> dict[str, Any]:
    return {"provider": collaboration.provider.name, "collaborator": collaboration.name, **more}


def _guest(collaboration: Collaboration) -> list[Recipient]:
    person = collaboration.person
    return [Recipient(person, person.email, Workspace.COLLABORATOR, collaboration.pk)] if person else []


def _owner(collaboration: Collaboration, but: int | None) -> list[Recipient]:
    person = collaboration.provider.person
    return [Recipient(person, person.email, Workspace.PROVIDER, collaboration.pk)] if person.pk != but else []


def _invited(event: Event) -> Answer:
    """To the address that the invitation is bound to: complete registration, or accept responsibility where there is an account."""
    invitation = Invitation.objects.select_related("person", "collaboration__provider__person").get(pk=event.data["invitation"])
    kind = "invitation.accept" if invitation.person else "invitation.register"
    context = _context(invitation.collaboration, invitation=invitation.pk, until=invitation.expires_at.date().isoformat())
    to = Recipient(invitation.person, invitation.email, Workspace.COLLABORATOR, invitation.collaboration_id)
    yield Message(kind, context), [to]


def _accepted(event: Event) -> Answer:
    """The provider hears of it, and who accepted gets it in writing: the one message that goes to the person who acted."""
    collaboration = _of(event)
    yield Message("invitation.accepted", _context(collaboration)), _owner(collaboration, event.person_id)
    yield Message("collaborator.added", _context(collaboration)), _guest(collaboration)


def _declined(event: Event) -> Answer:
    collaboration = _of(event)
    yield Message("invitation.declined", _context(collaboration)), _owner(collaboration, event.person_id)


def _changed(event: Event) -> Answer:
    """The newest change speaks for those before it that were not told yet. Is everything as it was before them, nothing is told."""
    collaboration = _of(event)
    if not collaboration.is_live() or collaboration.person_id == event.person_id:
        return
    untold = superseded(kind="access.changed", collaboration_id=collaboration.pk)
    if untold and untold[0].data.get("before") == event.data.get("after"):
        bell_forgets(events=untold)
        return
    yield Message("access.changed", _context(collaboration), delay=UNDO_WITHIN), _guest(collaboration)


def _ended(event: Event) -> Answer:
    """First everything on its way is dropped; then the other side hears that it is over, if it had begun."""
    collaboration = _of(event)
    collaboration_silenced(collaboration_id=collaboration.pk)
    if event.data.get("was") != Collaboration.State.ACTIVE:
        return
    if event.data.get("how") == Collaboration.Ended.LEFT:
        yield Message("collaborator.left", _context(collaboration)), _owner(collaboration, event.person_id)
    elif collaboration.person_id != event.person_id:
        yield Message("access.ended", _context(collaboration)), _guest(collaboration)


def _case_shared(event: Event) -> Answer:
    """Who got the case, who lost it, and on whom something was taken away there. E-mails wait while the act can be undone."""
    message, to, case = _on_case(event, "case.shared", batch=event.data.get("batch", ""))
    sees = {r.collaboration_id for r in to}
    got, lost = set(event.data.get("added_ids", ())), set(event.data.get("removed_ids", ()))
    got -= met_halfway(kind="case.unshared", collaboration_ids=got, case=case.number)
    lost -= met_halfway(kind="case.shared", collaboration_ids=lost, case=case.number) | sees
    yield Message("case.shared", message.context, case.pk, UNDO_WITHIN), [r for r in to if r.collaboration_id in got]
    yield _lost("case.unshared", message.context, case.pk), _guests(lost, case.provider_id)
    held = {pk for pk in event.data.get("withheld_ids", ()) if pk in sees and not _as_it_was(event, case.pk, pk)}
    yield Message("access.withheld", message.context, case.pk, UNDO_WITHIN), [r for r in to if r.collaboration_id in held]


def _as_it_was(event: Event, case_id: int, collaboration_id: int) -> bool:
    """Whether this change on one case takes back others that were not told yet: then none of them is."""
    untold = superseded(kind="access.withheld", collaboration_id=collaboration_id, case_id=case_id)
    if not untold or untold[0].data.get("before") not in event.data["withheld"].values():
        return False
    bell_forgets(events=untold)
    return True


def _lost(kind: str, context: dict[str, Any], case_id: int) -> Message:
    """About a case that the reader may not see: it belongs to the collaboration, and names the case by its number alone."""
    return Message(kind, context | {"unshared": case_id}, delay=UNDO_WITHIN)


def _guests(ids: set[int], provider_id: int) -> list[Recipient]:
    live = Collaboration.objects.live().filter(pk__in=ids, provider_id=provider_id).select_related("person").order_by("pk")
    return [recipient for collaboration in live for recipient in _guest(collaboration)]


# act → the message, and the one that it takes back when that is not told yet
MANY: Final = {
    "share": ("cases.shared", ""),
    "unshare": ("cases.unshared", ""),
    "standing_begin": ("cases.shared_all", "cases.unshared_all"),
    "standing_end": ("cases.unshared_all", "cases.shared_all"),
    "standing_to_single": ("case.unshared_singled", ""),
}


def _cases_shared(event: Event) -> Answer:
    """Many cases at once. While every case is shared, ending single shares takes nothing away, so it is not told."""
    act, count = event.data.get("act", ""), event.data.get("count")
    if act not in MANY or event.subject_id is None or (act in {"share", "unshare"} and not count):
        return
    collaboration = _of(event)
    if not collaboration.is_live() or (act == "unshare" and collaboration.every_case):
        return
    kind, opposite = MANY[act]
    if opposite and met_halfway(kind=opposite, collaboration_ids=[collaboration.pk]):
        return
    context = _context(collaboration, by=_who(event), count=count, batch=event.data.get("batch", ""))
    message = Message(kind, context, delay=UNDO_WITHIN)
    if number := event.data.get("case"):
        message = _lost(kind, context | {"case": number}, Case.objects.get(number=number).pk)
    yield message, _guest(collaboration)


# --- cases ----------------------------------------------------------------------------------------------------------


def _begun(event: Event) -> Answer:
    """A draft begun by a collaborator: the provider sees it from this moment, so this is when they are told."""
    if event.workspace == Workspace.COLLABORATOR:
        yield from _told("order.created")(event)


def _moved(event: Event) -> Answer:
    what = event.data.get("event")
    if what == "submit" and event.workspace == Workspace.COLLABORATOR:
        yield from _told("order.submitted")(event)
    if what == "ship":
        message, to, _case = _on_case(
            event, "order.shipped", carrier=event.data.get("carrier", ""), tracking=event.data.get("tracking", "")
        )
        yield message, to


def _asked(event: Event) -> Answer:
    """Which records, and whether missing or unusable. The reasons are somebody's words, so they stay behind the link."""
    items = [[item["slot"], item["kind"]] for item in event.data.get("items", ())]
    message, to, _case = _on_case(event, "records.needed", items=items)
    yield message, to


def _published(event: Event) -> Answer:
    stages = {name: event.data[name] for name in ("stages_upper", "stages_lower") if event.data.get(name) is not None}
    message, to, _case = _on_case(event, "setup.ready_for_review", **stages)
    yield message, to


def _pushed_back(event: Event) -> Answer:
    """Those whose Ready mark went, and those who evaluate and had not marked: for all of them the version is open again."""
    message, to, case = _on_case(event, "setup.pushed_back")
    lost = set(event.data.get("collaborations", ()))
    evaluating = set(
        Collaboration.objects.filter(pk__in=[r.collaboration_id for r in to], evaluates=True, provider_id=case.provider_id).values_list(
            "pk", flat=True
        )
    )
    yield message, [r for r in to if r.collaboration_id in lost | evaluating]


def _commented(event: Event) -> Answer:
    """Who is mentioned gets that message, everybody else of the conversation the plain one. A push back tells itself."""
    comment = event.data.get("comment_id")
    if Comment.objects.filter(pk=comment, kind=Comment.Kind.PUSH_BACK).exists():
        return
    mentioned = set(event.data.get("mentions") or ())
    message, to, case = _on_case(event, "conversation.comment", comment=comment)
    yield message, [r for r in to if r.person and r.person.pk not in mentioned]
    named = [r for r in to if r.person and r.person.pk in mentioned]
    yield Message("conversation.mention", message.context, case.pk), named


def _comment_changed(event: Event) -> Answer:
    """Whom an edit names for the first time is told as if the comment had named them at once; nobody else is told of edits."""
    mentioned = set(event.data.get("mentions") or ())
    if mentioned:
        message, to, _case = _on_case(event, "conversation.mention", comment=event.data.get("comment_id"))
        yield message, [r for r in to if r.person and r.person.pk in mentioned]


# --- the account ----------------------------------------------------------------------------------------------------


def _account(event: Event) -> Answer:
    """The bell's side of a mail that protects an account; the mail itself is written by `people`, and goes out whatever is switched."""
    if event.person is not None:
        to = Recipient(event.person, event.person.email, Workspace.ACCOUNT)
        yield Message(account_kind(event.data["what"])), [to]


ANSWERS: dict[str, Callable[[Event], Answer]] = {
    "account.changed": _account,
    "collaboration.added": _invited,
    "collaboration.invitation_sent": _invited,
    "collaboration.accepted": _accepted,
    "collaboration.declined": _declined,
    "collaboration.changed": _changed,
    "collaboration.ended": _ended,
    "case.shared": _case_shared,
    "cases.shared": _cases_shared,
    "order.begun": _begun,
    "order.moved": _moved,
    "records.asked": _asked,
    "setup.published": _published,
    "setup.ready": _told("setup.ready_for_approval"),
    "setup.declined": _told("setup.declined"),
    "setup.pushed_back": _pushed_back,
    "setup.approved": _told("setup.approved"),
    "conversation.changed": _comment_changed,
    "conversation.commented": _commented,
    "conversation.proposed": _told("changes.proposed"),
}
