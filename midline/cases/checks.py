"""What the database must be able to do for the search by name: `manage.py check --database default`, and before every migrate."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections


@register(Tags.database)
def names_can_be_found(app_configs: Any, databases: Sequence[str] | None = None, **options: Any) -> list[CheckMessage]:
    """A database that is away has nothing to report here."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        try:
            with connections[alias].cursor() as cursor:
                found += of_sqlite(cursor) if connections[alias].vendor == "sqlite" else of_postgresql(cursor)
        except DatabaseError:
            continue
    return found


def of_postgresql(cursor: Any) -> list[CheckMessage]:
    """Which signs are letters is decided when a database is made. With C or POSIX only A to Z are, and other names have no trigrams."""
    cursor.execute(
        "SELECT pg_encoding_to_char(encoding), datctype, 'ж' ~ '[[:alpha:]]' FROM pg_database WHERE datname = current_database()"
    )
    encoding, ctype, knows_letters = cursor.fetchone()
    if encoding == "UTF8" and knows_letters:
        return []
    return [
        Error(
            f"This PostgreSQL database has the encoding {encoding} and the character type {ctype}: Greek, Cyrillic and other names are not "
            "found in it.",
            hint="Make a new database with CREATE DATABASE … ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0, "
            "move the data with pg_dump and psql, and name it in DATABASE_URL.",
            id="cases.E001",
        )
    ]


def of_sqlite(cursor: Any) -> list[CheckMessage]:
    try:
        cursor.execute("CREATE VIRTUAL TABLE temp.cases_probe USING fts5 (name, tokenize='trigram')")
        cursor.execute("DROP TABLE temp.cases_probe")
    except DatabaseError as reason:
        return [
            Error(
                f"This SQLite cannot find parts of names: {reason}.",
                hint="Use Python with SQLite 3.34 or newer, built with FTS5, or PostgreSQL.",
                id="cases.E002",
            )
        ]
    return []
