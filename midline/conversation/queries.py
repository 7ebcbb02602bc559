"""Reads of conversations and change requests, each through its case with the action that reads it."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from midline.activity.models import Event
from midline.activity.queries import case_events
from midline.cases.actions import Action
from midline.cases.models import Case, CaseUnread
from midline.cases.policies import actions_on
from midline.collaboration.models import Collaboration
from midline.conversation import mentions
from midline.conversation.models import ChangeItem, ChangeRequest, Comment, ReadUpTo
from midline.core import clock
from midline.core.ids import new_key
from midline.core.moments import exact
from midline.core.workspace import Workspace
from midline.people.policies import Actor
from midline.practices.queries import time_zone_of

# allowed, here and below: what the policy said of this reader and case, where the same request asked before.


def thread(case: Case, actor: Actor, *, after: int = 0, allowed: frozenset[Action] | None = None) -> QuerySet[Comment]:
    """The comments of a case, oldest first, newer than comment `after`; none for whoever may not read the conversation."""
    if Action.READ_CONVERSATION not in (actions_on(actor, case) if allowed is None else allowed):
        return Comment.objects.none()
    rows = Comment.objects.filter(case=case, id__gt=after).select_related("author", "pin").prefetch_related("edits", "files")
    return rows.order_by("id")


def change_requests(case: Case, actor: Actor, *, allowed: frozenset[Action] | None = None) -> QuerySet[ChangeRequest]:
    """Proposed requests for provider and collaborators, sent ones also for the lab; with their lines."""
    allowed = actions_on(actor, case) if allowed is None else allowed
    states = [ChangeRequest.State.PROPOSED] if Action.READ_PROPOSED_REQUESTS in allowed else []
    states += [ChangeRequest.State.SENT] if Action.READ_SENT_REQUESTS in allowed else []
    rows = ChangeRequest.objects.filter(case=case, state__in=states).select_related("author", "sent_by")
    return rows.prefetch_related(Prefetch("items", ChangeItem.objects.select_related("answered_by"))).order_by("id")


def open_items(case: Case) -> QuerySet[ChangeItem]:
    """Lines that were sent to the lab and are not answered yet."""
    return ChangeItem.objects.filter(request__case=case, request__state=ChangeRequest.State.SENT, answer="").select_related("request")


def read_up_to(case: Case, actor: Actor) -> int:
    """The newest comment that the reader has seen; 0 before the first."""
    return ReadUpTo.objects.filter(case=case, person=actor.user).values_list("comment_id", flat=True).first() or 0


@dataclass(frozen=True)
class Talk:
    """What one reader may read of a conversation, read once for a page. seen: the newest comment that the reader has seen."""

    allowed: frozenset[Action]
    comments: list[Comment]
    requests: list[ChangeRequest]
    seen: int


def talk_of(case: Case, actor: Actor, allowed: frozenset[Action] | None = None) -> Talk:
    """The comments and requests of a case as this reader may read them; nothing of what they may not."""
    allowed = actions_on(actor, case) if allowed is None else allowed
    comments = list(thread(case, actor, allowed=allowed))
    return Talk(allowed, comments, list(change_requests(case, actor, allowed=allowed)), read_up_to(case, actor))


@dataclass(frozen=True)
class Line:
    """One line of the thread: a comment, a request, or a mark that somebody set.

    day: in words, on the first line of a day. clock: the hour under such a day, with the moment in full (exact); empty today, and where
    the day is another one. key: of the form that changes an own comment. body: the words of a comment with the people it mentions.
    replies: the comments under it.
    """

    at: datetime
    comment: Comment | None = None
    request: ChangeRequest | None = None
    event: Event | None = None
    day: str = ""
    clock: str = ""
    exact: str = ""
    who: str = ""
    role: str = ""
    tone: str = "idle"
    pin_number: int | None = None
    own: bool = False
    key: UUID | None = None
    new: bool = False
    body: str = ""
    replies: tuple["Line", ...] = ()


MARKS: Final = ("setup.ready", "setup.ready_taken_back", "setup.pushed_back", "setup.published", "setup.declined", "setup.approved")


def panel(case: Case, actor: Actor, talk: Talk) -> dict[str, Any]:
    """What the conversation beside a case shows: its lines by day, who takes part, and the numbers of its pins.

    Days and hours are those of the provider's practice, the same for everybody who talks about the case.
    """
    roles = _roles(case)
    allowed, comments, seen = talk.allowed, talk.comments, talk.seen
    marks = case_events(case.pk, {action.value for action in allowed}).filter(kind__in=MARKS)
    pins = {comment.pk: n for n, comment in enumerate((c for c in comments if hasattr(c, "pin") and not c.deleted_at), start=1)}
    people = mentions.mentionable(case, actor, frozenset(c.author_id for c in comments))
    named = people | {actor.user_id: actor.user.name}
    under: dict[int | None, list[Line]] = defaultdict(list)
    for c in reversed(comments):
        line = Line(
            at=c.at,
            comment=c,
            who=c.author.name,
            pin_number=pins.get(c.pk),
            own=(own := (c.author_id, c.workspace) == (actor.user_id, actor.workspace)),
            key=new_key() if own else None,
            new=c.pk > seen and c.author_id != actor.user_id,
            role=_role(roles, c.author_id, c.workspace),
            tone=_tone(c.workspace),
            body=mentions.shown(c.body, named),
            replies=tuple(reversed(under[c.pk])),
        )
        under[c.reply_to_id].append(line)
    lines = under[None]
    lines += [
        Line(
            at=r.at,
            request=r,
            who=r.author.name,
            own=(r.author_id, r.workspace) == (actor.user_id, actor.workspace),
            role=_role(roles, r.author_id, r.workspace),
            tone=_tone(r.workspace),
        )
        for r in talk.requests
    ]
    lines += [Line(at=e.at, event=e, who=e.person.name if e.person else "") for e in marks]
    waiting = CaseUnread.objects.filter(case=case, person=actor.user).values_list("count", flat=True).first() or 0
    newest = comments[-1].pk if comments else 0
    may_ask = Action.PROPOSE_CHANGES in allowed
    return {
        "lines": _by_day(lines, ZoneInfo(time_zone_of(case.provider_id))),
        "may_ask": may_ask,
        "names": Action.SEE_IDENTITY in allowed,
        "pins": pins,
        "others": len(people) if actor.workspace == Workspace.PROVIDER else None,
        "seen": seen,
        "waiting": waiting,
        "to_mention": sorted(people.values()),
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


def _by_day(lines: list[Line], zone: ZoneInfo) -> list[Line]:
    ordered = sorted(lines, key=lambda line: line.at)
    today = clock.now().astimezone(zone).date()
    shown, last = [], None
    for line in ordered:
        day = line.at.astimezone(zone).date()
        replies = tuple(_timed(reply, zone, day, today) for reply in line.replies)
        shown.append(replace(_timed(line, zone, day, today), day=_day(day, today) if day != last else "", replies=replies))
        last = day
    return shown


def _timed(line: Line, zone: ZoneInfo, day: date, today: date) -> Line:
    """The line with its hour, where the heading above says the day."""
    local = line.at.astimezone(zone)
    if local.date() != day or day == today:
        return line
    with timezone.override(zone):
        return replace(line, clock=local.strftime("%H:%M"), exact=f"{exact(line.at)} ({zone.key})")


def _day(day: date, today: date) -> str:
    """ "Today", "Yesterday", "Sunday 15 November"; with the year when it is another one."""
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    pattern = pgettext("date format", "l j F") if day.year == today.year else pgettext("date format", "l j F Y")
    return dateformat.format(day, pattern)


def people_to_mention(case: Case, actor: Actor) -> dict[int, str]:
    """Whom the actor may mention on this case; mentions.py says who that is."""
    return mentions.mentionable(case, actor, frozenset(thread(case, actor).values_list("author_id", flat=True)))


def replied_to(case: Case, actor: Actor, comment_id: int | None) -> Comment | None:
    """The comment that is to be answered, where the actor reads it."""
    return thread(case, actor).filter(pk=comment_id, deleted_at=None).first() if comment_id else None


def pins_json(talk: Talk, version: int) -> list[dict[str, Any]]:
    """The pins of one version as the viewer wants them; numbered as in the thread."""
    comments = [c for c in talk.comments if hasattr(c, "pin") and not c.deleted_at]
    replies = Counter(c.reply_to_id for c in talk.comments if not c.deleted_at)
    return [
        {
            "id": c.pk,
            "number": number,
            "part": c.pin.part,
            "point": c.pin.point,
            "normal": c.pin.normal,
            "stage": c.pin.stage,
            "view": c.pin.view or None,
            "camera": c.pin.camera,
            "replies": replies[c.pk],
            "fdi": c.pin.tooth,
            "quiet": c.pk <= talk.seen,
        }
        for number, c in enumerate(comments, start=1)
        if c.pin.version == version
    ]
