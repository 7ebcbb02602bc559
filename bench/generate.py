"""Fills a migrated, empty Midline database: python -m bench.generate --cases 10000, or --csv FOLDER with rows of your own.

Rows go in by COPY or executemany with the indexes put back afterwards, counters by one statement each, never through the ORM row by row.
A marker says what a database holds, so that a second run uses it as it stands. DATABASE_URL names the database, as for the portal.
`--to-csv FOLDER` writes the rows as CSV files instead, into no database.
"""

import argparse
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import django
from django.db import DatabaseError, connection, models, transaction
from django.db.migrations.exceptions import InconsistentMigrationHistory, MigrationSchemaMissing

from bench import terms
from bench.data import ACTORS, CaseRow, Facts, Source
from bench.names import COMMON, RARE
from bench.plan import FIRST, LAST, SEED, Generated, approved_version
from bench.rows import analyze, insert, is_postgres, run, sequences_follow, without_indexes

FORM: Final = 4
MARKER: Final = "bench_marker"
CHUNK: Final = 20_000
NUMBER_PREFIX: Final = "0101"
# What the command ends with when the database as it stands is no use: bench.lists then makes it anew.
UNUSABLE: Final = 3
Told = Callable[[str], None]


class OtherRows(Exception):
    """The database holds something else than was asked for; the words say what to do."""


def quiet(_words: str) -> None:
    """Tells nobody how far it is."""


def marker() -> Facts | None:
    """What this database holds, None when it was not filled by this generator, or in another form."""
    if MARKER not in connection.introspection.table_names():
        return None
    rows = run(f"SELECT facts FROM {MARKER}")
    facts = dict(json.loads(rows[0][0])) if rows else {}
    if facts.pop("form", None) != FORM:
        return None
    facts["now"] = datetime.fromisoformat(facts["now"])
    facts["actors"] = {actor: tuple(ids) for actor, ids in facts["actors"].items()}
    return Facts(**facts)


def is_stale() -> bool:
    """Whether this generator filled the database in another form: nothing is worth migrating then."""
    return MARKER in connection.introspection.table_names() and marker() is None


def fill(cases: int) -> Facts:
    """Fills the database with generated rows unless it holds them already."""
    return fill_from(Generated(cases))


def fill_from(source: Source, told: Told = quiet) -> Facts:
    """Fills the database with the rows of `source` unless it holds them already. Raises OtherRows when it holds anything else."""
    if (found := marker()) is not None:
        if found.source != source.name:
            raise OtherRows(f"This database holds {found.source}, not {source.name}: name an empty one in DATABASE_URL.")
        return found
    if run("SELECT 1 FROM people_user LIMIT 1"):
        raise OtherRows("This database holds people already: name an empty one in DATABASE_URL.")
    _hurry()
    gc.disable()
    try:
        # The rows refer to each other as they should; looking each reference up would take longer than writing.
        with connection.constraint_checks_disabled(), transaction.atomic():
            with without_indexes(_tables(), told):
                persons = _people(source)
                told("people, practices and collaborations are in")
                count, named = _cases(source, told)
                _shares(source, persons)
                told("shares and marks are in")
            _counters()
            _searchable()
            facts = _facts(source, persons, count, named)
            run(f"CREATE TABLE {MARKER} (facts text NOT NULL)")
            run(f"INSERT INTO {MARKER} (facts) VALUES (%s)", [json.dumps({"form": FORM, **asdict(facts)}, default=str)])
    finally:
        gc.enable()
        _calm_down()
    told("indexes and counters are in")
    analyze()
    return facts


def _hurry() -> None:
    """Nothing is worth keeping if this breaks off: SQLite does not wait for the disk, PostgreSQL has all the time it needs."""
    if is_postgres():
        run("SET statement_timeout = 0")
    elif not connection.in_atomic_block:
        for pragma in ("journal_mode = DELETE", "synchronous = OFF", "cache_size = -1000000"):
            run(f"PRAGMA {pragma}")


def _calm_down() -> None:
    if not is_postgres() and not connection.in_atomic_block:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -2000"):
            run(f"PRAGMA {pragma}")


def _tables() -> list[type[models.Model]]:
    """The large ones, whose indexes are made after the rows."""
    from midline.cases.models import Case, CaseUnread, Milestone, Order, Patient, ReadyMark, Share
    from midline.collaboration.models import Collaboration

    return [Collaboration, Patient, Case, Order, Milestone, Share, ReadyMark, CaseUnread]


# --- people, practices, collaborations ------------------------------------------------------------------------------


def _people(source: Source) -> dict[int, int]:
    """Providers, then the people they added. Returns the id in people_user by the id in the rows of people."""
    from midline.collaboration.models import Collaboration
    from midline.people.models import User
    from midline.practices.models import Practice, Provider

    providers = {row.provider: row for row in source.providers()}
    after = max(providers, default=0)
    persons = {row.person: (after + row.person, row) for row in source.people()}
    named = [(row.provider, row.first_name, row.last_name) for row in providers.values()]
    named += [(pk, row.first_name, row.last_name) for pk, row in persons.values()]
    fields = ["id", "email", "first_name", "last_name", "password"]
    insert(User, fields, ([pk, f"person{pk}@bench.example", first, last, "!"] for pk, first, last in named))
    fields = ["id", "person", "license_number", "country", "state"]
    insert(Provider, fields, ([pk, pk, f"L-{pk:05d}", "NO", "confirmed"] for pk in providers))
    position: Counter[int] = Counter()
    practices = []
    for row in source.practices():
        practices.append([row.practice, row.provider, row.name, position[row.provider]])
        position[row.provider] += 1
    insert(Practice, ["id", "provider", "name", "position"], practices)
    fields = ["id", "provider", "person", "email", "first_name", "last_name", "relation", "state", "every_case", "evaluates", "accepted_at"]

    def grants() -> Iterator[list[Any]]:
        for row in source.grants():
            pk, person = persons[row.person]
            yield [row.grant, row.provider, pk, f"person{pk}@bench.example", person.first_name, person.last_name, row.relation, "active",
                   row.every_case, row.evaluates, FIRST]  # fmt: skip

    insert(Collaboration, fields, grants())
    sequences_follow([User, Provider, Practice, Collaboration])
    return {person: pk for person, (pk, _row) in persons.items()}


# --- cases ----------------------------------------------------------------------------------------------------------

PATIENT_FIELDS: Final = ["id", "provider", "first_name", "last_name", "birth_on", "sex", "created_at"]
CASE_FIELDS: Final = ["id", "number", "provider", "practice", "patient", "patient_norm", "clinician_norm", "practice_norm", "status",
                      "status_detail", "case_type", "type_detail", "current_order", "newest_version", "awaiting_version",
                      "approved_version", "created_by", "created_at", "submitted_at", "last_activity_at"]  # fmt: skip
ORDER_FIELDS: Final = ["id", "case", "kind", "status", "held_status", "created_by", "created_in", "created_at", "submitted_at",
                       "status_since"]  # fmt: skip
MILESTONE_FIELDS: Final = ["order", "case", "provider", "kind", "round", "at_s", "took_s", "waited_s"]


def _cases(source: Source, told: Told) -> tuple[int, Counter[str]]:
    """Cases with their patients and orders, which have their ids. Returns how many there are and how often each family name occurs."""
    from midline.cases.models import Case, Milestone, Order, Patient
    from midline.core.text import norm

    clinicians = {row.provider: norm(f"{row.first_name} {row.last_name}")[:180] for row in source.providers()}
    practices = {row.practice: norm(row.name)[:180] for row in source.practices()}
    words: dict[str, str] = {}
    named: Counter[str] = Counter()
    count, rows = 0, source.cases()

    def plain(name: str) -> str:
        if name not in words:
            words[name] = norm(name)
        return words[name]

    def case(row: CaseRow) -> list[Any]:
        return [row.case, Case.number_for(row.case), row.provider, row.practice, row.case,
                f"{plain(row.first_name)} {plain(row.last_name)}".strip()[:180], clinicians[row.provider], practices[row.practice],
                row.status, row.status_detail, row.case_type, row.type_detail, row.case, row.newest_version,
                row.newest_version if row.status == "awaiting_approval" else None, approved_version(row), row.provider, row.created_at,
                _submitted(row), row.last_activity_at]  # fmt: skip

    while chunk := list(islice(rows, CHUNK)):
        born = ([row.case, row.provider, row.first_name, row.last_name, row.birth_on, row.sex, row.created_at] for row in chunk)
        insert(Patient, PATIENT_FIELDS, born)
        insert(Case, CASE_FIELDS, map(case, chunk))
        orders = (
            [row.case, row.case, row.case_type, row.status, row.held_status, row.provider, "provider", row.created_at, _submitted(row),
             row.last_activity_at]
            for row in chunk
        )  # fmt: skip
        insert(Order, ORDER_FIELDS, orders)
        insert(Milestone, MILESTONE_FIELDS, (line for row in chunk for line in _milestones(row)))
        named.update(plain(row.last_name) for row in chunk)
        count += len(chunk)
        if count % (10 * CHUNK) == 0:
            told(f"{count:,} cases are in")
    sequences_follow([Patient, Case, Order, Milestone])
    return count, named


def _milestones(row: CaseRow) -> Iterator[list[Any]]:
    """Submitted; every version but the newest sent back; approved. Each took as long as the ids and the version say."""
    if row.status == "draft":
        return
    began, last = int(row.created_at.timestamp()), int(row.last_activity_at.timestamp())
    yield [row.case, row.case, row.provider, "submitted", 0, began, 0, 0]
    approved = approved_version(row)
    for version in range(1, (approved or row.newest_version) + bool(approved)):
        took = min(last - began, version * 86_400 * (5 + row.case % 23))
        kind = "approved" if version == approved else "declined"
        yield [row.case, row.case, row.provider, kind, version, began + took, took, took * (row.case % 7) // 10]


def _submitted(row: CaseRow) -> datetime | None:
    return None if row.status == "draft" else row.created_at


# --- shares, marks, counters ----------------------------------------------------------------------------------------


def _shares(source: Source, persons: dict[int, int]) -> None:
    from midline.cases.models import Case, CaseUnread, ReadyMark, Share

    batch = UUID(int=SEED)
    owners = {row.grant: row.provider for row in source.grants()}
    fields = ["collaboration", "case", "created_by", "batch", "created_at"]
    insert(Share, fields, ([row.grant, row.case, owners[row.grant], batch, FIRST] for row in source.shares()))
    marks = [(row.grant, row.case) for row in source.marks()]
    versions = dict(run(f"SELECT id, awaiting_version FROM {Case._meta.db_table} WHERE status = 'awaiting_approval'"))
    held = ([case, grant, versions[case], LAST] for grant, case in marks if case in versions)
    insert(ReadyMark, ["case", "collaboration", "version", "at"], held)
    unread = list(source.unread())
    own = {row.case for row in unread if row.person is None}
    whose = dict(_owners_of(own)) if own else {}
    counted = ([row.case, whose[row.case] if row.person is None else persons[row.person], row.comments] for row in unread)
    insert(CaseUnread, ["case", "person", "count"], counted)


def _owners_of(cases: set[int]) -> Iterable[tuple[Any, ...]]:
    return run(f"SELECT id, provider_id FROM cases_case WHERE id IN ({', '.join(map(str, cases))})")


def _counters() -> None:
    """The counters as `midline.cases.services.counts` keeps them, for all at once."""
    from midline.cases.models import CollaborationCount, ProviderCount, Status

    columns = ", ".join(f'"{status}"' for status in Status.values)
    sums = ", ".join(f"sum(CASE WHEN status = '{status}' THEN 1 ELSE 0 END)" for status in Status.values)
    table = ProviderCount._meta.db_table
    run(f"INSERT INTO {table} (provider_id, {columns}) SELECT provider_id, {sums} FROM cases_case GROUP BY provider_id")
    zeros = ", ".join("0" for _ in Status.values)
    run(
        f"INSERT INTO {table} (provider_id, {columns}) SELECT id, {zeros} FROM practices_provider p "
        f"WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE t.provider_id = p.id)"
    )
    statuses = " UNION ALL ".join(f"SELECT '{status}' AS status" for status in Status.values)
    run(
        f"INSERT INTO {CollaborationCount._meta.db_table} (collaboration_id, status, count) "
        f"SELECT g.id, t.status, coalesce(n.n, 0) FROM collaboration_collaboration g CROSS JOIN ({statuses}) t "
        "LEFT JOIN (SELECT s.collaboration_id, c.status, count(*) AS n FROM cases_share s JOIN cases_case c ON c.id = s.case_id "
        "WHERE s.ended_at IS NULL AND s.gives GROUP BY s.collaboration_id, c.status) n "
        "ON n.collaboration_id = g.id AND n.status = t.status AND NOT g.every_case"
    )


def _searchable() -> None:
    """What the portal looks names up in: kept by triggers, which did not run, and on SQLite in tables of its own."""
    if "cases_clinicianname" not in connection.introspection.table_names():
        return
    from midline.cases.migrations import _search_index

    statements = _search_index.CLINICIANS_FILLED if is_postgres() else _search_index.SQLITE_MADE
    for statement in statements:
        if statement.startswith(("DELETE", "INSERT")):
            run(statement)


# --- facts ----------------------------------------------------------------------------------------------------------


def _facts(source: Source, persons: dict[int, int], count: int, named: Counter[str]) -> Facts:
    """Who is measured and what is searched for: as the rows say, or, where they do not, chosen from them."""
    most = run("SELECT provider_id, count(*) FROM cases_case GROUP BY provider_id ORDER BY 2 DESC, 1 LIMIT 1")
    provider = int(most[0][0]) if most else 1
    marked = {row.actor: persons[row.person] for row in source.people() if row.actor}
    actors = {"provider": (provider, provider)} | {actor: (pk, 0) for actor, pk in (marked or _ranked()).items()}
    latest = run("SELECT max(last_activity_at) FROM cases_case")[0][0]
    now = datetime.fromisoformat(latest) if isinstance(latest, str) else latest or LAST
    if now.tzinfo is None:
        now = now.replace(tzinfo=UTC)
    return Facts(
        source.name, count, max(LAST, now) + timedelta(hours=1), {a: actors[a] for a in ACTORS if a in actors}, _terms(count, named)
    )


def _ranked() -> dict[str, int]:
    """Where nobody is marked: who sees the most cases, the one in the middle, who sees the fewest."""
    rows = run(
        "SELECT g.person_id, sum(CASE WHEN g.every_case THEN p.n ELSE s.n END) FROM collaboration_collaboration g "
        "LEFT JOIN (SELECT provider_id, count(*) AS n FROM cases_case GROUP BY provider_id) p ON p.provider_id = g.provider_id "
        "LEFT JOIN (SELECT collaboration_id, count(*) AS n FROM cases_share GROUP BY collaboration_id) s ON s.collaboration_id = g.id "
        "GROUP BY g.person_id"
    )
    seen = sorted((int(cases), int(person)) for person, cases in rows if cases)
    places = {"sparse": 0, "mid": len(seen) // 2, "big": len(seen) - 1} if len(seen) >= 3 else {"big": -1} if seen else {}
    return {actor: seen[place][1] for actor, place in places.items()}


def _terms(count: int, named: Counter[str]) -> dict[str, str]:
    """Family names of about 1 patient in 5,000 and 1 in 100, the first two letters of frequent names, and the beginning of a number."""
    from midline.core.text import norm

    latin = {name: n for name, n in named.items() if len(name) > 5 and name.isascii()}

    def near(share: float, wanted: str) -> str:
        if norm(wanted) in latin:
            return norm(wanted)
        return min(sorted(latin), key=lambda name: abs(latin[name] - share * count), default=norm(wanted))

    rare, common = near(1 / 5_000, RARE), near(1 / 100, COMMON)
    return {"search_rare": rare, "search_common": common, "search_one": common[0], "search_two": rare[:2], "search_number": NUMBER_PREFIX}


def migrate() -> None:
    """Brings the database of DATABASE_URL to the portal's tables."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def main() -> int:
    from bench.files import Folder, write

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--csv", type=Path, help="a folder with the files of README.md, read instead of generating")
    parser.add_argument("--terms", action="store_true", help="make the floor's own search tables, too (bench.lists needs them)")
    parser.add_argument("--to-csv", type=Path, help="write the generated rows into this folder; no database is touched")
    chosen = parser.parse_args()
    began = time.monotonic()
    source: Source = Folder(chosen.csv) if chosen.csv else Generated(chosen.cases)
    if chosen.to_csv:
        for path, rows in write(source, chosen.to_csv):
            print(f"{path}: {rows:,} rows")
        return 0
    django.setup()
    if is_stale():
        return UNUSABLE
    try:
        migrate()
        fill_from(source, lambda words: print(f"{time.monotonic() - began:6.1f} s  {words}", flush=True))
        if chosen.terms:
            terms.make()
    except (OtherRows, DatabaseError, MigrationSchemaMissing, InconsistentMigrationHistory) as reason:
        print(reason, file=sys.stderr)
        return UNUSABLE
    for model in _tables():
        print(f"{model._meta.db_table:28s} {model._default_manager.count():>12,}")
    print(f"{time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
