"""The least that each list could cost: hand-written SQL for the same rows, on a connection with nothing of Django around it.

A list is read by *walking* the index of its order and testing each row, by *merging* one such walk a status, by *gathering* the visible
cases and sorting them, from what *drives* the view (trigrams, words, unread rows, shares), or as the planner likes (*plain*). Which is
fastest depends on how much the reader sees, so each is tried and the fastest is the floor. Search has its own tables, `bench_names` and
`bench_words`, so that the floor stands whatever the product does.
"""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from bench.data import Facts

PAGE: Final = 50
COLUMNS: Final = "c.id, c.number, c.provider_id, c.practice_id, c.patient_id, c.status, c.case_type, c.last_activity_at"
LIVE: Final = "g.state = 'active' AND (g.ends_at IS NULL OR g.ends_at > CURRENT_TIMESTAMP)"
STATUSES: Final = ("draft", "submitted", "records_needed", "in_production", "awaiting_approval", "approved",
                   "in_manufacturing", "shipped", "in_treatment", "on_hold", "cancelled", "completed")  # fmt: skip
# Longer than that no list is read by anybody who could read it otherwise; an export may take its time.
MOST_SECONDS: Final = 1.5
EXPORT_SECONDS: Final = 30.0


class TooSlow(Exception):
    """This way took longer than anybody would call a floor."""


@dataclass(frozen=True)
class Stretch:
    """Rows of one group: in these statuses, under this condition on `c`."""

    statuses: tuple[str, ...] = STATUSES
    condition: str = ""


@dataclass(frozen=True)
class Driver:
    """What a view can be read from instead of the cases: a FROM that joins `c`, and its condition."""

    tables: str
    condition: str


@dataclass(frozen=True)
class Wanted:
    """One list: its stretches in order, and the order inside them, for example ("last_activity_at DESC", "id").

    owner: the one provider to whose cases the view is narrowed. condition: holds in every stretch. backward: the page before the end.
    beyond: a condition that only rows after a key meet, in the first stretch.
    """

    stretches: tuple[Stretch, ...]
    order: tuple[str, ...]
    owner: int = 0
    condition: str = ""
    driver: Driver | None = None
    beyond: str = ""
    backward: bool = False


def connect(engine: str, address: str) -> Any:
    """A connection of the driver alone, with the memory that a server would give it."""
    if engine == "sqlite":
        opened = sqlite3.connect(address, isolation_level=None, cached_statements=512, timeout=20)
        for pragma in ("temp_store=memory", "cache_size=-262144", "mmap_size=4294967296"):
            opened.execute(f"PRAGMA {pragma}")
        return opened
    connection = psycopg.connect(address, autocommit=True)
    connection.prepare_threshold = 0
    connection.execute("SET jit = off")
    connection.execute(f"SET statement_timeout = {int(MOST_SECONDS * 1000)}")
    return connection


class Floor:
    """Reads lists on a raw connection to one database of one engine."""

    def __init__(self, engine: str, connection: Any, facts: Facts) -> None:
        self.engine, self.facts, self._connection = engine, facts, connection
        self._index_of: dict[tuple[str, ...], str] = self._indexes() if engine == "sqlite" else {}

    def _indexes(self) -> dict[tuple[str, ...], str]:
        """The indexes of the cases by their columns, "-" before one that descends."""
        found = {}
        for (name,) in self.run("SELECT name FROM pragma_index_list('cases_case') WHERE NOT partial"):
            rows = self.run(f"SELECT name, desc FROM pragma_index_xinfo('{name}') WHERE key = 1 ORDER BY seqno")
            found[tuple(f"{'-' if down else ''}{column}" for column, down in rows)] = str(name)
        return found

    def run(self, statement: str, seconds: float = MOST_SECONDS) -> list[tuple[Any, ...]]:
        """Raises TooSlow after `seconds`."""
        until = time.monotonic() + seconds
        if self.engine != "sqlite" and seconds != MOST_SECONDS:
            self._connection.execute(f"SET statement_timeout = {int(seconds * 1000)}")
        if self.engine == "sqlite":
            self._connection.set_progress_handler(lambda: int(time.monotonic() > until), 100_000)
        try:
            cursor = self._connection.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
        except psycopg.errors.QueryCanceled:
            raise TooSlow(statement) from None
        except sqlite3.OperationalError as stopped:
            if "interrupted" in str(stopped):
                raise TooSlow(statement) from None
            raise
        finally:
            if self.engine == "sqlite":
                self._connection.set_progress_handler(None, 0)
            elif seconds != MOST_SECONDS:
                self._connection.execute(f"SET statement_timeout = {int(MOST_SECONDS * 1000)}")

    # --- lists ------------------------------------------------------------------------------------------------------

    def read(self, actor: str, wanted: Wanted, way: str, limit: int = PAGE) -> list[int]:
        """The ids of the page, read stretch by stretch until it is full."""
        found: list[int] = []
        stretches = wanted.stretches[::-1] if wanted.backward else wanted.stretches
        for place, stretch in enumerate(stretches):
            beyond = wanted.beyond if place == 0 else ""
            rows = self.run(self.statement(actor, stretch, wanted, way, limit + 1 - len(found), beyond))
            found += [int(row[0]) for row in rows]
            if len(found) > limit:
                break
        return found[:limit][::-1] if wanted.backward else found[:limit]

    def ways(self, actor: str, wanted: Wanted) -> Sequence[str]:
        ways = ["walk"]
        if all(len(stretch.statuses) < len(STATUSES) for stretch in wanted.stretches) and wanted.order[0].startswith("last_activity_at"):
            ways.append("merge")
        if actor != "provider":
            ways.append("gather")
        if wanted.driver:
            ways.append("driven")
        return [*ways, "plain"]

    def statement(self, actor: str, stretch: Stretch, wanted: Wanted, way: str, limit: int, beyond: str = "") -> str:
        order = _reversed(wanted.order) if wanted.backward else wanted.order
        by = ", ".join(f"c.{one}" for one in order)
        conditions = [wanted.condition, stretch.condition, beyond]
        if wanted.owner and actor != "provider":
            conditions.append(f"c.provider_id = {wanted.owner}")
        some = len(stretch.statuses) < len(STATUSES)
        within = f"c.status IN ({_quoted(stretch.statuses)})" if some else ""
        if way == "merge":
            index = self._index(actor, wanted, ("status", "-last_activity_at"))
            rest = _all(self.seen(actor), *conditions)
            parts = [
                f"SELECT {COLUMNS} FROM cases_case c {index} WHERE c.status = '{status}' AND {rest} ORDER BY {by} LIMIT {limit}"
                for status in stretch.statuses
            ]
            parts = [f"SELECT * FROM ({part}) AS s{place}" for place, part in enumerate(parts)]
            return f"{' UNION ALL '.join(parts)} ORDER BY {', '.join(order)} LIMIT {limit}"
        if way == "gather":
            # With statistics, SQLite 3.40 returns rows outside a range of a descending index behind an IN: the plus keeps it from there.
            ranged = any("last_activity_at" in one for one in conditions)
            within = f"+{within}" if within and ranged and self.engine == "sqlite" else within
            return self._gather(actor, _all(within, *conditions), order, limit)
        if way == "driven" and wanted.driver:
            where = _all(wanted.driver.condition, within, self.seen(actor), *conditions)
            return f"SELECT {COLUMNS} FROM {wanted.driver.tables} WHERE {where} ORDER BY {by} LIMIT {limit}"
        columns = tuple(f"{'-' if one.endswith('DESC') else ''}{one.split()[0]}" for one in wanted.order)
        index = self._index(actor, wanted, columns) if way == "walk" else ""
        return f"SELECT {COLUMNS} FROM cases_case c {index} WHERE {_all(self.seen(actor), within, *conditions)} ORDER BY {by} LIMIT {limit}"

    def _gather(self, actor: str, condition: str, order: Sequence[str], limit: int) -> str:
        """What the grants and the shares lead to, sorted by its keys alone; the rows of the page are fetched afterwards."""
        mine = f"g.person_id = {self.facts.actors[actor][0]} AND {LIVE}"
        standing = f"collaboration_collaboration g CROSS JOIN cases_case c WHERE c.provider_id = g.provider_id AND {mine} AND g.every_case"
        single = (
            "collaboration_collaboration g CROSS JOIN cases_share s CROSS JOIN cases_case c WHERE s.collaboration_id = g.id "
            f"AND c.id = s.case_id AND s.ended_at IS NULL AND s.gives AND {mine} AND NOT g.every_case"
        )
        keys = ", ".join(dict.fromkeys(["c.id", *(f"c.{one.split()[0]}" for one in order)]))
        both = " UNION ALL ".join(f"SELECT {keys} FROM {one} AND {condition or '1 = 1'}" for one in (standing, single))
        by, inner = ", ".join(f"c.{one}" for one in order), ", ".join(f"k.{one}" for one in order)
        chosen = f"SELECT k.id FROM ({both}) k ORDER BY {inner} LIMIT {limit}"
        return f"SELECT {COLUMNS} FROM ({chosen}) k CROSS JOIN cases_case c WHERE c.id = k.id ORDER BY {by}"

    def _index(self, actor: str, wanted: Wanted, columns: tuple[str, ...]) -> str:
        """SQLite is told which index gives the order; PostgreSQL finds it."""
        if self.engine != "sqlite":
            return ""
        leading = ("provider_id", *columns) if actor == "provider" or wanted.owner else columns
        turned = tuple(one.lstrip("-") if one.startswith("-") else f"-{one}" for one in columns)
        either = [leading, (*leading[: len(leading) - len(columns)], *turned)]
        for known, name in self._index_of.items():
            if any(known[: len(way)] == way for way in either):
                return f"INDEXED BY {name}"
        return "NOT INDEXED" if columns in {("id",), ("-id",)} and leading == columns else ""

    def seen(self, actor: str) -> str:
        person, provider = self.facts.actors[actor]
        if actor == "provider":
            return f"c.provider_id = {provider}"
        fence = "" if self.engine == "sqlite" else "OFFSET 0"
        return (
            "(EXISTS (SELECT 1 FROM collaboration_collaboration g "
            f"WHERE g.person_id = {person} AND g.provider_id = c.provider_id AND {LIVE} AND g.every_case {fence}) OR "
            "EXISTS (SELECT 1 FROM cases_share s JOIN collaboration_collaboration g ON g.id = s.collaboration_id "
            f"WHERE s.case_id = c.id AND s.ended_at IS NULL AND s.gives AND g.person_id = {person} AND {LIVE} {fence}))"
        )

    # --- counts -----------------------------------------------------------------------------------------------------

    def counts(self, actor: str) -> dict[str, int]:
        """Cases by status, and "settled": what a collaborator holds ready of what awaits; from the counters alone."""
        person, provider = self.facts.actors[actor]
        sums = ", ".join(f'coalesce(sum(w."{status}"), 0)' for status in STATUSES)
        if actor == "provider":
            rows = self.run(f"SELECT {sums} FROM cases_providercount w WHERE w.provider_id = {provider}")
            return dict(zip(STATUSES, rows[0], strict=True))
        mine = f"g.person_id = {person} AND {LIVE}"
        whole = "collaboration_collaboration g CROSS JOIN cases_providercount w WHERE w.provider_id = g.provider_id"
        found = dict(zip(STATUSES, self.run(f"SELECT {sums} FROM {whole} AND {mine} AND g.every_case")[0], strict=True))
        singles = "cases_collaborationcount n JOIN collaboration_collaboration g ON g.id = n.collaboration_id"
        counted = f"{singles} WHERE {mine} AND NOT g.every_case AND n.count > 0"
        for status, count in self.run(f"SELECT n.status, sum(n.count) FROM {counted} GROUP BY n.status"):
            found[status] += count
        marks = "cases_readymark m JOIN collaboration_collaboration g ON g.id = m.collaboration_id JOIN cases_case c ON c.id = m.case_id"
        settled = f"SELECT count(*) FROM {marks} WHERE {mine} AND c.status = 'awaiting_approval' AND m.version = c.awaiting_version"
        return {**found, "settled": int(self.run(settled)[0][0])}

    def fastest(self, actor: str, wanted: Wanted) -> str:
        """The way that took least in three tries; one that takes more than a tenth of a second is not tried again."""
        best: dict[str, float] = {}
        for way in self.ways(actor, wanted):
            for _ in range(3):
                began = time.perf_counter()
                try:
                    self.read(actor, wanted, way)
                except TooSlow:
                    break
                best[way] = min(best.get(way, 1e9), time.perf_counter() - began)
                if best[way] > 0.1:
                    break
        if not best:
            raise TooSlow(f"No way to read this list takes less than {MOST_SECONDS} s.")
        return min(best, key=lambda way: best[way])


def _quoted(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _all(*conditions: str) -> str:
    return " AND ".join(one for one in conditions if one)


def _reversed(order: Sequence[str]) -> tuple[str, ...]:
    return tuple(one.removesuffix(" DESC") if one.endswith(" DESC") else f"{one} DESC" for one in order)
