"""Measures lists of one database, in its own process: python -m bench.cell ENGINE ADDRESS [--admin].

bench.lists starts it with DATABASE_URL set, writes one question a line (actor, view, seconds) and reads one answer a line: a row, or an
error. Floor, queries and request take turns, so that a busy machine slows all three. With --admin it is the plain Django admin of
`bench.shop` that is asked.
"""

import csv
import io
import json
import math
import os
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Final

import django
from django.db import connection

from bench.data import Facts
from bench.floors import EXPORT_SECONDS, PAGE, Floor, TooSlow, connect
from bench.generate import marker
from bench.views import DERIVED, EXPORTED, LISTS, SHARED_LIST, Place, Places

if TYPE_CHECKING:
    from django.test import Client

    from midline.cases.queries import Asked, Reach

ROUNDS: Final = 20
Times = dict[str, list[float]]


def take_turns(acts: dict[str, Callable[[], object]], seconds: float) -> Times:
    """Milliseconds of each act, up to ROUNDS times, in turns; each has its part of `seconds`. The first time warms up; it counts only for
    an act that is slower than its whole part. "cpu" holds the processor's time of "http"."""
    times: Times = {name: [] for name in (*acts, "cpu")}
    part = seconds / len(acts) * 1000
    spent = dict.fromkeys(acts, 0.0)
    for round_ in range(-1, ROUNDS):
        for name, act in acts.items():
            if spent[name] > part:
                continue
            cpu, began = time.process_time(), time.perf_counter()
            act()
            took, worked = (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000
            spent[name] += took
            if round_ >= 0 or took > part:
                times[name].append(took)
                if name == "http":
                    times["cpu"].append(worked)
    return times


def middle(times: list[float]) -> float | None:
    return round(statistics.median(times), 3) if times else None


def late(times: list[float]) -> float | None:
    """The 95th percentile by nearest rank."""
    return round(sorted(times)[math.ceil(len(times) * 0.95) - 1], 3) if times else None


class Bench:
    """The portal and its floor on one database."""

    def __init__(self, facts: Facts, floor: Floor) -> None:
        self.facts, self.floor = facts, floor
        self.places = Places(facts, self.floor)
        self._clients: dict[str, Client] = {}

    def actor(self, name: str) -> Any:
        from midline.core.workspace import Workspace
        from midline.people.models import User
        from midline.people.policies import Actor

        person, provider = self.facts.actors[name]
        user = User.objects.get(pk=person)
        return Actor(user, Workspace.PROVIDER, provider) if provider else Actor(user, Workspace.COLLABORATOR)

    def client(self, name: str) -> "Client":
        from django.test import Client

        if name not in self._clients:
            self._clients[name] = Client()
            self._clients[name].force_login(self.actor(name).user)
        return self._clients[name]

    def address(self, actor: str, place: Place) -> str:
        """What the portal is asked for; a search is typed first, and answered with its address. Raises RuntimeError for no such page."""
        from django.urls import NoReverseMatch, reverse

        page = LISTS.get(actor, SHARED_LIST)
        if place.page == "counts":
            return ""
        if place.page == "dashboard":
            try:
                return reverse("web:dashboard", args=["provider" if actor == "provider" else "collaborator"])
            except NoReverseMatch:
                raise RuntimeError("The portal has no dashboard.") from None
        if place.page == "export":
            return f"{page}export.csv"
        if place.typed:
            return str(self.client(actor).post(page, {"term": place.typed})["Location"])
        return f"{page}?{place.query}" if place.query else page

    # --- one cell ---------------------------------------------------------------------------------------------------

    def measure(self, actor: str, view: str, seconds: float) -> dict[str, Any]:
        place = self.places.of(actor, view)
        url = self.address(actor, place)
        if place.page == "export":
            return self._export(actor, place, url, seconds)
        person = self.actor(actor)
        way = self._way(actor, place)
        acts: dict[str, Callable[[], object]] = {}
        if way and view not in DERIVED:
            acts["floor"] = lambda: self._floor(actor, place, way)
        statements = self._statements(actor, url) if url else []
        if place.page != "dashboard":
            acts["query"] = lambda: self._query(person, place, url)
        if url:
            acts |= {"sql": lambda: self._replay(statements), "http": lambda: self._request(actor, url)}
        if view == "default":
            acts["log"] = lambda: self._log(person)
        times = take_turns(acts, seconds)
        return self._row(times) | {
            "sql_ms": middle(times.get("sql", [])),
            "log_ms": middle(times.get("log", [])),
            "statements": len(statements) or None,
            "bytes": len(self._request(actor, url).content) if url else None,
            "floor_way": way,
            "same_rows": self._agree(actor, person, place, url, way) if way else None,
        }

    def _way(self, actor: str, place: Place) -> str:
        """How the floor reads this list; "" where no way is quick enough to be called a floor."""
        with suppress(TooSlow):
            return self.floor.fastest(actor, place.wanted) if place.wanted else "counters"
        return ""

    def _row(self, times: Times) -> dict[str, Any]:
        return {
            "floor_ms": middle(times.get("floor", [])),
            "query_ms": middle(times.get("query", [])),
            "http_ms": middle(times.get("http", [])),
            "http_p95_ms": late(times.get("http", [])),
            "cpu_ms": middle(times.get("cpu", [])),
            "floor_p95_ms": late(times.get("floor", [])),
            "query_p95_ms": late(times.get("query", [])),
            "rounds": max(len(one) for one in times.values()),
        }

    def _request(self, actor: str, url: str) -> Any:
        answer = self.client(actor).get(url)
        if answer.status_code != 200:
            raise RuntimeError(f"{url} answered {answer.status_code}.")
        return answer

    def _floor(self, actor: str, place: Place, way: str) -> None:
        if place.wanted:
            self.floor.read(actor, place.wanted, way)
        self.floor.counts(actor)

    def read(self, person: Any, url: str) -> "tuple[Asked, Reach]":
        from django.http import QueryDict

        from midline.cases.queries import Asked, own_view, reach_of

        reach = reach_of(person)
        return own_view(Asked.of(QueryDict(url.partition("?")[2])), reach), reach

    def _query(self, person: Any, place: Place, url: str) -> None:
        """The product's own reading of what the floor reads: the rows of the page, how many there are, the counts of the tabs."""
        from midline.cases.views.shown import ListPage

        asked, reach = self.read(person, url)
        if place.page == "counts":
            reach.tab_counts(asked.provider)
            return
        page = ListPage.of(asked, reach, ())
        _words = page.total, page.tab_counts

    def _agree(self, actor: str, person: Any, place: Place, url: str, way: str) -> bool | None:
        """Whether the floor and the product give the same rows, or the same numbers; None where they cannot be compared."""
        from midline.cases.queries import read_page

        if place.wanted is None and place.page != "counts":
            return None
        asked, reach = self.read(person, url)
        if place.wanted:
            return [case.pk for case in read_page(asked, reach).cases] == self.floor.read(actor, place.wanted, way)
        counts = self.floor.counts(actor)
        tabs, settled = reach.tab_counts(), counts.pop("settled", 0)
        evaluate = counts["awaiting_approval"] - settled if actor != "provider" else tabs.get("evaluate")
        return tabs[""] == sum(counts.values()) and tabs.get("evaluate") == evaluate

    def _log(self, person: Any) -> None:
        """The row of the access log that every page of a list writes."""
        from django.test import RequestFactory

        from midline.activity.services import record_access

        request = RequestFactory().get("/")
        request.actor = person  # type: ignore[attr-defined]
        record_access(request, "bench", range(1, PAGE + 1))

    def _statements(self, actor: str, url: str) -> list[tuple[str, Any]]:
        """What one request reads from the database; its writes (the access-log row) are left out."""
        with recorded() as statements:
            self._request(actor, url)
        return [(sql, values) for sql, values in statements if sql.lstrip("( ").upper().startswith(("SELECT", "WITH"))]

    def _replay(self, statements: list[tuple[str, Any]]) -> None:
        with connection.cursor() as cursor:
            for sql, values in statements:
                cursor.execute(sql, values)
                cursor.fetchall()

    # --- export -----------------------------------------------------------------------------------------------------

    def _export(self, actor: str, place: Place, url: str, seconds: float) -> dict[str, Any]:
        """The first EXPORTED rows of the default list as CSV, read from the stream as a browser does; then the stream is closed."""
        assert place.wanted is not None
        wanted, rows, size, first = place.wanted, 0, 0, 0.0

        def request() -> None:
            nonlocal rows, size, first
            began = time.perf_counter()
            answer = self._request_stream(actor, url)
            rows, size = -1, 0
            for line in answer.streaming_content:
                first = first if rows >= 0 else (time.perf_counter() - began) * 1000
                rows, size = rows + line.count(b"\n"), size + len(line)
                if rows >= EXPORTED:
                    break
            answer.close()

        def floor() -> None:
            for stretch in wanted.stretches:
                sheet = csv.writer(io.StringIO())
                sheet.writerows(self.floor.run(self._sheet(actor, wanted, stretch), EXPORT_SECONDS))

        acts: dict[str, Callable[[], object]] = {"http": request}
        times: Times = {}
        with suppress(TooSlow):
            times = take_turns({"floor": floor}, seconds / 4)
        times |= take_turns(acts, seconds)
        return self._row(times) | {"rows": rows, "bytes": size, "first_ms": round(first, 1), "floor_way": "gather", "same_rows": None}

    def _sheet(self, actor: str, wanted: Any, stretch: Any) -> str:
        way = "walk" if actor == "provider" else "gather"
        listed = self.floor.statement(actor, stretch, wanted, way, EXPORTED)
        return (
            "SELECT l.*, p.first_name, p.last_name, r.name, u.first_name, u.last_name "
            f"FROM ({listed}) l JOIN cases_patient p ON p.id = l.patient_id JOIN practices_practice r ON r.id = l.practice_id "
            "JOIN people_user u ON u.id = l.provider_id"
        )

    def _request_stream(self, actor: str, url: str) -> Any:
        answer = self.client(actor).get(url)
        if answer.status_code != 200 or not answer.streaming:
            raise RuntimeError(f"{url} answered {answer.status_code}, not a stream.")
        return answer


@contextmanager
def recorded() -> Iterator[list[tuple[str, Any]]]:
    """The statements of the block with their values."""
    found: list[tuple[str, Any]] = []

    def keep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        yield found


# --- the process ----------------------------------------------------------------------------------------------------


def answer(bench: Any, question: dict[str, Any]) -> dict[str, Any]:
    """The row of one question, or what went wrong, in one line."""
    try:
        return {"row": bench.measure(question["actor"], question["view"], question["seconds"]) | {"load": round(os.getloadavg()[0], 1)}}
    except Exception as wrong:
        place = traceback.extract_tb(wrong.__traceback__)[-1]
        return {
            "error": f"{type(wrong).__name__}: {str(wrong).splitlines()[0][:200] if str(wrong) else ''} ({place.name}, line {place.lineno})"
        }


def main() -> int:
    engine, address, *rest = sys.argv[1:]
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # Whatever else prints must not stand between the answers.
    sys.stdout = sys.stderr
    django.setup()
    facts = marker()
    if facts is None:
        raise SystemExit("This database is not filled: python -m bench.generate.")
    from midline.core import clock

    if "--admin" in rest:
        from bench.shop import Shop

        bench: Any = Shop(facts)
        moment: Any = nullcontext()
    else:
        bench, moment = Bench(facts, Floor(engine, connect(engine, address), facts)), clock.at(facts.now)
    with moment:
        for line in sys.stdin:
            answers.write(json.dumps(answer(bench, json.loads(line))) + "\n")
            answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
