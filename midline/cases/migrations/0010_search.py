from collections.abc import Callable
from typing import Any

import django.db.models.deletion
from django.db import migrations, models, transaction
from django.db.utils import DatabaseError

from midline.cases.migrations._search_index import drop, make
from midline.core.text import norm

COLUMNS = ("patient_norm", "clinician_norm", "practice_norm")
# Ordered by their bytes: the order of SQLite, whatever the locale of the server, and what the beginning of a number is found by.
BYTEWISE = {"number": 7, **dict.fromkeys(COLUMNS, 180)}


class NoTrigrams(Exception):
    """Says what an administrator of PostgreSQL has to do before this migration can go on."""


def trigrams_allowed(apps: Any, schema_editor: Any) -> None:
    """The extension that finds parts of names. It comes with PostgreSQL, and the owner of a database may switch it on."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        if cursor.fetchone():
            return
        try:
            with transaction.atomic(using=connection.alias):
                cursor.execute("CREATE EXTENSION pg_trgm")
        except DatabaseError as reason:
            name = connection.settings_dict["NAME"]
            raise NoTrigrams(
                f"The search needs PostgreSQL's extension pg_trgm, and it could not be switched on here: {str(reason).splitlines()[0]}. "
                f"Install PostgreSQL's contrib package if the server does not have it, let a superuser run "
                f'"CREATE EXTENSION pg_trgm;" in the database {name}, and migrate again.'
            ) from reason


def names_again(apps: Any, schema_editor: Any) -> None:
    """Hyphens and apostrophes are left out of comparable names from now on: one statement for each name that held one."""
    cases = apps.get_model("cases", "Case").objects
    for column in COLUMNS:
        names = cases.values_list(column, flat=True).order_by(column).distinct()
        changed = [(name, now) for name in names.iterator() if (now := norm(name)) != name]
        for name, now in changed:
            cases.filter(**{column: name}).update(**{column: now})


def ordered(collation: str) -> Callable[[Any, Any], None]:
    """The columns of names and numbers in this order, on PostgreSQL; SQLite orders by bytes."""

    def change(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            for name, size in BYTEWISE.items():
                schema_editor.execute(f'ALTER TABLE cases_case ALTER COLUMN {name} TYPE varchar({size}) COLLATE "{collation}"')

    return change


def with_connection(act: Callable[[Any], None]) -> Callable[[Any, Any], None]:
    return lambda apps, schema_editor: act(schema_editor.connection)


class Migration(migrations.Migration):
    """Names are found by any part of a word, on an index that the database keeps itself."""

    dependencies = [
        ("cases", "0009_milestones"),
        ("practices", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(trigrams_allowed, migrations.RunPython.noop),
        migrations.CreateModel(
            name="ClinicianName",
            fields=[
                (
                    "provider",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="practices.provider",
                    ),
                ),
                ("name_norm", models.CharField(max_length=180)),
            ],
        ),
        migrations.RunPython(ordered("C"), ordered("default")),
        migrations.RunPython(names_again, migrations.RunPython.noop),
        migrations.RunPython(with_connection(make), with_connection(drop)),
    ]
