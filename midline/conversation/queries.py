"""Reads of conversations and change requests, each through its case with the action that reads it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from midline.activity.models import Event
from midline.activity.queries import case_events
from midline.cases.actions import Action
from midline.cases.models import Case, CaseUnread
from midline.cases.policies import actions_on, users_who_may
from midline.collaboration.models import Collaboration
from midline.conversation.models import ChangeItem, ChangeRequest, Comment, ReadUpTo
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor


def thread(case: Case, actor: Actor, *, after: int = 0) -> QuerySet[Comment]:
    """The comments of a case, oldest first, newer than comment `after`; none for whoever may not read the conversation."""
    if Action.READ_CONVERSATION not in actions_on(actor, case):
        return Comment.objects.none()
    return Comment.objects.filter(case=case, id__gt=after).select_related("author", "pin").order_by("id")


def change_requests(case: Case, actor: Actor, *, version: int | None = None) -> QuerySet[ChangeRequest]:
    """Proposed requests for provider and collaborators, sent ones also for the lab; with their lines."""
    allowed = actions_on(actor, case)
    states = [ChangeRequest.State.PROPOSED] if Action.READ_PROPOSED_REQUESTS in allowed else []
    states += [ChangeRequest.State.SENT] if Action.READ_SENT_REQUESTS in allowed else []
    rows = ChangeRequest.objects.filter(case=case, state__in=states).select_related("author", "sent_by")
    if version is not None:
        rows = rows.filter(version=version)
    return rows.prefetch_related(Prefetch("items", ChangeItem.objects.select_related("answered_by"))).order_by("id")


def open_items(case: Case) -> QuerySet[ChangeItem]:
    """Lines that were sent to the lab and are not answered yet."""
    return ChangeItem.objects.filter(request__case=case, request__state=ChangeRequest.State.SENT, answer="").select_related("request")


def read_up_to(case: Case, actor: Actor) -> int:
    """The newest comment that the reader has seen; 0 before the first."""
    return ReadUpTo.objects.filter(case=case, person=actor.user).values_list("comment_id", flat=True).first() or 0


@dataclass(frozen=True)
class Line:
    """One line of the thread: a comment, a request, or a mark that somebody set. `day` is set on the first line of a day."""

    at: datetime
    comment: Comment | None = None
    request: ChangeRequest | None = None
    event: Event | None = None
    day: date | None = None
    who: str = ""
    role: str = ""
    tone: str = "idle"
    pin_number: int | None = None
    own: bool = False
    new: bool = False


MARKS: Final = ("setup.ready", "setup.ready_taken_back", "setup.pushed_back", "setup.published", "setup.declined", "setup.approved")


def panel(case: Case, actor: Actor) -> dict[str, Any]:
    """What the conversation beside a case shows: its lines by day, who takes part, and the numbers of its pins. Six queries at most."""
    roles = _roles(case)
    seen = read_up_to(case, actor)
    comments = list(thread(case, actor))
    requests = list(change_requests(case, actor))
    allowed = actions_on(actor, case)
    marks = case_events(case.pk, {action.value for action in allowed}).filter(kind__in=MARKS)
    pins = {comment.pk: n for n, comment in enumerate((c for c in comments if hasattr(c, "pin") and not c.deleted_at), start=1)}
    lines = [
        Line(
            at=c.at,
            comment=c,
            who=c.author.name,
            pin_number=pins.get(c.pk),
            own=(c.author_id, c.workspace) == (actor.user_id, actor.workspace),
            new=c.pk > seen and c.author_id != actor.user_id,
            role=_role(roles, c.author_id, c.workspace),
            tone=_tone(c.workspace),
        )
        for c in comments
    ]
    lines += [
        Line(
            at=r.at,
            request=r,
            who=r.author.name,
            own=(r.author_id, r.workspace) == (actor.user_id, actor.workspace),
            role=_role(roles, r.author_id, r.workspace),
            tone=_tone(r.workspace),
        )
        for r in requests
    ]
    lines += [Line(at=e.at, event=e, who=e.person.name if e.person else "") for e in marks]
    waiting = CaseUnread.objects.filter(case=case, person=actor.user).values_list("count", flat=True).first() or 0
    newest = comments[-1].pk if comments else 0
    may_ask = Action.PROPOSE_CHANGES in allowed
    return {
        "lines": _by_day(lines),
        "may_ask": may_ask,
        "pins": pins,
        "people": len(roles),
        "seen": seen,
        "waiting": waiting,
        "newest": newest,
    }


def _roles(case: Case) -> dict[int, str]:
    """What each collaborator of the provider is to them, also of those who have left: their words stay under their name."""
    rows = Collaboration.objects.filter(provider_id=case.provider_id, person__isnull=False).order_by("id")
    return {row.person_id or 0: str(row.get_relation_display()) for row in rows}


def _role(roles: dict[int, str], person_id: int, workspace: str) -> str:
    return _("Provider") if workspace == Workspace.PROVIDER else roles.get(person_id, "")


def _tone(workspace: str) -> str:
    return "act" if workspace == Workspace.PROVIDER else "peer"


def _by_day(lines: list[Line]) -> list[Line]:
    ordered = sorted(lines, key=lambda line: line.at)
    shown, last = [], None
    for line in ordered:
        day = timezone.localtime(line.at).date()
        shown.append(replace(line, day=day if day != last else None))
        last = day
    return shown


def mentioned(case: Case, actor: Actor, body: str) -> frozenset[int]:
    """The readers of the conversation whose full name stands behind an @ in `body`."""
    if "@" not in body:
        return frozenset()
    people = {user.pk: user.name for user in _readers(case) if user.pk != actor.user_id}
    return frozenset(pk for pk, name in people.items() if f"@{name}" in body)


def _readers(case: Case) -> list[User]:
    spaces = (Workspace.PROVIDER, Workspace.COLLABORATOR)
    return [user for space in spaces for user in users_who_may(Action.READ_CONVERSATION, case, space)]


def pins_json(case: Case, actor: Actor, version: int) -> list[dict[str, Any]]:
    """The pins of one version as the viewer wants them; numbered as in the thread."""
    comments = [c for c in thread(case, actor) if hasattr(c, "pin") and not c.deleted_at]
    seen = read_up_to(case, actor)
    return [
        {
            "id": c.pk,
            "number": number,
            "part": c.pin.part,
            "point": c.pin.point,
            "normal": c.pin.normal,
            "stage": c.pin.stage,
            "view": c.pin.view or None,
            "fdi": c.pin.tooth,
            "quiet": c.pk <= seen,
        }
        for number, c in enumerate(comments, start=1)
        if c.pin.version == version
    ]
