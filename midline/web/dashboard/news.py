"""What happened since the last visit: what others did on the provider's cases, and what collaborators answered, newest first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from midline.activity.models import Event, Visit
from midline.activity.queries import Recent, events_told, newest_events
from midline.cases.policies import OWNER, cases_for
from midline.core import clock
from midline.people.policies import Actor
from midline.web.history import SILENT, line_of

# So many lines are told; the rest stands in the histories of the cases.
MANY: Final = 30
# What a first visit looks back on.
FIRST_LOOK: Final = timedelta(days=7)
# Among so many of the newest events it is looked for.
LOOKED_AT: Final = 1_000
READERS: Final = frozenset({action.value for action in OWNER} | {""})
# What happens beside the cases, between the provider and their collaborators.
PEOPLE: Final = ("collaboration.accepted", "collaboration.declined", "collaboration.ended")


@dataclass(frozen=True)
class Item:
    """One line: who did what, on which case (number and address; empty for what is about no case), when."""

    who: str
    what: str
    number: str
    url: str
    at: datetime
    icon: str
    tone: str


@dataclass(frozen=True)
class News:
    """`since`: until when the visit before lasted, None on the first. `more`: whether older lines than these were left out."""

    since: datetime | None
    items: list[Item]
    more: bool
    case_ids: list[int]


def news_of(actor: Actor, visit: Visit) -> News:
    """What others did since the visit before, on cases that the policy gives this reader: three queries, whatever happened.

    Told in the order in which it is said to have happened; looked for among the newest events of the provider.
    """
    moment = visit.since_at or clock.now() - FIRST_LOOK
    looked = newest_events(actor.provider_id or 0, after=visit.since_event, most=LOOKED_AT)
    new = [event for event in looked if event.at > moment and event.person_id != actor.user_id and _is_told(event)]
    new.sort(key=lambda event: (event.at, event.id), reverse=True)
    numbers = dict(cases_for(actor).filter(pk__in={event.case_id for event in new if event.case_id}).values_list("pk", "number"))
    new = [event for event in new if event.case_id is None or event.case_id in numbers]
    pattern = reverse("web:case", args=["provider", "0000000"])
    told = events_told([event.id for event in new[:MANY]])
    items = [item for event in new[:MANY] if (item := _item(told[event.id], numbers, pattern))]
    older = len(looked) == LOOKED_AT and looked[-1].at > moment
    return News(visit.since_at, items, len(new) > MANY or older, [event.case_id for event in new[:MANY] if event.case_id])


def _is_told(event: Recent) -> bool:
    """Whether this reader may read it, and whether it is worth a line."""
    if event.case_id is None:
        return event.kind in PEOPLE
    return event.reader in READERS and event.kind not in SILENT


def _item(event: Event, numbers: dict[int, str | None], pattern: str) -> Item | None:
    """None: another line of the same transaction tells it better."""
    if event.case_id is None:
        return _about_people(event)
    if event.data.get("event") == "send_changes":
        return None
    number, line = numbers[event.case_id] or "", line_of(event, names_open=True)
    return Item(line.who, line.what, number, pattern.replace("0000000", number), line.at, line.icon, line.tone)


def _about_people(event: Event) -> Item | None:
    name = event.person.name if event.person else str(event.data.get("name", ""))
    match event.kind, event.data.get("how"):
        case "collaboration.accepted", _:
            what, icon, tone = _("accepted your invitation"), "users", "good"
        case "collaboration.declined", _:
            what, icon, tone = _("declined your invitation"), "users", "stop"
        case "collaboration.ended", "left":
            what, icon, tone = _("left: your cases are no longer shared with them"), "log-out", "idle"
        case "collaboration.ended", "expired":
            what, icon, tone = _("reached the end date: your cases are no longer shared with them"), "log-out", "idle"
        case _:
            return None
    return Item(name, what, "", "", event.at, icon, tone)
