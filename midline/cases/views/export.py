"""A list as CSV: streamed in stretches, every cell through core.cells.

The policy is asked again for each stretch, which is logged before it is sent: 100,000 rows need no more memory than a thousand, and access
that ends meanwhile ends the file.
"""

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from django.http import StreamingHttpResponse

from midline.activity.services import record_access
from midline.cases.queries import Asked, Reach, columns_chosen, ids_in_order, reach_of, rows_of
from midline.cases.queries.line import lines_of
from midline.cases.views.columns import BEGUN, Column, columns_of
from midline.core import clock
from midline.core.cells import cell
from midline.core.http import PortalRequest

STRETCH: Final = 1_000


class _Line:
    """A file for csv.writer that hands each line back."""

    def write(self, text: str) -> str:
        return text


def csv_of(request: PortalRequest, asked: Asked, reach: Reach, name: str, *, shares: bool = True) -> StreamingHttpResponse:
    """Every case of the view in its order, with the columns that the reader sees; who began an order stands beside its type there."""
    columns = columns_of(request.actor.workspace, columns_chosen(request.actor), shares=shares)
    columns += [BEGUN] if BEGUN.name not in {column.name for column in columns} else []
    response = StreamingHttpResponse(_lines(request, asked, reach, columns), content_type="text/csv; charset=utf-8")
    day = clock.now().date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{name}-{day}.csv"'
    return response


def _lines(request: PortalRequest, asked: Asked, reach: Reach, columns: Sequence[Column]) -> Iterator[str]:
    writer = csv.writer(_Line())
    # The mark makes spreadsheets read the file as UTF-8.
    yield "\ufeff" + str(writer.writerow([cell(column.label) for column in columns]))
    ids = ids_in_order(asked.but(), reach)
    values = [column.value for column in columns]
    while stretch := list(islice(ids, STRETCH)):
        by_id = lines_of(request.actor, stretch)
        found = rows_of([("", by_id[pk]) for pk in stretch if pk in by_id], reach_of(request.actor))
        record_access(request, "cases_exported", by_id)
        yield "".join(str(writer.writerow([cell(value(row)) for value in values])) for row in found)
