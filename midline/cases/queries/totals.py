"""Numbers of cases: of a view, exact or about so many, and of all there are."""

import time
from collections.abc import Callable
from random import Random
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import QuerySet, Sum

from midline.cases.models import Case, ProviderCount, Status
from midline.core.prepared import Around

# A sample as large as the second where the first finds less than ENOUGH.
SAMPLES: Final = (1_000, 4_000)
ENOUGH: Final = 40
# A sample that found so many is good for two digits.
WELL_KNOWN: Final = 400
# Seconds for which the number of all cases is believed.
TOTALS_FOR: Final = 300.0

_totals: dict[str, tuple[float, dict[str, int]]] = {}


class Total(NamedTuple):
    """How many cases a view shows; not exact: about so many."""

    cases: int
    exact: bool


def about(number: float, found: int) -> int:
    """Rounded to what a sample that found `found` is good for: to two digits where it found many, else to one."""
    digits = 2 if found >= WELL_KNOWN else 1
    return int(round(number, digits - len(str(int(number)))))


def counting(rows: QuerySet[Case], most: int | None = None) -> Around:
    """A statement that counts these cases, up to `most`; `counted` reads its answer."""
    return Around("SELECT COUNT(*) FROM {rows} c", rows.order_by().values("pk")[:most])


def counted(rows: list[tuple[Any, ...]]) -> int:
    """What `counting` counted; where nothing can match there is no row."""
    return sum(row[0] for row in rows)


def sampled(view: str, latest: int, shown: Callable[[list[int], int], int]) -> int:
    """About how many cases, from ids drawn at random up to `latest`, rounded to what the sample is good for.

    shown: of so many ids, how many the view shows; its second argument is the size of the sample. `view` seeds the draw.
    """
    drawn: set[int] = set()
    found = 0
    for size in SAMPLES:
        draw = Random(f"{view} {size}")  # noqa: S311 - a sample, no secret
        drawn = {draw.randint(1, latest) for _ in range(size)}
        found = shown(list(drawn), size)
        if found >= ENOUGH:
            break
    return about(found / len(drawn) * latest, found)


def guessed(known: list[int], found: int) -> int:
    """How many a common word finds: as thickly as among its newest matches, of which the view shows `found`, all the way down."""
    return max(found, about(found * known[0] / max(1, known[0] - known[-1] + 1), found))


def all_cases_by_status() -> dict[str, int]:
    """How many cases there are at all, some minutes old: it decides how lists are read, never what they show."""
    known = _totals.get(connection.alias)
    if known is None or time.monotonic() - known[0] > TOTALS_FOR:
        sums = ProviderCount.objects.aggregate(**{f"n_{status}": Sum(status) for status in Status.values})
        known = (time.monotonic(), {status: sums[f"n_{status}"] or 0 for status in Status.values})
        _totals[connection.alias] = known
    return known[1]
