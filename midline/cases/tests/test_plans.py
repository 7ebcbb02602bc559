"""The main views are read from the index that their order needs, on SQLite and on PostgreSQL: a query that misses its index fails here.

A crowd of 4,000 cases is written (`plans_world.py`), each view is read as the product reads it, every statement that it ran is explained,
and the plan is judged:

- *nothing is read whole*: no table of cases, orders, shares, marks or collaborations is scanned, but for the walk of an order, and for
  `case_aside`, an index of the few cases whose version waits while they stand otherwise;
- *a walk* goes along the named index and nothing is sorted above it, so that a page costs the same however many cases there are;
- *a gather* begins at the collaborations of the reader, and comes to cases by provider or by id.

PostgreSQL would rightly read and sort a table of 4,000 rows whole, so that is forbidden to it where another way exists (`FORBIDDEN`). What
this proves: an index answers each condition and gives each order. Therefore the conditions on which an index is entered are judged too.
That the planner takes it by itself at 100,000 cases and a million is measured by `make bench-list`.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction

from midline.cases.queries import Asked, matches, reach_of, read_page, reading, rows_of
from midline.cases.tests.plans_world import Crowd, crowd
from midline.people.policies import Actor

# Without django_db, pytest-django makes no database for the fixture of this module.
pytestmark = [pytest.mark.slow, pytest.mark.django_db]

BIG = {"cases_case", "cases_order", "cases_share", "cases_readymark", "cases_caseunread", "collaboration_collaboration", "activity_event"}
FORBIDDEN = ("seqscan", "hashjoin", "mergejoin")
# Who reads how does not hang on the size of the crowd here: each way is asked for.
THRESHOLDS = ("ALWAYS_FEW", "WALKING", "WIDE_SEARCH", "FEW_LEFT")
NEVER, ALWAYS = dict.fromkeys(THRESHOLDS, 10**9), {"ALWAYS_FEW": -1, "WALKING": 0, "WIDE_SEARCH": -1, "FEW_LEFT": -1}


@pytest.fixture(scope="module")
def people(django_db_setup, django_db_blocker) -> Iterator[Crowd]:
    """Written once, rolled back after the last test of this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = crowd()
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                for way in FORBIDDEN:
                    cursor.execute(f"SET LOCAL enable_{way} = off")
                cursor.execute("SET LOCAL random_page_cost = 1")
        yield made
        transaction.set_rollback(True)


# --- what a plan says -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scan:
    """How a plan comes to the rows of a table: by which index ("" none, "id" the primary key), and whether by a condition on it.

    SQLite names aliases alone, and one alias may stand for several tables: where no index tells, `tables` are all of these.
    """

    tables: frozenset[str]
    alias: str
    index: str
    searched: bool


@dataclass(frozen=True)
class Plan:
    sql: str
    scans: tuple[Scan, ...]
    sorts: bool

    @property
    def gives_ids(self) -> bool:
        """Whether this is the statement that finds the ids of a page."""
        return bool(re.match(r'SELECT "cases_case"."id" AS "pk"(, "cases_case"."last_activity_at"[^,]*)? FROM "cases_case"', self.sql))

    @property
    def outermost(self) -> Scan:
        return next(scan for scan in self.scans if scan.alias == "cases_case")

    def __str__(self) -> str:
        return "\n".join([self.sql[:300], *map(str, self.scans), f"sorts: {self.sorts}"])


def plan_of(sql: str, params: Any) -> Plan:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'")
            owners = dict(cursor.fetchall())
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            lines = [row[3] for row in cursor.fetchall()]
            return Plan(sql, tuple(_of_sqlite(sql, lines, owners)), any("FOR ORDER BY" in line for line in lines))
        cursor.execute(f"EXPLAIN (FORMAT JSON, COSTS OFF) {sql}", params)
        found = cursor.fetchone()[0]
        root = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return Plan(sql, tuple(_of_postgresql(root)), _sorts_above(root))


def _of_sqlite(sql: str, lines: list[str], owners: dict[str, str]) -> Iterator[Scan]:
    named = re.findall(r'(?:FROM|JOIN) "?(\w+)"? (?:AS )?"?([A-Za-z]\d*)"?(?=[ )])', sql)
    for line in lines:
        if not (found := re.match(r"(SCAN|SEARCH) (\w+)(.*)", line)) or line.startswith("SCAN CONSTANT"):
            continue
        how, alias, rest = found.groups()
        key = re.search(r"INDEX (\w+)", rest)
        index = "full text" if "VIRTUAL" in rest else key[1] if key else "id"
        tables = {owners[index]} if index in owners else {table for table, name in named if name == alias} or {alias}
        yield Scan(frozenset(tables), alias, index, how == "SEARCH")


def _of_postgresql(node: dict[str, Any]) -> Iterator[Scan]:
    kind, below = node["Node Type"], node.get("Plans", [])
    if "Relation Name" in node:
        bitmap = [one for one in _nodes(node) if one["Node Type"] == "Bitmap Index Scan"]
        index = node.get("Index Name") or (bitmap[0]["Index Name"] if bitmap else "")
        searched = bool(node.get("Index Cond") or bitmap)
        yield Scan(
            frozenset({node["Relation Name"]}),
            node.get("Alias", ""),
            "" if kind == "Seq Scan" else re.sub(r"^\w+_pkey$", "id", index),
            searched,
        )
    for one in below:
        yield from _of_postgresql(one)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for one in node.get("Plans", []):
        yield from _nodes(one)


def _sorts_above(node: dict[str, Any]) -> bool:
    """Whether the page itself is sorted, and not only what a subquery collects."""
    if node["Node Type"] in {"Sort", "Incremental Sort"}:
        return True
    return any(_sorts_above(one) for one in node.get("Plans", []) if one.get("Parent Relationship") in {"Outer", "Member", "Inner"})


# --- reading a view ---------------------------------------------------------------------------------------------------


def plans(read: Callable[[], Any], *, sorted_already: bool = False) -> list[Plan]:
    """The plans of all statements on big tables that `read` runs; `sorted_already`: where an index gives the order it is taken."""
    ran: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        ran.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        read()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for way in ("sort", "incremental_sort"):
                cursor.execute(f"SET LOCAL enable_{way} = {'off' if sorted_already else 'on'}")
    return [plan_of(sql, params) for sql, params in ran if sql.lstrip("(").startswith(("SELECT", "WITH")) and any(t in sql for t in BIG)]


def read(reader: Actor, asked: Asked, settings: dict[str, int]) -> list[Plan]:
    """Everything that a page asks: tabs, how many, the ids, the rows."""

    def page() -> None:
        reach = reach_of(reader)
        reach.tab_counts()
        matches(asked, reach)
        rows_of(list(read_page(asked, reach).rows), reach)

    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            if hasattr(reading, name):
                patch.setattr(reading, name, value)
        return plans(page, sorted_already=settings is ALWAYS)


def nothing_read_whole(found: list[Plan], *, walk: str = "") -> None:
    for plan in found:
        for scan in plan.scans:
            walks = plan.gives_ids and scan.alias == "cases_case" and scan.index == walk
            assert not scan.tables & BIG or scan.index in {"full text", "case_aside"} or (scan.index and (scan.searched or walks)), (
                f"{scan} is read whole\n{plan}"
            )


def walked(found: list[Plan], *indexes: str) -> None:
    """Every statement of ids goes along one of the indexes, which give the order."""
    ids = [plan for plan in found if plan.gives_ids]
    assert ids, [plan.sql[:120] for plan in found]
    for plan in ids:
        assert plan.outermost.index in indexes, f"{plan.outermost.index}, not {indexes}\n{plan}"
        assert not plan.sorts, f"sorted, though {indexes} gives the order\n{plan}"


# --- a provider's own list --------------------------------------------------------------------------------------------

OWN = {
    "default": (Asked(), ["case_p_status", "case_p_activity"]),
    "a tab": (Asked(group="closed"), ["case_p_status", "case_p_activity"]),
    "a status": (Asked(status=("submitted",)), ["case_p_status"]),
    "the last page": (Asked(last=True), ["case_p_status", "case_p_activity"]),
    "by number": (Asked(sort="number"), ["case_p_id"]),
    "by patient": (Asked(sort="patient"), ["case_p_patient"]),
    "by patient, backward": (Asked(sort="-patient"), ["case_p_patient"]),
    "by patient, the last page": (Asked(sort="patient", last=True), ["case_p_patient"]),
    "by practice": (Asked(sort="practice"), ["case_p_practice"]),
    "by activity": (Asked(sort="activity"), ["case_p_activity"]),
    "by status": (Asked(sort="status"), ["case_p_status"]),
    "by type": (Asked(sort="type"), ["case_p_type"]),
}


@pytest.mark.parametrize("name", OWN)
def test_a_providers_list_walks_the_index_of_its_order(people, name):
    asked, indexes = OWN[name]

    found = read(people.owner, asked, ALWAYS)

    nothing_read_whole(found)
    walked(found, *indexes)


FILTERS = {"unread": Asked(unread=True), "type": Asked(type=("retainer",)), "search": Asked(term="dabro"), "turn": Asked(turn=("lab",))}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_of_a_provider_reads_no_table_whole(people, name):
    nothing_read_whole(read(people.owner, FILTERS[name], NEVER))


# --- a collaborator who sees much -------------------------------------------------------------------------------------

WIDE = {
    "to evaluate": (Asked(group="evaluate"), ["case_status"]),
    "a status": (Asked(status=("submitted",)), ["case_status"]),
    "closed": (Asked(group="closed"), ["case_status", "case_activity"]),
    "by number": (Asked(sort="number"), ["id"]),
    "by patient": (Asked(sort="patient"), ["case_patient"]),
    "by patient, backward": (Asked(sort="-patient"), ["case_patient"]),
    "by provider": (Asked(sort="provider"), ["case_clinician"]),
    "by practice": (Asked(sort="practice"), ["case_practice"]),
    "by activity": (Asked(sort="activity"), ["case_activity"]),
    "by activity, the last page": (Asked(sort="activity", last=True), ["case_activity"]),
    "by status": (Asked(sort="status"), ["case_status"]),
    "default": (Asked(), ["case_status", "case_activity"]),
}


@pytest.mark.parametrize("name", WIDE)
def test_who_sees_much_walks_the_index_of_the_order(people, name):
    asked, indexes = WIDE[name]

    found = read(people.wide, asked, ALWAYS)

    for index in indexes:
        if any(plan.gives_ids and plan.outermost.index == index for plan in found):
            nothing_read_whole([plan for plan in found if plan.gives_ids and plan.outermost.index == index], walk=index)
    nothing_read_whole([plan for plan in found if not plan.gives_ids])
    walked(found, *indexes)


def test_one_provider_among_many_is_read_from_the_providers_index(people):
    found = read(people.wide, Asked(provider=people.practice.provider_id, sort="patient"), ALWAYS)

    nothing_read_whole(found)
    walked(found, "case_p_patient")


# --- a collaborator who sees little -----------------------------------------------------------------------------------

NARROW = {
    "default": Asked(), "to evaluate": Asked(group="evaluate"), "a status": Asked(status=("submitted",)), "the last page": Asked(last=True),
    "unread": Asked(unread=True), "searched": Asked(term="dabro"),
    **{f"by {sort}": Asked(sort=sort) for sort in ("number", "patient", "provider", "practice", "activity", "status", "type")},
}  # fmt: skip


@pytest.mark.parametrize("name", NARROW)
def test_who_sees_little_begins_at_what_is_shared(people, name):
    found = read(people.narrow, NARROW[name], NEVER)

    nothing_read_whole(found)
    for plan in (plan for plan in found if plan.gives_ids):
        assert plan.outermost.index == "id" or plan.outermost.index.startswith(("case_p_", "case_status")), str(plan)
        assert {"cases_share", "collaboration_collaboration"} <= {table for scan in plan.scans for table in scan.tables}, str(plan)


# --- beside the rows --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["owner", "wide", "narrow"])
def test_the_next_page_enters_the_index_at_the_key(people, who):
    reader, settings = getattr(people, who), NEVER if who == "narrow" else ALWAYS
    for sort in ("patient", "-activity", "status"):
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                if hasattr(reading, name):
                    patch.setattr(reading, name, value)
            after = read_page(Asked(sort=sort), reach_of(reader), 5).after
        found = read(reader, Asked(sort=sort, after=after), settings)

        for plan in (plan for plan in found if plan.gives_ids and (sort != "-activity" or who != "wide")):
            assert plan.outermost.searched, f"{sort}: the rows before the key are read again\n{plan}"


@pytest.mark.parametrize("who", ["owner", "wide", "narrow"])
def test_tabs_are_summed_without_looking_at_cases(people, who):
    found = plans(reach_of(getattr(people, who)).tab_counts)

    nothing_read_whole(found)
    for plan in found:
        counts_marks = "cases_readymark" in plan.sql or "cases_order" in plan.sql
        assert counts_marks or not any("cases_case" in scan.tables for scan in plan.scans), str(plan)


def test_a_lost_index_is_noticed(people):
    """Holds this module against itself."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP INDEX case_patient")
        with pytest.raises(AssertionError, match="case_patient"):
            walked(read(people.wide, Asked(sort="patient"), ALWAYS), "case_patient")
        cursor.execute("DROP INDEX share_case")
        cursor.execute("DROP INDEX one_open_share_per_case")
        with pytest.raises(AssertionError, match="read whole"):
            nothing_read_whole(read(people.narrow, Asked(), NEVER))
        transaction.set_rollback(True)
