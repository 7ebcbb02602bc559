"""The orders of a list: each a chain of segments that an index can give."""

from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Q

from midline.cases.models import CaseType, CollaboratorStatus, Group, Status, Turn
from midline.cases.queries.asked import Asked
from midline.cases.queries.conditions import collaborator_status_is, people_count, statuses_of, to_evaluate, turn_is, unread_count
from midline.cases.queries.narrowing import unread_ids
from midline.cases.queries.reach import Reach

ACTIVITY: Final = "last_activity_at"
COLUMNS: Final = {
    "number": "id",
    "patient": "patient_norm",
    "provider": "clinician_norm",
    "practice": "practice_norm",
    "activity": ACTIVITY,
}
EVERY: Final = frozenset(Status.values)
# A provider with more practices than this is sorted by their names as everybody else is.
FEW_PRACTICES: Final = 20


@dataclass(frozen=True)
class Segment:
    """A stretch of a list: its group ("" without), which cases stand in it, by which column, ascending or not; then by id.

    statuses: in which alone its cases stand; `condition` says what else is asked of them. `extra` names the expression to sort by that
    is no column of the case.
    """

    group: str = ""
    statuses: frozenset[str] = EVERY
    condition: Q = field(default_factory=Q)
    column: str = "id"
    descending: bool = True
    id_descending: bool = True
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_looked_up(self) -> bool:
        """Whether a key names the row alone, and what it sorts by is read from it."""
        return self.column not in {"id", ACTIVITY}

    def order(self, *, backward: bool) -> list[str]:
        by_id = f"{'-' if self.id_descending is not backward else ''}id"
        return [by_id] if self.column == "id" else [f"{'-' if self.descending is not backward else ''}{self.column}", by_id]

    def beyond(self, value: Any, pk: int, *, backward: bool) -> Q:
        """The rows after the key (value, pk) in this order."""
        by_id = Q(**{f"id__{'lt' if self.id_descending is not backward else 'gt'}": pk})
        if self.column == "id":
            return by_id
        further = "lt" if self.descending is not backward else "gt"
        # The first condition is implied by the second; it is where an index can begin, which a condition with OR alone is not.
        start = Q(**{f"{self.column}__{further}e": value})
        return start & (Q(**{f"{self.column}__{further}": value}) | (Q(**{self.column: value}) & by_id))


def segments(asked: Asked, reach: Reach) -> list[Segment]:
    """The list as a chain of segments, in the order of the view."""
    down, name = asked.sort.startswith("-"), asked.sort.lstrip("-")
    if asked.grouped:
        groups = ("evaluate", "progress", "closed") if reach.is_collaborator else ("action", "progress", "closed")
        shown = [group for group in groups if asked.group in {"", group} or (asked.group == "open" and group != "closed")]
        return [group_of(group, reach) for group in shown]
    chain = _chain(name, down, asked, reach)
    return chain[::-1] if down else chain


def group_of(group: str, reach: Reach) -> Segment:
    """The cases of a tab, the latest activity first."""
    closed = frozenset(statuses_of(Group.CLOSED))
    match group:
        case "evaluate":
            return Segment(group, frozenset({Status.AWAITING_APPROVAL.value}), to_evaluate(reach.actor), ACTIVITY, True, False)
        case "progress" if reach.is_collaborator:
            return Segment(group, EVERY - closed, ~to_evaluate(reach.actor), ACTIVITY, True, False)
        case "closed":
            return Segment(group, closed, Q(), ACTIVITY, True, False)
        case "open":
            return Segment(group, EVERY - closed, Q(), ACTIVITY, True, False)
        case "action" | "progress":
            return Segment(group, frozenset(statuses_of(Group(group))), Q(), ACTIVITY, True, False)
    return Segment(group, EVERY, Q(), ACTIVITY, True, False)


def _chain(name: str, down: bool, asked: Asked, reach: Reach) -> list[Segment]:
    """The segments as they stand ascending, each already turned round when the whole is."""
    one_provider = not reach.is_collaborator or asked.provider is not None
    match name:
        case "status":
            return [Segment("", frozenset({value}), Q(), ACTIVITY, not down, down) for value in Status.values]
        case "type":
            return [Segment("", EVERY, Q(case_type=value), "id", not down, not down) for value in CaseType.values]
        case "turn":
            return [Segment("", EVERY, turn_is(value), ACTIVITY, not down, down) for value in Turn]
        case "cstatus":
            known = [collaborator_status_is(value, reach.actor) for value in CollaboratorStatus]
            none = ~(known[0] | known[1] | known[2] | known[3])
            return [Segment("", EVERY, condition, ACTIVITY, not down, down) for condition in (*known, none)]
        case "unread":
            mine = Q(pk__in=unread_ids(reach.actor))
            read = Segment("", EVERY, ~mine, ACTIVITY, down, not down)
            return [read, Segment("", EVERY, mine, "unread_n", down, down, {"unread_n": unread_count(reach.actor)})]
        case "people":
            return [Segment("", EVERY, Q(), "people_n", down, down, {"people_n": people_count()})]
        case "patient" if reach.hides:
            # Turned round, the hidden ones still stand last, by number.
            named = Segment("", EVERY, ~Q(provider_id__in=reach.hidden), "patient_norm", down, down)
            hidden = Segment("", EVERY, Q(provider_id__in=reach.hidden), "id", False, False)
            return [hidden, named] if down else [named, hidden]
        case "provider" if one_provider:
            return [Segment("", EVERY, Q(), "id", down, down)]
        case "practice" if one_provider and (own := _practices(asked, reach)):
            return [Segment("", EVERY, Q(practice_id=pk), "id", down, down) for pk in own]
    column = COLUMNS[name]
    by_id = down if column != ACTIVITY else not down
    return [Segment("", EVERY, Q(), column, down, by_id)]


def _practices(asked: Asked, reach: Reach) -> list[int]:
    """The practices of the one provider by name; none when there are too many to take them one by one."""
    rows = sorted(reach.practices(asked.provider)[: FEW_PRACTICES + 1], key=lambda one: (one.name_norm, one.pk))
    return [one.pk for one in rows] if len(rows) <= FEW_PRACTICES else []
