"""The least that each list could cost: hand-written SQL for the same rows, on a connection with nothing of Django around it.

A list is read by *walking* the index of its order and testing each row, by *gathering* the visible cases and sorting them, or from the
*terms* of a trigram index; which is fastest depends on how much the reader sees, so each is tried and the fastest is the floor.
Search has its own table `bench_names` with a trigram index, so that the product's own queries find no index of ours.
"""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from bench.plan import Plan

PAGE: Final = 50
COLUMNS: Final = "c.id, c.number, c.provider_id, c.practice_id, c.patient_id, c.status, c.case_type, c.last_activity_at"
ACTION: Final = "c.status IN ('draft', 'records_needed', 'awaiting_approval')"
PROGRESS: Final = "c.status IN ('submitted', 'in_production', 'approved', 'in_manufacturing', 'shipped', 'in_treatment', 'on_hold')"
CLOSED: Final = "c.status IN ('cancelled', 'completed')"
LIVE: Final = "g.state = 'active' AND (g.ends_at IS NULL OR g.ends_at > CURRENT_TIMESTAMP)"
ACTIVITY: Final = "c.last_activity_at DESC, c.id"
PATIENT: Final = "c.patient_norm, c.id"
STATUSES: Final = ("draft", "submitted", "records_needed", "in_production", "awaiting_approval", "approved",
                   "in_manufacturing", "shipped", "in_treatment", "on_hold", "cancelled", "completed")  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """One list: stretches are the conditions of its groups in order; term is part of a patient's name; beyond is the key (name, id)."""

    stretches: tuple[str, ...]
    order: str
    term: str = ""
    beyond: tuple[str, int] | None = None


class Floor:
    """Raw connections to one database of one engine."""

    def __init__(self, engine: str, address: str, plan: Plan) -> None:
        self.engine, self.plan = engine, plan
        self._connection: Any
        if engine == "sqlite":
            self._connection = sqlite3.connect(address, isolation_level=None, cached_statements=512)
            for pragma in ("temp_store=memory", "cache_size=-262144", "mmap_size=4294967296"):
                self._connection.execute(f"PRAGMA {pragma}")
        else:
            self._connection = psycopg.connect(address, autocommit=True)
            self._connection.prepare_threshold = 0
        self._index_names()

    def _index_names(self) -> None:
        """The trigram index that performance.md describes, beside the product's tables."""
        if self.engine == "sqlite":
            if not self.run("SELECT 1 FROM sqlite_master WHERE name = 'bench_names'"):
                self.run("CREATE VIRTUAL TABLE bench_names USING fts5(patient_norm, tokenize='trigram case_sensitive 1')")
                self.run("INSERT INTO bench_names(rowid, patient_norm) SELECT id, patient_norm FROM cases_case")
        elif not self.run("SELECT 1 FROM pg_class WHERE relname = 'bench_names'"):
            self.run("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            self.run('CREATE TABLE bench_names AS SELECT id, patient_norm COLLATE "C" AS patient_norm FROM cases_case')
            self.run("CREATE INDEX bench_names_trigrams ON bench_names USING gin (patient_norm gin_trgm_ops)")
            self.run("VACUUM ANALYZE bench_names")

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []

    # --- lists ------------------------------------------------------------------------------------------------------

    def read(self, actor: str, wanted: Wanted, way: str) -> list[int]:
        """The ids of the page, read stretch by stretch until it is full."""
        found: list[int] = []
        for stretch in wanted.stretches:
            condition = self._evaluated(actor, stretch)
            if wanted.beyond:
                name, pk = wanted.beyond
                quoted = name.replace("'", "''")
                condition += f" AND (c.patient_norm, c.id) > ('{quoted}', {pk})"
            rows = self.run(self._statement(actor, condition, wanted, way, PAGE + 1 - len(found)))
            found += [int(row[0]) for row in rows]
            if len(found) > PAGE:
                break
        return found[:PAGE]

    def ways(self, actor: str, wanted: Wanted) -> Sequence[str]:
        ways = ("walk",) if actor == "provider" else ("walk", "gather")
        return (*ways, "terms") if wanted.term else ways

    def _statement(self, actor: str, condition: str, wanted: Wanted, way: str, limit: int) -> str:
        tail = f"ORDER BY {wanted.order} LIMIT {limit}"
        if way == "terms":
            sqlite = self.engine == "sqlite"
            match = f"""bench_names MATCH '"{wanted.term}"'""" if sqlite else f"patient_norm LIKE '%{wanted.term}%'"
            names = f"SELECT {'rowid AS id' if sqlite else 'id'} FROM bench_names WHERE {match}"
            return (
                f"WITH m AS MATERIALIZED ({names}) SELECT {COLUMNS} FROM m CROSS JOIN cases_case c "
                f"WHERE c.id = m.id AND {self._seen(actor)} AND {condition} {tail}"
            )
        if wanted.term:
            condition += f" AND c.patient_norm LIKE '%{wanted.term}%'"
        if way == "gather":
            mine = f"g.person_id = {self.plan.person(actor)} AND {LIVE}"
            standing = (
                f"collaboration_collaboration g CROSS JOIN cases_case c WHERE c.provider_id = g.provider_id AND {mine} AND g.every_case"
            )
            single = (
                "collaboration_collaboration g CROSS JOIN cases_share s CROSS JOIN cases_case c WHERE s.collaboration_id = g.id "
                f"AND c.id = s.case_id AND s.ended_at IS NULL AND s.gives AND {mine} AND NOT g.every_case"
            )
            both = " UNION ALL ".join(f"SELECT c.* FROM {one} AND {condition}" for one in (standing, single))
            return f"SELECT {COLUMNS} FROM ({both}) c {tail}"
        return f"SELECT {COLUMNS} FROM cases_case c {self._index(actor, wanted)} WHERE {self._seen(actor)} AND {condition} {tail}"

    def _index(self, actor: str, wanted: Wanted) -> str:
        """SQLite is told which index gives the order; PostgreSQL finds it."""
        if self.engine != "sqlite":
            return ""
        own = "p_" if actor == "provider" else ""
        return f"INDEXED BY case_{own}{'patient' if wanted.order == PATIENT else 'activity'}"

    def _seen(self, actor: str) -> str:
        person = self.plan.person(actor)
        if actor == "provider":
            return f"c.provider_id = {person}"
        fence = "" if self.engine == "sqlite" else "OFFSET 0"
        return (
            "(EXISTS (SELECT 1 FROM collaboration_collaboration g "
            f"WHERE g.person_id = {person} AND g.provider_id = c.provider_id AND {LIVE} AND g.every_case {fence}) OR "
            "EXISTS (SELECT 1 FROM cases_share s JOIN collaboration_collaboration g ON g.id = s.collaboration_id "
            f"WHERE s.case_id = c.id AND s.ended_at IS NULL AND s.gives AND g.person_id = {person} AND {LIVE} {fence}))"
        )

    def _evaluated(self, actor: str, stretch: str) -> str:
        """A stretch with "evaluate" written out: a version awaits, they evaluate, and neither hold it ready nor planned it."""
        if "evaluate" not in stretch:
            return stretch
        person = self.plan.person(actor)
        waits = (
            "(c.status = 'awaiting_approval' AND c.case_type IN ('aligner', 'revision') AND EXISTS ("
            f"SELECT 1 FROM collaboration_collaboration g WHERE g.person_id = {person} AND g.provider_id = c.provider_id AND {LIVE} "
            "AND g.evaluates AND (g.every_case OR EXISTS (SELECT 1 FROM cases_share s WHERE s.case_id = c.id "
            "AND s.collaboration_id = g.id AND s.ended_at IS NULL AND s.gives)) AND NOT EXISTS (SELECT 1 FROM cases_readymark m "
            "WHERE m.case_id = c.id AND m.version = c.awaiting_version AND m.collaboration_id = g.id)) AND NOT EXISTS ("
            f"SELECT 1 FROM cases_order o WHERE o.id = c.current_order_id AND o.planner_id = {person} "
            "AND o.planner_workspace = 'collaborator'))"
        )
        return stretch.replace("evaluate", waits)

    # --- counts -----------------------------------------------------------------------------------------------------

    def counts(self, actor: str) -> dict[str, int]:
        """Cases by status, and "settled": what a collaborator holds ready of what awaits; from the counters alone."""
        person = self.plan.person(actor)
        sums = ", ".join(f'coalesce(sum(w."{status}"), 0)' for status in STATUSES)
        if actor == "provider":
            return dict(zip(STATUSES, self.run(f"SELECT {sums} FROM cases_providercount w WHERE w.provider_id = {person}")[0], strict=True))
        mine = f"g.person_id = {person} AND {LIVE}"
        whole = "collaboration_collaboration g CROSS JOIN cases_providercount w WHERE w.provider_id = g.provider_id"
        found = dict(zip(STATUSES, self.run(f"SELECT {sums} FROM {whole} AND {mine} AND g.every_case")[0], strict=True))
        singles = "cases_collaborationcount n JOIN collaboration_collaboration g ON g.id = n.collaboration_id"
        for status, count in self.run(f"SELECT n.status, sum(n.count) FROM {singles} WHERE {mine} AND NOT g.every_case GROUP BY n.status"):
            found[status] += count
        marks = "cases_readymark m JOIN collaboration_collaboration g ON g.id = m.collaboration_id JOIN cases_case c ON c.id = m.case_id"
        settled = f"SELECT count(*) FROM {marks} WHERE {mine} AND c.status = 'awaiting_approval' AND m.version = c.awaiting_version"
        return {**found, "settled": int(self.run(settled)[0][0])}

    def fastest(self, actor: str, wanted: Wanted) -> str:
        """The way that took least in three tries; one that takes more than two seconds is not tried again."""
        best: dict[str, float] = {}
        for way in self.ways(actor, wanted):
            for _ in range(3):
                began = time.perf_counter()
                self.read(actor, wanted, way)
                best[way] = min(best.get(way, 1e9), time.perf_counter() - began)
                if best[way] > 2:
                    break
        return min(best, key=lambda way: best[way])
