"""The index of names as a whole: put back when a migration took its triggers, and left out while many cases are written at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections

from midline.cases.migrations._search_index import SQLITE_TABLES, SQLITE_TRIGGERS, drop, make


def search_index_mended(*, using: str = "default", **_of_the_signal: Any) -> bool:
    """Makes SQLite's index anew when triggers of it are gone, and says whether it did. Runs after every migrate.

    SQLite changes most columns by making the table anew, and a table takes its triggers with it. A database that the migration of the
    index has not reached yet has no index to mend.
    """
    database = connections[using]
    if database.vendor != "sqlite":
        return False
    with database.cursor() as cursor:
        cursor.execute("SELECT type, name FROM sqlite_master WHERE type = 'trigger' OR sql LIKE 'CREATE VIRTUAL TABLE%'")
        there = set(cursor.fetchall())
    if any(("table", name) not in there for name in SQLITE_TABLES) or all(("trigger", name) in there for name in SQLITE_TRIGGERS):
        return False
    drop(database)
    make(database)
    return True


@contextmanager
def search_index_afterwards() -> Iterator[None]:
    """Writes of the block go past the index, which is made once at its end: for a million cases at once, in one transaction."""
    drop(connection)
    yield
    make(connection)
