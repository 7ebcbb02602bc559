"""Fills a migrated, empty Midline database with N cases, the same ones at every run: python -m bench.generate --cases 10000.

Rows go in by COPY or executemany, counters by one statement each, never through the ORM row by row. A marker says what a database holds,
so that a second run uses it as it stands. DATABASE_URL names the database, as for the portal.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

import django
from django.db import connection, models, transaction

from bench.names import Names
from bench.plan import ACTORS, SEED, Plan
from bench.rows import insert, is_postgres, run, sequences_follow

FORM: Final = 1
MARKER: Final = "bench_marker"
FIRST: Final = datetime(2022, 11, 1, 8, tzinfo=UTC)
LAST: Final = datetime(2026, 11, 20, 18, tzinfo=UTC)
RECENT_SHARE: Final = 0.25
RECENT: Final = {"draft": 6, "submitted": 8, "records_needed": 8, "in_production": 14, "awaiting_approval": 16, "approved": 8,
                 "in_manufacturing": 10, "shipped": 8, "in_treatment": 14, "on_hold": 4, "cancelled": 4}  # fmt: skip
OLD: Final = {"draft": 1, "awaiting_approval": 0.5, "shipped": 0.5, "on_hold": 1, "in_treatment": 30, "cancelled": 7, "completed": 60}
TYPES: Final = {"aligner": 78, "revision": 8, "retainer": 10, "replacement": 4}
WITHOUT_SETUPS: Final = {"in_production": "submitted", "awaiting_approval": "in_manufacturing", "approved": "in_manufacturing"}
READY_OF_AWAITING: Final = 4
UNREAD_OF_CASES: Final = 100


def marker() -> dict[str, int] | None:
    """What this database holds, None when it was not filled by this generator."""
    if MARKER not in connection.introspection.table_names():
        return None
    rows = run(f"SELECT facts FROM {MARKER}")
    return dict(json.loads(rows[0][0])) if rows else None


def fill(cases: int) -> Plan:
    """Fills the database unless it holds these cases already. Raises SystemExit when it holds anything else."""
    plan, wanted = Plan(cases), {"form": FORM, "seed": SEED, "cases": cases}
    if (found := marker()) is not None:
        if found != wanted:
            raise SystemExit(f"This database holds {found}, not {wanted}: name an empty one in DATABASE_URL.")
        return plan
    if run("SELECT 1 FROM people_user LIMIT 1"):
        raise SystemExit("This database holds people already: name an empty one in DATABASE_URL.")
    with transaction.atomic():
        _people(plan)
        _cases(plan)
        _shares(plan)
        _counters()
        run(f"CREATE TABLE {MARKER} (facts text NOT NULL)")
        run(f"INSERT INTO {MARKER} (facts) VALUES (%s)", [json.dumps(wanted)])
    run("VACUUM ANALYZE" if is_postgres() else "ANALYZE")
    return plan


# --- people, practices, collaborations ------------------------------------------------------------------------------


def _people(plan: Plan) -> None:
    from midline.collaboration.models import Collaboration
    from midline.people.models import User
    from midline.practices.models import Practice, Provider

    names = Names(SEED + 1).clinicians(plan.people)
    fields = ["id", "email", "first_name", "last_name", "password"]
    insert(User, fields, ([n, f"person{n}@bench.example", *name, "!"] for n, name in enumerate(names, 1)))
    providers = range(1, plan.providers + 1)
    insert(Provider, ["id", "person", "license_number", "country", "state"], ([n, n, f"L-{n:05d}", "NO", "confirmed"] for n in providers))
    practices = ([2 * n - k, n, f"{names[n - 1][1]} {('Orthodontics', 'Dental')[k]} {n}", 1 - k] for n in providers for k in (1, 0))
    insert(Practice, ["id", "provider", "name", "position"], practices)
    fields = ["id", "provider", "person", "email", "first_name", "last_name", "relation", "state", "every_case", "evaluates", "accepted_at"]
    insert(
        Collaboration,
        fields,
        (
            [n, link.provider, link.person, f"person{link.person}@bench.example", *names[link.person - 1], link.relation, "active",
             not link.singles, link.evaluates, FIRST]
            for n, link in enumerate(plan.links, 1)
        ),
    )  # fmt: skip
    sequences_follow([User, Provider, Practice, Collaboration])


# --- cases ----------------------------------------------------------------------------------------------------------


def _cases(plan: Plan) -> None:
    from midline.cases.models import Case, Order, Patient
    from midline.core.text import norm

    names = Names(SEED + 2).take(plan.cases)
    clinician_names = Names(SEED + 1).clinicians(plan.people)[: plan.providers]
    clinicians = [norm(" ".join(name)) for name in clinician_names]
    owners = plan.provider_of_case
    sexes = ("female", "male", "other", "")
    born = date(2016, 1, 1)
    insert(
        Patient,
        ["id", "provider", "first_name", "last_name", "birth_on", "sex", "created_at"],
        (
            [n, owners[n - 1], *names[n - 1], born - timedelta(days=n * 7919 % 20_000), sexes[n * 31 % 7 % 4], FIRST]
            for n in range(1, plan.cases + 1)
        ),
    )
    fields = ["id", "number", "provider", "practice", "patient", "patient_norm", "clinician_norm", "practice_norm", "status",
              "status_detail", "case_type", "type_detail", "current_order", "newest_version", "awaiting_version", "approved_version",
              "created_by", "created_at", "submitted_at", "last_activity_at"]  # fmt: skip

    def rows() -> Iterator[list[Any]]:
        for n, state in enumerate(_states(plan.cases), 1):
            owner, name = owners[n - 1], names[n - 1]
            yield [n, Case.number_for(n), owner, 2 * owner - (n * 17 % 4 > 0), n, norm(" ".join(name)), clinicians[owner - 1],
                   f"{norm(clinician_names[owner - 1][1])} {('orthodontics', 'dental')[(n * 17 % 4 > 0)]} {owner}",
                   state["status"], state["detail"], state["kind"], state["type_detail"], n, state["version"], state["awaiting"],
                   state["approved"], owner, state["created"], state["submitted"], state["active"]]  # fmt: skip

    insert(Case, fields, rows())
    fields = ["id", "case", "kind", "status", "held_status", "created_by", "created_in", "created_at", "submitted_at", "status_since"]
    insert(
        Order,
        fields,
        (
            [n, n, state["kind"], state["status"], state["held"], owners[n - 1], "provider", state["created"], state["submitted"],
             state["active"]]
            for n, state in enumerate(_states(plan.cases), 1)
        ),
    )  # fmt: skip
    sequences_follow([Patient, Case, Order])


def _states(cases: int) -> Iterator[dict[str, Any]]:
    """Status, type and times of each case, the oldest first: the older, the more often closed, and the longer quiet."""
    draw = Random(SEED + 3)
    recent, old, kinds = ((list(one), list(one.values())) for one in (RECENT, OLD, TYPES))
    for n in range(cases):
        mix = recent if n >= cases * (1 - RECENT_SHARE) else old
        (status,), (kind,) = draw.choices(*mix), draw.choices(*kinds)
        if kind in {"retainer", "replacement"}:
            status = WITHOUT_SETUPS.get(status, status)
        created = FIRST + (LAST - FIRST) * (n / cases)
        quiet = (LAST - created) * draw.random() if status in {"cancelled", "completed"} else timedelta(days=draw.expovariate(1 / 20))
        version = 0 if status in {"draft", "submitted", "records_needed"} or kind in {"retainer", "replacement"} else 1 + (n % 3 == 0)
        late = status not in {"draft", "submitted", "records_needed", "in_production", "awaiting_approval", "on_hold", "cancelled"}
        yield {
            "status": status,
            "kind": kind,
            "detail": {"draft": "step:2", "records_needed": "missing:lower_scan", "shipped": "tracking"}.get(status, ""),
            "type_detail": "1" if kind in {"revision", "replacement"} else ("both", "both", "upper", "lower")[n % 4],
            "held": "in_production" if status == "on_hold" else "",
            "version": version,
            "awaiting": version if status == "awaiting_approval" else None,
            "approved": version if late and version else None,
            "created": created,
            "submitted": None if status == "draft" else created,
            "active": max(created, LAST - quiet),
        }


# --- shares, marks, counters ----------------------------------------------------------------------------------------


def _shares(plan: Plan) -> None:
    from midline.cases.models import CaseUnread, ReadyMark, Share

    owners, batch = plan.provider_of_case, UUID(int=SEED)
    rows = ([link, case, owners[case - 1], batch, FIRST] for link, case in plan.single_cases)
    insert(Share, ["collaboration", "case", "created_by", "batch", "created_at"], rows)
    # One awaiting case in four is held ready by those of the three who see it by standing grant; some comments are unread.
    people = tuple(plan.person(actor) for actor in ACTORS)
    standing = f"g.every_case AND g.person_id IN {people}"
    seen = f"collaboration_collaboration g JOIN cases_case c ON c.provider_id = g.provider_id WHERE {standing}"
    marks = f"SELECT c.id, g.id, c.awaiting_version FROM {seen} AND c.status = 'awaiting_approval' AND c.id %% {READY_OF_AWAITING} = 0"
    insert(ReadyMark, ["case", "collaboration", "version", "at"], [[*row, LAST] for row in run(marks)])
    unread = run(f"SELECT c.id, g.person_id FROM {seen} AND c.id %% {UNREAD_OF_CASES} = 0")
    insert(CaseUnread, ["case", "person", "count"], [[*row, 1 + row[0] % 3] for row in unread])


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


def migrate() -> None:
    """Brings the database of DATABASE_URL to the portal's tables."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    chosen = parser.parse_args()
    django.setup()
    migrate()
    began = time.monotonic()
    fill(chosen.cases)
    tables: list[type[models.Model]] = [model for model in django.apps.apps.get_models() if model._meta.app_label == "cases"]
    for model in tables:
        print(f"{model._meta.db_table:28s} {model._default_manager.count():>12,}")
    print(f"{time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
