"""A database that other threads and processes reach, for tests of what happens between them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection


@contextmanager
def real_database(folder: Path) -> Iterator[str]:
    """What the test has committed so far, where new connections find it. Yields its DATABASE_URL.

    SQLite's tests run in memory, where a locked table is an error at once instead of being waited for: a copy in `folder` stands for it,
    for every connection opened from now on. The connection of the test itself stays with the one in memory. PostgreSQL needs no copy.
    """
    kept = connection.settings_dict
    if connection.vendor != "sqlite":
        yield f"postgres://{kept['USER']}:{kept['PASSWORD']}@{kept['HOST']}:{kept['PORT']}/{kept['NAME']}"
        return
    name, path = kept["NAME"], folder / "shared.sqlite3"
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as copy:
        connection.connection.backup(copy)
    kept["NAME"] = str(path)
    try:
        yield f"sqlite:///{path}"
    finally:
        kept["NAME"] = name
