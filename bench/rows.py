"""Rows straight into a migrated database: COPY on PostgreSQL, executemany on SQLite, with the columns that the models have."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.core.management.color import no_style
from django.db import connection, models

BATCH: Final = 20_000


def is_postgres() -> bool:
    return connection.vendor == "postgresql"


def insert(model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes rows of `fields`; every other column gets its model's default, the same in each row.

    Values are plain Python; a field is named as in the model (`provider_id` or `provider`). Raises FieldDoesNotExist for a field that the
    model no longer has, ValueError for a column that has no default and is not named.
    """
    meta = model._meta
    named = [meta.get_field(name) for name in fields]
    rest = [field for field in meta.concrete_fields if field not in named and not isinstance(field, models.AutoField)]
    constant = [_adapted(field, _default(field)) for field in rest]
    columns = [str(field.column) for field in (*named, *rest)]  # type: ignore[union-attr]
    adapters = [_adapter(field) for field in named]  # type: ignore[arg-type]
    ready = ([adapt(value) for adapt, value in zip(adapters, row, strict=True)] + constant for row in rows)
    _write(meta.db_table, columns, ready)


def _default(field: "models.Field[Any, Any]") -> Any:
    if field.has_default():
        return field.get_default()
    if field.null:
        return None
    if isinstance(field, models.CharField | models.TextField) and field.blank:
        return ""
    raise ValueError(f"{field} has no default: name it among the fields of the generator.")


def _adapter(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """How a value of this field is written; most are written as they are."""
    if isinstance(field, models.JSONField):
        return lambda value: json.dumps(value, ensure_ascii=False)
    if is_postgres():
        return lambda value: value
    if isinstance(field, models.DateTimeField):
        return lambda value: str(value.replace(tzinfo=None)) if isinstance(value, datetime) else value
    if isinstance(field, models.DateField):
        return lambda value: value.isoformat() if value is not None else None
    if isinstance(field, models.UUIDField):
        return lambda value: value.hex if isinstance(value, UUID) else value
    return lambda value: value


def _adapted(field: "models.Field[Any, Any]", value: Any) -> Any:
    return _adapter(field)(value)


def _batches(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _write(table: str, columns: Sequence[str], rows: Iterator[list[Any]]) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if is_postgres():
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
            return
        # The driver's own statement form, without Django's conversion of each placeholder.
        statement = f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})'
        for batch in _batches(rows):
            cursor.connection.executemany(statement, batch)


def sequences_follow(written: Iterable[type[models.Model]]) -> None:
    """New rows get ids after those that were written with one."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(written)):
            cursor.execute(statement)


def run(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """One statement; its rows when it has any."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values) or None)
        return cursor.fetchall() if cursor.description else []


# --- indexes after the rows -----------------------------------------------------------------------------------------


@contextmanager
def without_indexes(tables: Iterable[type[models.Model]], told: Callable[[str], None]) -> Iterator[None]:
    """Inside the block these tables have no indexes beside their keys and run no triggers; afterwards they have them again.

    What triggers would have kept is the caller's to make. Belongs into a transaction: when the block fails, all is back with the rollback.
    """
    quoted = ", ".join(f"'{model._meta.db_table}'" for model in tables)
    made_again = _dropped_in_postgres(quoted) if is_postgres() else _dropped_in_sqlite(quoted)
    yield
    told(f"{len(made_again)} indexes and triggers to make")
    for statement in made_again:
        run(statement)
    if is_postgres():
        run("SET LOCAL session_replication_role = DEFAULT")


def _dropped_in_sqlite(tables: str) -> list[str]:
    kinds = "type IN ('index', 'trigger') AND sql IS NOT NULL"
    rows = run(f"SELECT type, name, sql FROM sqlite_master WHERE {kinds} AND tbl_name IN ({tables}) ORDER BY type")
    for kind, name, _statement in rows:
        run(f'DROP {kind} "{name}"')
    return [str(statement) for _kind, _name, statement in rows]


def _dropped_in_postgres(tables: str) -> list[str]:
    """Triggers, those that check references too, rest as on a replica: for that one has to be a superuser, else they run."""
    owned = "SELECT conindid FROM pg_constraint WHERE contype IN ('p', 'u', 'x')"
    rows = run(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        f"JOIN pg_class t ON t.oid = i.indrelid WHERE t.relname IN ({tables}) AND i.indexrelid NOT IN ({owned})"
    )
    run("SET LOCAL maintenance_work_mem = '512MB'")
    if run("SELECT 1 FROM pg_user WHERE usename = current_user AND usesuper"):
        run("SET LOCAL session_replication_role = replica")
    for name, _statement in rows:
        run(f'DROP INDEX "{name}"')
    return [str(statement) for _name, statement in rows]


def analyze(table: str = "") -> None:
    """Tells the planner what is there; PostgreSQL, outside a transaction, also which pages all can see."""
    tidy = is_postgres() and not connection.in_atomic_block
    run(f"{'VACUUM ' if tidy else ''}ANALYZE {table}")
