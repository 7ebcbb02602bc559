"""Lists of cases, read by key: a page continues after a row and costs the same at any depth.

A list is a chain of segments (the groups, the statuses, those whose identity is hidden), each with one order that an index gives. A page
begins in a segment after a key and runs on into the next ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from midline.cases.models import Case, CaseType, Group, Status
from midline.cases.policies import cases_for
from midline.cases.queries.asked import Asked
from midline.cases.queries.conditions import statuses_of, to_evaluate
from midline.cases.queries.narrowing import narrowed
from midline.cases.queries.reach import Reach
from midline.cases.queries.search import search_condition

PAGE: Final = 50
# Beyond this a narrowed list says "more than": counting on would cost more than the page.
COUNTED: Final = 5_000

FIELDS: Final = {
    "number": "id",
    "patient": "patient_norm",
    "provider": "clinician_norm",
    "practice": "practice_name",
    "activity": "last_activity_at",
}


@dataclass(frozen=True)
class Segment:
    """A stretch of a list: its group ("" without), which cases stand in it, by which column, ascending or not; then by id."""

    group: str
    condition: Q
    column: str
    descending: bool
    id_descending: bool

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


@dataclass(frozen=True)
class Page:
    """Rows with their groups; the keys before and after them, empty where the list ends."""

    rows: tuple[tuple[str, Case], ...]
    before: str = ""
    after: str = ""

    @property
    def cases(self) -> list[Case]:
        return [case for _group, case in self.rows]


def listed(asked: Asked, reach: Reach) -> QuerySet[Case]:
    """The cases that the view shows, in no order: the policy first, then what narrows it."""
    rows = narrowed(cases_for(reach.actor), asked, reach)
    if asked.group:
        rows = rows.filter(_group_is(asked.group, reach))
    if asked.term:
        rows = rows.filter(search_condition(asked.term, reach))
    return rows


def _group_is(group: str, reach: Reach) -> Q:
    closed = Q(status__in=statuses_of(Group.CLOSED))
    match group:
        case "evaluate" if reach.is_collaborator:
            return to_evaluate(reach.actor)
        case "progress" if reach.is_collaborator:
            return ~closed & ~to_evaluate(reach.actor)
        case "closed":
            return closed
        case "open":
            return ~closed
        case "action" | "progress":
            return Q(status__in=statuses_of(Group(group)))
    return Q()


# --- order ----------------------------------------------------------------------------------------------------------


def segments(asked: Asked, reach: Reach) -> list[Segment]:
    """The list as a chain of segments, in the order of the view."""
    down, name = asked.sort.startswith("-"), asked.sort.lstrip("-")
    if asked.grouped:
        groups = ("evaluate", "progress", "closed") if reach.is_collaborator else ("action", "progress", "closed")
        shown = [group for group in groups if asked.group in {"", group} or (asked.group == "open" and group != "closed")]
        return [Segment(group, _group_is(group, reach), "last_activity_at", True, False) for group in shown]
    if name in {"status", "type"}:
        column, values = ("status", _statuses(asked)) if name == "status" else ("case_type", list(asked.type) or CaseType.values)
        chain = [Segment("", Q(**{column: value}), "id", not down, not down) for value in values]
        return chain[::-1] if down else chain
    column = FIELDS[name]
    by_id = down if column != "last_activity_at" else not down
    if name == "patient" and reach.hidden:
        hidden = Q(provider_id__in=reach.hidden)
        return [Segment("", ~hidden, column, down, by_id), Segment("", hidden, "id", False, False)]
    return [Segment("", Q(), column, down, by_id)]


def _statuses(asked: Asked) -> list[str]:
    """The statuses that the view can show, in the order of life."""
    group = {"action": Group.ACTION, "closed": Group.CLOSED}.get(asked.group)
    return [
        value for value in Status.values if (not asked.status or value in asked.status) and (group is None or Status(value).group is group)
    ]


def _ordered(rows: QuerySet[Case], chain: Sequence[Segment]) -> QuerySet[Case]:
    if any(segment.column == "practice_name" for segment in chain):
        rows = rows.annotate(practice_name=Lower("practice__name"))
    return rows.order_by()


def read_page(asked: Asked, reach: Reach, size: int = PAGE) -> Page:
    """The page that the view asks for, in as many queries as segments it touches, and one for the key of a name.

    A key whose row is gone, or a step back to the beginning, shows the first page.
    """
    chain = segments(asked, reach)
    rows = _ordered(listed(asked, reach), chain)
    if asked.last or asked.before:
        page = _backward(rows, chain, asked.before, size)
        if page.before:
            return page
        return _forward(rows, chain, "", size)
    return _forward(rows, chain, asked.after, size)


def _forward(rows: QuerySet[Case], chain: Sequence[Segment], key: str, size: int) -> Page:
    found, known = _run(rows, chain, key, size + 1, backward=False)
    shown = found[:size]
    return Page(
        rows=tuple((chain[n].group, case) for n, case in shown),
        before=_key(*shown[0], chain) if known and shown else "",
        after=_key(*shown[-1], chain) if len(found) > size else "",
    )


def _backward(rows: QuerySet[Case], chain: Sequence[Segment], key: str, size: int) -> Page:
    found, known = _run(rows, chain, key, size + 1, backward=True)
    shown = found[:size][::-1]
    return Page(
        rows=tuple((chain[n].group, case) for n, case in shown),
        before=_key(*shown[0], chain) if len(found) > size else "",
        after=_key(*shown[-1], chain) if known and shown else "",
    )


def _run(rows: QuerySet[Case], chain: Sequence[Segment], key: str, limit: int, *, backward: bool) -> tuple[list[tuple[int, Case]], bool]:
    """Up to `limit` rows beyond the key, with the number of their segment, and whether the key was known."""
    start, beyond = _place(rows, chain, key, backward=backward)
    numbers = range(len(chain))[::-1] if backward else range(len(chain))
    found: list[tuple[int, Case]] = []
    for number in numbers:
        if start is not None and (number > start if backward else number < start):
            continue
        segment = chain[number]
        stretch = rows.filter(segment.condition)
        if number == start:
            stretch = stretch.filter(beyond)
        stretch = stretch.order_by(*segment.order(backward=backward))[: limit - len(found)]
        found += [(number, case) for case in stretch.select_related("patient", "practice", "current_order__created_by", "provider__person")]
        if len(found) == limit:
            break
    return found, start is not None


# --- keys -----------------------------------------------------------------------------------------------------------


def _key(number: int, case: Case, chain: Sequence[Segment]) -> str:
    """Segment, id and, where it moves, the time: never a name, because keys stand in addresses."""
    key = f"{number}-{case.pk}"
    if chain[number].column == "last_activity_at":
        key += f"-{int(case.last_activity_at.timestamp()) * 1_000_000 + case.last_activity_at.microsecond}"
    return key


def _place(rows: QuerySet[Case], chain: Sequence[Segment], key: str, *, backward: bool) -> tuple[int | None, Q]:
    """(the segment in which the key stands, the condition of being beyond it); (None, …) when there is no such place any more."""
    parts = key.split("-")
    if not all(part.isascii() and part.isdigit() and len(part) < 18 for part in parts) or len(parts) not in {2, 3}:
        return None, Q()
    number, pk = int(parts[0]), int(parts[1])
    if number >= len(chain):
        return None, Q()
    segment = chain[number]
    if segment.column == "id":
        return number, segment.beyond(None, pk, backward=backward)
    if segment.column == "last_activity_at":
        if len(parts) != 3:
            return None, Q()
        seconds, micros = divmod(int(parts[2]), 1_000_000)
        if seconds > 32_000_000_000:
            return None, Q()
        moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
        return number, segment.beyond(moment, pk, backward=backward)
    value = rows.filter(pk=pk).values_list(segment.column, flat=True).first()
    return (None, Q()) if value is None else (number, segment.beyond(value, pk, backward=backward))


def matches(asked: Asked, reach: Reach) -> tuple[int, bool]:
    """(how many cases the view shows, counted up to COUNTED, whether that is exact)."""
    counted = listed(asked, reach).order_by()[: COUNTED + 1].count()
    return min(counted, COUNTED), counted <= COUNTED


def ids_in_order(asked: Asked, reach: Reach) -> Iterator[int]:
    """The ids of every case of the view, in its order: what an export runs along."""
    chain = segments(asked, reach)
    rows = _ordered(listed(asked, reach), chain)
    for segment in chain:
        yield from rows.filter(segment.condition).order_by(*segment.order(backward=False)).values_list("pk", flat=True).iterator()
