"""A list as CSV: streamed, every cell through core.cells, each stretch asked of the policy again and logged before it is sent."""

import csv
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from django.http import StreamingHttpResponse
from django_stubs_ext import StrOrPromise

from midline.activity.services import record_access
from midline.cases.policies import cases_for
from midline.cases.queries import Asked, Reach, Row, ids_in_order, rows_of
from midline.core import clock
from midline.core.cells import cell
from midline.core.http import PortalRequest

STRETCH: Final = 200
Cells = Sequence[tuple[StrOrPromise, Callable[[Row], Any]]]


class _Line:
    """A file for csv.writer that hands each line back."""

    def write(self, text: str) -> str:
        return text


def csv_of(request: PortalRequest, asked: Asked, reach: Reach, cells: Cells, name: str) -> StreamingHttpResponse:
    """Every case of the view in its order, with the columns `cells` (head, value of a row)."""
    ids = list(ids_in_order(asked, reach))
    response = StreamingHttpResponse(_lines(request, ids, reach, cells), content_type="text/csv; charset=utf-8")
    day = clock.now().date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{name}-{day}.csv"'
    return response


def _lines(request: PortalRequest, ids: list[int], reach: Reach, cells: Cells) -> Iterator[str]:
    writer = csv.writer(_Line())
    # The mark makes spreadsheets read the file as UTF-8.
    yield "\ufeff" + str(writer.writerow([cell(head) for head, _value in cells]))
    for start in range(0, len(ids), STRETCH):
        stretch = ids[start : start + STRETCH]
        cases = cases_for(reach.actor).filter(pk__in=stretch)
        cases = cases.select_related("patient", "practice", "current_order__created_by", "provider__person")
        by_id = {case.pk: case for case in cases}
        rows = rows_of([("", by_id[pk]) for pk in stretch if pk in by_id], reach)
        record_access(request, "cases_exported", by_id)
        for row in rows:
            yield str(writer.writerow([cell(value(row)) for _head, value in cells]))
