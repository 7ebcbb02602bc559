"""Lists of cases, read by key: a page continues after a row and costs the same at any depth.

A list is a chain of segments (the groups, the statuses, those whose identity is hidden), each with one order that an index gives. A page
begins in a segment after a key and runs on into the next ones. `Reading` says how each segment is read: by walking the index of its order
and asking the policy of each row, or by gathering what a collaborator sees and sorting that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import QuerySet

from midline.cases.models import Case
from midline.cases.queries.asked import Asked
from midline.cases.queries.line import Line, lines_of
from midline.cases.queries.reach import Reach
from midline.cases.queries.reading import Reading
from midline.cases.queries.segments import Segment
from midline.cases.queries.totals import Total

PAGE: Final = 50


@dataclass(frozen=True)
class Page:
    """Rows with their groups; the keys before and after them, empty where the list ends."""

    rows: tuple[tuple[str, Line], ...]
    before: str = ""
    after: str = ""

    @property
    def cases(self) -> list[Line]:
        return [case for _group, case in self.rows]


def listed(asked: Asked, reach: Reach) -> QuerySet[Case]:
    """The cases that the view shows, in no order."""
    return Reading(asked, reach).rows()


def matches(asked: Asked, reach: Reach) -> Total:
    """How many cases the view shows."""
    return Reading(asked, reach).total


def read_page(asked: Asked, reach: Reach, size: int = PAGE) -> Page:
    """The page that the view asks for: a statement for each segment it touches, one for its cases, and one for the key of a name.

    A key whose row is gone, or a step back to the beginning, shows the first page.
    """
    pages = _Pages(Reading(asked, reach), size)
    if asked.last or asked.before:
        page = pages.backward(asked.before)
        if page.before:
            return page
        return pages.forward("")
    return pages.forward(asked.after)


def ids_in_order(asked: Asked, reach: Reach) -> Iterator[int]:
    """The ids of every case of the view, in its order: what an export runs along."""
    reading = Reading(asked, reach)
    for segment in reading.chain:
        yield from reading.rows(segment).order_by(*segment.order(backward=False)).values_list("pk", flat=True).iterator()


@dataclass(frozen=True)
class _Pages:
    reading: Reading
    size: int

    @property
    def chain(self) -> Sequence[Segment]:
        return self.reading.chain

    def forward(self, key: str) -> Page:
        found, known = self._run(key, backward=False)
        shown = self._loaded(found[: self.size])
        return Page(
            rows=tuple((self.chain[n].group, case) for n, case in shown),
            before=_key(*shown[0], self.chain) if known and shown else "",
            after=_key(*shown[-1], self.chain) if len(found) > self.size and shown else "",
        )

    def backward(self, key: str) -> Page:
        found, known = self._run(key, backward=True)
        shown = self._loaded(found[: self.size][::-1])
        return Page(
            rows=tuple((self.chain[n].group, case) for n, case in shown),
            before=_key(*shown[0], self.chain) if len(found) > self.size and shown else "",
            after=_key(*shown[-1], self.chain) if known and shown else "",
        )

    def _loaded(self, found: Sequence[tuple[int, int]]) -> list[tuple[int, Line]]:
        """The cases of the ids, asked of the policy once more; one that is gone meanwhile is left out."""
        lines = lines_of(self.reading.reach.actor, [pk for _number, pk in found])
        return [(number, lines[pk]) for number, pk in found if pk in lines]

    def _run(self, key: str, *, backward: bool) -> tuple[list[tuple[int, int]], bool]:
        """Up to one more than a page of (segment, id) beyond the key, and whether the key was known."""
        start, moment, pk = _place(self.chain, key)
        value: Any = moment
        if start is not None and self.chain[start].is_looked_up:
            value = self.reading.value_at(self.chain[start], pk)
            start = None if value is None else start
        found: list[tuple[int, int]] = []
        numbers = range(len(self.chain))[::-1] if backward else range(len(self.chain))
        for number in numbers:
            if start is not None and (number > start if backward else number < start):
                continue
            segment = self.chain[number]
            beyond = (value, pk) if number == start else None
            found += [(number, one) for one in self.reading.ids(segment, beyond, backward=backward, limit=self.size + 1)]
            if len(found) > self.size:
                break
        return found[: self.size + 1], start is not None


# --- keys -----------------------------------------------------------------------------------------------------------


def _key(number: int, case: Line, chain: Sequence[Segment]) -> str:
    """Segment, id and, where it moves, the time: never a name, because keys stand in addresses."""
    key = f"{number}-{case.pk}"
    if chain[number].column == "last_activity_at":
        key += f"-{int(case.last_activity_at.timestamp()) * 1_000_000 + case.last_activity_at.microsecond}"
    return key


def _place(chain: Sequence[Segment], key: str) -> tuple[int | None, datetime | None, int]:
    """(the segment in which the key stands, its time if it has one, its id); (None, …) when there is no such place."""
    nowhere = (None, None, 0)
    parts = key.split("-")
    if not all(part.isascii() and part.isdigit() and len(part) < 18 for part in parts) or len(parts) not in {2, 3}:
        return nowhere
    number, pk = int(parts[0]), int(parts[1])
    if number >= len(chain):
        return nowhere
    if chain[number].column != "last_activity_at":
        return number, None, pk
    if len(parts) != 3:
        return nowhere
    seconds, micros = divmod(int(parts[2]), 1_000_000)
    if seconds > 32_000_000_000:
        return nowhere
    return number, datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros), pk
