"""Statements that are compiled once and run with other values.

Django spends more on composing the statement of a list than a database on answering it. A queryset whose values are `Slot`s is composed
once; `Statement.rows` fills the values in.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, DateTimeField, F, Field, QuerySet
from django.db.models.expressions import Expression
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler

# The forms that lists can take are few; beyond this many something composes them from values, and the oldest go.
MOST: Final = 2_000
# Lists of ids are filled up to one of these sizes, so that few forms of a statement exist.
SIZES: Final = (1, 8, 64, 256)

_known: dict[Hashable, "Statement"] = {}


@dataclass(frozen=True)
class _Named:
    """What stands among the parameters of a statement until it runs."""

    name: str
    place: int | None = None


class Slot(Expression):
    """A value that is filled in when the statement runs; `place` counts in a list of them."""

    def __init__(self, name: str, output_field: "Field[Any, Any] | None" = None, place: int | None = None) -> None:
        super().__init__(output_field=output_field or BigIntegerField())
        self.named = _Named(name, place)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        return "%s", (self.named,)


def now_slot() -> Slot:
    return Slot("now", DateTimeField())


def is_one_of(column: str, name: str, size: int) -> In:
    """`column` is one of the ids given as `name`, of which there are `size`."""
    return In(F(column), [Slot(name, place=place) for place in range(size)])


def stretches(ids: Iterable[int]) -> Iterator[list[int]]:
    """Ids in lists of one of the SIZES, filled up with 0, which is nobody's."""
    known = list(ids)
    for start in range(0, len(known), SIZES[-1]):
        stretch = known[start : start + SIZES[-1]]
        size = next(size for size in SIZES if len(stretch) <= size)
        yield stretch + [0] * (size - len(stretch))


def filled_up(ids: Iterable[int]) -> list[int]:
    """Ids in one list, filled up to one of the SIZES with 0; none stay none, and more than the largest size as they are."""
    known = sorted(ids)
    return known if len(known) > SIZES[-1] else next(stretches(known), [])


@dataclass(frozen=True)
class Around:
    """A statement of ours around a queryset of values: `{rows}` stands for it. For what joins tables that no relation joins directly."""

    sql: str
    rows: QuerySet[Any, Any]


@dataclass(frozen=True)
class Statement:
    """One compiled queryset of values, of no thread and no connection. Raises KeyError for a value that was not given.

    converters: by place in a row, what turns the database's value into Python's.
    """

    sql: str
    parameters: tuple[Any, ...]
    converters: tuple[tuple[int, tuple[Callable[..., Any], ...], Any], ...] = ()

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        if not self.sql:
            return []
        adapted = {name: _adapted(value) for name, value in values.items()}
        given = [_value(one, adapted) if isinstance(one, _Named) else one for one in self.parameters]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, given)
            rows: list[Sequence[Any]] = cursor.fetchall()
        on = connections[connection.alias]
        return [self._converted(row, on) for row in rows] if self.converters else [tuple(row) for row in rows]

    def _converted(self, row: Sequence[Any], on: BaseDatabaseWrapper) -> tuple[Any, ...]:
        values = list(row)
        for place, converters, expression in self.converters:
            for convert in converters:
                values[place] = convert(values[place], expression, on)
        return tuple(values)


def _value(named: _Named, values: dict[str, Any]) -> Any:
    value = values[named.name]
    return value if named.place is None else value[named.place]


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def prepared(key: Hashable, make: Callable[[], QuerySet[Any, Any] | Around]) -> Statement:
    """The statement under `key`, composed by `make` when it is first asked for."""
    whole = (connection.vendor, key)
    statement = _known.get(whole)
    if statement is None:
        for oldest in list(_known)[: max(0, len(_known) - MOST + 1)]:
            _known.pop(oldest, None)
        statement = _known[whole] = _compiled(make())
    return statement


def _compiled(made: QuerySet[Any, Any] | Around) -> Statement:
    rows = made.rows if isinstance(made, Around) else made
    compiler: SQLCompiler = rows.query.get_compiler(connection=connection)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:
        return Statement("", ())
    if isinstance(made, Around):
        return Statement(made.sql.replace("{rows}", f"({sql})"), tuple(parameters))
    found = compiler.get_converters([column[0] for column in compiler.select or ()])
    converters = tuple((place, tuple(map(_quicker, each)), expression) for place, (each, expression) in found.items())
    return Statement(sql, tuple(parameters), converters)


def _quicker(convert: Callable[..., Any]) -> Callable[..., Any]:
    """SQLite's moments are all written in one zone: it is said of each, where Django would look first whether something else was."""
    return _moment if getattr(convert, "__name__", "") == "convert_datetimefield_value" and connection.vendor == "sqlite" else convert


def _moment(value: datetime | str | None, _expression: Any, on: BaseDatabaseWrapper) -> datetime | None:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment and moment.replace(tzinfo=on.timezone)
