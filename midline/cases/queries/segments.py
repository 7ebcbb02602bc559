"""The orders of a list: each a chain of segments that an index can give."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F, Q
from django.db.models.expressions import Combinable, OrderBy

from midline.cases.models import CaseType, CollaboratorStatus, Group, Status, Turn
from midline.cases.policies import Reader, moment_of
from midline.cases.queries.asked import Asked
from midline.cases.queries.conditions import (
    collaborator_status_is,
    people_count,
    statuses_in,
    statuses_of,
    statuses_of_turn,
    to_evaluate,
    turn_is,
    unread_count,
)
from midline.cases.queries.narrowing import unread_ids
from midline.cases.queries.reach import Reach
from midline.collaboration.models import Collaboration
from midline.core.probe import Beside

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


Condition = Callable[[Reader], Q]
Computed = Callable[[Reader], dict[str, Combinable]]


def _all(_reader: Reader) -> Q:
    return Q()


@dataclass(frozen=True)
class Segment:
    """A stretch of a list: its group ("" without), which cases stand in it, by which column, ascending or not; then by id.

    statuses: in which alone its cases stand; `condition` says what else is asked of them. `computed` names the expression to sort by that
    is no column of the case. `form` names the segment among those whose statements are composed once; "" composes it each time.
    own: what the condition asks of columns of the case alone, where an index of each provider's cases answers it.
    parts: among how many segments the cases in its statuses are shared out, when nothing counts how many each holds.
    """

    group: str = ""
    statuses: frozenset[str] = EVERY
    condition: Condition = _all
    column: str = "id"
    descending: bool = True
    id_descending: bool = True
    computed: Computed | None = None
    form: str = ""
    own: Q | None = None
    parts: int = 1

    @property
    def is_looked_up(self) -> bool:
        """Whether a key names the row alone, and what it sorts by is read from it."""
        return self.column not in {"id", ACTIVITY}

    def order(self, *, backward: bool) -> list[str]:
        by_id = f"{'-' if self.id_descending is not backward else ''}id"
        return [by_id] if self.column == "id" else [f"{'-' if self.descending is not backward else ''}{self.column}", by_id]

    def beyond(self, value: Any, pk: int | Combinable, *, backward: bool) -> Q:
        """The rows after the key (value, pk) in this order."""
        by_id = Q(**{f"id__{'lt' if self.id_descending is not backward else 'gt'}": pk})
        if self.column == "id":
            return by_id
        further = "lt" if self.descending is not backward else "gt"
        # The first condition is implied by the second; it is where an index can begin, which a condition with OR alone is not.
        start = Q(**{f"{self.column}__{further}e": value})
        return start & (Q(**{f"{self.column}__{further}": value}) | (Q(**{self.column: value}) & by_id))


def beside(name: str) -> OrderBy:
    """An order without the index that gives it: planners take the one of the id too gladly."""
    column = F("id") + 0 if name.lstrip("-") == "id" else Beside(name.lstrip("-"))
    return column.desc() if name.startswith("-") else column.asc()


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
            return Segment(group, frozenset({Status.AWAITING_APPROVAL.value}), to_evaluate, ACTIVITY, True, False, form=group)
        case "progress" if reach.is_collaborator:
            return Segment(group, EVERY - closed, lambda reader: ~to_evaluate(reader), ACTIVITY, True, False, form=group)
        case "closed":
            return Segment(group, closed, _all, ACTIVITY, True, False, form=group)
        case "open":
            return Segment(group, EVERY - closed, _all, ACTIVITY, True, False, form=group)
        case "action" | "progress":
            return Segment(group, frozenset(statuses_of(Group(group))), _all, ACTIVITY, True, False, form=group)
    return Segment(group, EVERY, _all, ACTIVITY, True, False, form="all")


def _chain(name: str, down: bool, asked: Asked, reach: Reach) -> list[Segment]:
    """The segments as they stand ascending, each already turned round when the whole is."""
    one_provider = not reach.is_collaborator or asked.provider is not None
    match name:
        case "status":
            return [Segment("", frozenset({value}), _all, ACTIVITY, not down, down, form="status") for value in Status.values]
        case "type":
            return [_of_type(value, falling=not down) for value in CaseType]
        case "turn":
            return [
                Segment("", frozenset(statuses_of_turn(value)), _turn_is(value), ACTIVITY, not down, down, form=f"turn:{value}")
                for value in Turn
            ]
        case "cstatus":
            known = [
                Segment("", frozenset(statuses_in(value)), _stands(value), ACTIVITY, not down, down, form=f"cstatus:{value}")
                for value in CollaboratorStatus
            ]
            return [*known, Segment("", EVERY, _stands_not, ACTIVITY, not down, down, form="cstatus")]
        case "unread":
            read = Segment("", EVERY, lambda reader: ~_is_unread(reader), ACTIVITY, down, not down, form="read")
            return [read, Segment("", EVERY, _is_unread, "unread_n", down, down, _unread_n, form="unread")]
        case "people":
            return [Segment("", EVERY, _all, "people_n", down, down, _people_n, form="people")]
        case "patient" if reach.hides:
            # Turned round, the hidden ones still stand last, by number.
            named = Segment("", EVERY, lambda reader: ~_is_hidden(reader), "patient_norm", down, down, form="named")
            hidden = Segment("", EVERY, _is_hidden, "id", False, False, form="hidden")
            return [hidden, named] if down else [named, hidden]
        case "provider" if one_provider:
            return [Segment("", EVERY, _all, "id", down, down, form="number")]
        case "practice" if one_provider and (own := _practices(asked, reach)):
            return [Segment("", EVERY, _practice_is(pk), "id", down, down) for pk in own]
    column = COLUMNS[name]
    by_id = down if column != ACTIVITY else not down
    return [Segment("", EVERY, _all, column, down, by_id, form=name)]


def _people_n(reader: Reader) -> dict[str, Combinable]:
    return {"people_n": people_count(reader)}


def _unread_n(reader: Reader) -> dict[str, Combinable]:
    return {"unread_n": unread_count(reader)}


def _of_type(value: CaseType, *, falling: bool) -> Segment:
    own = Q(case_type=value)
    return Segment("", EVERY, lambda _reader: own, "id", falling, falling, form=f"type:{value}", own=own, parts=len(CaseType))


def _practice_is(pk: int) -> Condition:
    return lambda _reader: Q(practice_id=pk)


def _turn_is(value: Turn) -> Condition:
    return lambda reader: turn_is(value, reader)


def _stands(value: CollaboratorStatus) -> Condition:
    return lambda reader: collaborator_status_is(value, reader)


def _stands_not(reader: Reader) -> Q:
    known = [collaborator_status_is(value, reader) for value in CollaboratorStatus]
    return ~(known[0] | known[1] | known[2] | known[3])


def _is_unread(reader: Reader) -> Q:
    return Q(pk__in=unread_ids(reader))


def _is_hidden(reader: Reader) -> Q:
    """The provider hides their patients' identity from this reader: a subquery, for there may be thousands."""
    hiding = Collaboration.objects.live(moment_of(reader)).filter(person_id=reader.user_id, hides_identity=True)
    return Q(provider_id__in=hiding.values("provider_id"))


def _practices(asked: Asked, reach: Reach) -> list[int]:
    """The practices of the one provider by name; none when there are too many to take them one by one."""
    rows = sorted(reach.practices(asked.provider)[: FEW_PRACTICES + 1], key=lambda one: (one.name_norm, one.pk))
    return [one.pk for one in rows] if len(rows) <= FEW_PRACTICES else []
