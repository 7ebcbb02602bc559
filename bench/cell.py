"""Measures the lists on one database, in its own process: python -m bench.cell ENGINE CASES ADDRESS [DONE…] prints a row a line.

Called by bench.lists, which sets DATABASE_URL. Floor, queries and request take turns, so that a busy machine slows all three.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import django
from django.db import connection

from bench.floors import ACTION, ACTIVITY, CLOSED, PATIENT, PROGRESS, Floor, Wanted
from bench.generate import fill, migrate
from bench.names import COMMON, RARE
from bench.plan import Plan

if TYPE_CHECKING:
    from django.test import Client

    from midline.cases.queries import Asked, Reach

ROUNDS: Final = 15
FEWEST: Final = 3
SECONDS: Final = 4.0
ACTORS: Final = ("provider", "big", "mid", "sparse")
VIEWS: Final = ("default", "status", "patient", "deep", "search", "search_common", "counts")
OPEN: Final = "c.status NOT IN ('cancelled', 'completed') AND NOT evaluate"
GROUPS: Final = {"provider": (ACTION, PROGRESS, CLOSED), "collaborator": ("evaluate", OPEN, CLOSED)}


@dataclass(frozen=True)
class Place:
    """One actor on one view: the address, the reader's view of it and the same in hand-written SQL."""

    actor: str
    view: str
    url: str
    wanted: Wanted | None


class Bench:
    def __init__(self, engine: str, address: str, plan: Plan) -> None:
        self.engine, self.plan, self.floor = engine, plan, Floor(engine, address, plan)
        self._terms: dict[tuple[str, str], str] = {}

    # --- who asks for what ------------------------------------------------------------------------------------------

    def actor(self, name: str) -> Any:
        from midline.core.workspace import Workspace
        from midline.people.models import User
        from midline.people.policies import Actor

        user = User.objects.get(pk=self.plan.person(name))
        return Actor(user, Workspace.PROVIDER, 1) if name == "provider" else Actor(user, Workspace.COLLABORATOR)

    def client(self, name: str) -> "Client":
        from django.test import Client

        client = Client()
        client.force_login(self.actor(name).user)
        return client

    def place(self, actor: str, view: str, client: "Client") -> Place:
        page = "/provider/orders/" if actor == "provider" else "/collaborator/cases/"
        groups = GROUPS["provider" if actor == "provider" else "collaborator"]
        match view:
            case "default":
                return Place(actor, view, page, Wanted(groups, ACTIVITY))
            case "status":
                return Place(actor, view, f"{page}?group=progress", Wanted(groups[1:2], ACTIVITY))
            case "patient":
                return Place(actor, view, f"{page}?sort=patient", Wanted(("1 = 1",), PATIENT))
            case "deep":
                name, pk = self._middle(actor)
                return Place(actor, view, f"{page}?sort=patient&after=0-{pk}", Wanted(("1 = 1",), PATIENT, beyond=(name, pk)))
            case "counts":
                return Place(actor, view, "", None)
        term = (RARE if view == "search" else COMMON).lower()[:6]
        answer = client.post(page, {"term": term})
        return Place(actor, view, answer["Location"], Wanted(groups, ACTIVITY, term=term))

    def _middle(self, actor: str) -> tuple[str, int]:
        """The case in the middle of the reader's list by patient: where a deep page begins."""
        from midline.cases.policies import cases_for

        rows = cases_for(self.actor(actor)).order_by("patient_norm", "id").values_list("patient_norm", "id")
        name, pk = rows[max(0, rows.count() // 2 - 1)]
        return name, pk

    # --- what is timed ----------------------------------------------------------------------------------------------

    def measure(self, actor: str, view: str) -> dict[str, Any]:
        client = self.client(actor)
        place, person = self.place(actor, view, client), self.actor(actor)
        way = self.floor.fastest(actor, place.wanted) if place.wanted else "counters"
        times: dict[str, list[float]] = {"floor": [], "query": [], "http": [], "cpu": [], "sql": []}
        statements = self._statements(client, place.url) if place.url else []
        size = 0

        def request() -> None:
            nonlocal size
            answer = client.get(place.url)
            size = len(answer.content)
            if answer.status_code != 200:
                raise RuntimeError(f"{place.url} answered {answer.status_code}.")

        asked: list[tuple[str, Callable[[], object]]] = [
            ("floor", lambda: self._floor(place, way)),
            ("query", lambda: self._query(person, place)),
        ]
        if place.url:
            asked += [("sql", lambda: self._replay(statements)), ("http", request)]
        for round_ in range(-1, ROUNDS):
            for name, act in asked:
                spent = times[name]
                if len(spent) >= FEWEST and sum(spent) > SECONDS * 1000:
                    continue
                cpu, began = time.process_time(), time.perf_counter()
                act()
                took, worked = time.perf_counter() - began, time.process_time() - cpu
                if round_ >= 0:
                    spent.append(took * 1000)
                    if name == "http":
                        times["cpu"].append(worked * 1000)
        return {
            "engine": self.engine,
            "cases": self.plan.cases,
            "actor": actor,
            "view": view,
            "floor_ms": middle(times["floor"]),
            "query_ms": middle(times["query"]),
            "http_ms": middle(times["http"]),
            "http_p95_ms": late(times["http"]),
            "cpu_ms": middle(times["cpu"]),
            "django_admin_ms": None,
            "sql_ms": middle(times["sql"]),
            "statements": len(statements) or None,
            "bytes": size or None,
            "floor_way": way,
            "same_rows": self._agree(person, place, way),
            "load": round(os.getloadavg()[0], 1),
        }

    def _floor(self, place: Place, way: str) -> None:
        if place.wanted:
            self.floor.read(place.actor, place.wanted, way)
        self.floor.counts(place.actor)

    def _read(self, person: Any, place: Place) -> "tuple[Asked, Reach]":
        from django.http import QueryDict

        from midline.cases.queries import Asked, own_view, reach_of

        reach = reach_of(person)
        return own_view(Asked.of(QueryDict(place.url.partition("?")[2])), reach), reach

    def _query(self, person: Any, place: Place) -> None:
        """The product's own reading of what the floor reads: the rows of the page, how many there are, the counts of the tabs."""
        from midline.cases.views.shown import ListPage

        asked, reach = self._read(person, place)
        if place.wanted is None:
            reach.tab_counts(asked.provider)
            return
        page = ListPage.of(asked, reach, ())
        _words = page.total, page.tab_counts

    def _agree(self, person: Any, place: Place, way: str) -> bool:
        """Whether the floor and the product give the same rows, or the same numbers."""
        from midline.cases.queries import read_page

        asked, reach = self._read(person, place)
        if place.wanted:
            return [case.pk for case in read_page(asked, reach).cases] == self.floor.read(place.actor, place.wanted, way)
        counts = self.floor.counts(place.actor)
        tabs, settled = reach.tab_counts(), counts.pop("settled", 0)
        evaluate = counts["awaiting_approval"] - settled if place.actor != "provider" else tabs.get("evaluate")
        return tabs[""] == sum(counts.values()) and tabs.get("evaluate") == evaluate

    def _statements(self, client: "Client", url: str) -> list[tuple[str, Any]]:
        """What one request reads from the database; its writes (the access-log row) are left out."""
        with recorded() as statements:
            client.get(url)
        return [(sql, values) for sql, values in statements if sql.lstrip().upper().startswith(("SELECT", "WITH"))]

    def _replay(self, statements: list[tuple[str, Any]]) -> None:
        with connection.cursor() as cursor:
            for sql, values in statements:
                cursor.execute(sql, values)
                cursor.fetchall()


@contextmanager
def recorded() -> Iterator[list[tuple[str, Any]]]:
    """The statements of the block with their values."""
    found: list[tuple[str, Any]] = []

    def keep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        yield found


def middle(times: list[float]) -> float | None:
    return round(statistics.median(times), 2) if times else None


def late(times: list[float]) -> float | None:
    return round(sorted(times)[min(len(times) - 1, int(len(times) * 0.95))], 2) if times else None


def main() -> int:
    engine, cases, address, *done = sys.argv[1:]
    django.setup()
    migrate()
    began = time.monotonic()
    bench = Bench(engine, address, fill(int(cases)))
    sys.stderr.write(f"{engine} {cases}: ready after {time.monotonic() - began:.0f} s\n")
    for actor in ACTORS:
        for view in VIEWS:
            if f"{actor}/{view}" not in done:
                print(json.dumps(bench.measure(actor, view)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
