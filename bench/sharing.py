"""`make bench-sharing`: what sharing 100,000 cases of one provider costs, and how long others wait meanwhile, on SQLite and PostgreSQL.

A provider of the generated data gets 100,000 cases. Each act runs a few times; while it runs, threads on connections of their own do what
other people do, over and over, and each turn that overlaps the act is timed. Nothing is asserted; results/sharing.json keeps the figures.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from bench import report
from bench.databases import ENGINES, make_database, server

NAME: Final = "bench-sharing"
CASES: Final = 100_000
OWNER: Final = 1
NEIGHBOUR: Final = 2
# Long enough that one who writes all the time does not keep SQLite’s lock from everybody else.
PAUSE_S: Final = 0.02


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=ENGINES, nargs="+", default=list(ENGINES))
    parser.add_argument("--cases", type=int, default=CASES, help="cases of the one provider")
    parser.add_argument("--work", type=Path, default=report.ROOT / "data" / "bench", help="where the SQLite database is kept")
    chosen = parser.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    found = report.read("sharing")
    found["machine"] = {**found["machine"], **report.machine()}
    failed = 0
    for engine in chosen.engine:
        found["rows"] = [row for row in found["rows"] if row["engine"] != engine]
        with server(engine, chosen.work) as address:
            if engine == "sqlite":
                url = f"sqlite:///{chosen.work / f'sharing-{chosen.cases}.sqlite3'}"
            else:
                url = address.rsplit("/", 1)[0] + "/bench_sharing"
                found["machine"]["postgresql"] = make_database(address, "bench_sharing")
            env = {**os.environ, "MIDLINE_ENV": "demo", "MIDLINE_DATA": str(chosen.work), "DATABASE_URL": url}
            env |= {"DJANGO_SETTINGS_MODULE": "config.settings"}
            words = [sys.executable, "-W", "ignore", "-m", "bench.sharing", "--inside", engine, str(chosen.cases)]
            done = subprocess.run(words, cwd=report.ROOT, env=env, stdout=subprocess.PIPE, text=True, check=False)
            failed |= done.returncode
            found["rows"] += [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
            report.keep("sharing", found)
    print(section(found))
    report.show(NAME, section(found))
    return 1 if failed else 0


def section(found: dict[str, Any]) -> str:
    """The table of docs/performance.md."""
    heads = ["engine", "act", "cases", "ms", "slowest", "CPU", "statements", "counters locked", "longest wait for a lock"]
    heads += ["others: slowest", "usual", "whose"]
    lines = []
    for row in found["rows"]:
        who, worst = max(row["others"].items(), key=lambda pair: float(pair[1]["max"]))
        usual = statistics.median(one["p50"] for one in row["others"].values())
        lock = max(float(one["lock_wait_ms"]) for one in row["others"].values())
        named = "SQLite" if row["engine"] == "sqlite" else "PostgreSQL"
        figures = (
            f"{row['ms']:.0f}",
            f"{row['max_ms']:.0f}",
            f"{row['cpu_ms']:.0f}",
            row["statements"],
            f"{row['locked_ms']:.0f}",
            f"{lock:.0f}",
            f"{worst['max']:.0f}",
        )
        lines.append([named, row["act"], f"{row['count']:,}", *figures, f"{usual:.1f}", who])
    words = f"Milliseconds; ms is the median of {len(OTHERS)} rounds, in each of which another kind of request runs all the time."
    return f"{report.said(found['machine'])}\n\n{words}\n\n{report.table(heads, lines, 2)}"


# --- inside the child, on one database ------------------------------------------------------------------------------


def inside(engine: str, cases: int) -> None:
    import django

    django.setup()
    from bench.generate import fill, migrate

    migrate()
    fill(2_000)
    _enlarge(cases)
    figures: dict[str, list[dict[str, Any]]] = {}
    for kind in OTHERS:
        for act, figure in _round(kind):
            figures.setdefault(act, []).append(figure)
        _tidy()
    for act, found in figures.items():
        others = {
            one["kind"]: {name: one[name] for name in ("p50", "max", "quiet_p50", "quiet_max", "turns", "lock_wait_ms")} for one in found
        }
        times = [one["ms"] for one in found]
        row = {"engine": engine, "act": act, "count": found[0]["count"], "ms": statistics.median(times), "max_ms": max(times)}
        row |= {
            "cpu_ms": statistics.median(one["cpu_ms"] for one in found),
            "statements": found[0]["statements"],
            "locked_ms": statistics.median(one["locked_ms"] for one in found),
            "others": others,
        }
        print(json.dumps(row), flush=True)


def _enlarge(cases: int) -> None:
    """Gives the owner `cases` cases in every state, copies of generated ones, and a second collaborator."""
    from django.db import transaction

    from bench.rows import is_postgres, run, sequences_follow
    from midline.cases.models import Case, Order, Patient
    from midline.cases.services import provider_recount

    missing = cases - Case.objects.filter(provider_id=OWNER).count()
    if missing > 0:
        whole = run("SELECT max(id) FROM cases_case")[0][0]
        practice = run("SELECT min(id) FROM practices_practice WHERE provider_id = %s", [OWNER])[0][0]
        counted = f"WITH RECURSIVE n(g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM n WHERE g < {missing}) SELECT g FROM n"
        numbers = f"SELECT {whole} + g AS id, 1 + g %% {whole} AS source FROM ({counted}) s"
        given = dict.fromkeys(("id", "patient_id", "case_id", "current_order_id"), "n.id")
        number = f"'0' || CAST({100_000} + n.id AS text)"
        given |= {"provider_id": str(OWNER), "practice_id": str(practice), "number": number, "submit_key": "NULL"}
        copies = []
        for model in (Patient, Case, Order):
            columns = [str(field.column) for field in model._meta.concrete_fields]
            values = ", ".join(given.get(column, f'c."{column}"') for column in columns)
            names, table = ", ".join(f'"{column}"' for column in columns), model._meta.db_table
            copies.append(f'INSERT INTO "{table}" ({names}) SELECT {values} FROM ({numbers}) n JOIN "{table}" c ON c.id = n.source')
        with transaction.atomic():  # a case names its order, and the order its case
            for statement in copies:
                run(statement)
        sequences_follow([Patient, Case, Order])
        run("VACUUM ANALYZE" if is_postgres() else "ANALYZE")
    provider_recount(OWNER)


def _tidy() -> None:
    """Ended shares of the round go, so that each begins alike."""
    from bench.rows import is_postgres, run

    run("DELETE FROM cases_share WHERE ended_at IS NOT NULL")
    if is_postgres():
        run("VACUUM cases_share")
        run("CHECKPOINT")


def _round(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every act once, while `kind` of others goes on. Yields (act, figures)."""
    from django.http import QueryDict

    from midline.cases import services
    from midline.cases.models import Case
    from midline.cases.queries import Asked, listed, reach_of
    from midline.collaboration.models import Collaboration

    by = _owner(OWNER)
    staff = Collaboration.objects.filter(provider_id=OWNER, relation="staff").get()
    services.standing_grant_end(collaboration=staff, by=by)
    matching = listed(Asked.of(QueryDict("")), reach_of(by))
    given = {"collaboration": staff, "by": by}
    undone: list[Any] = []

    def share() -> int:
        undone[:] = [services.cases_share(cases=matching, **given)]
        return int(undone[0].count)

    def undo() -> int:
        return int(services.shares_undo(batch_id=undone[0].pk, by=by).count)

    some = Case.objects.filter(provider_id=OWNER).earliest("id")
    acts: list[tuple[str, Callable[[], int]]] = [
        ("share all that match", share),
        ("undo it", undo),
        ("share all that match", share),
        ("stop sharing all that match", lambda: services.cases_unshare(cases=matching, **given).count),
        ("every case, on", lambda: services.standing_grant_begin(**given).count),
        ("every case but one", lambda: services.standing_grant_to_single(except_case=some, **given).count),
        ("every case, on", lambda: services.standing_grant_begin(**given).count),
        ("every case, off, 99,999 shared singly", lambda: services.standing_grant_end(**given).count),
        ("stop sharing all that match", lambda: services.cases_unshare(cases=matching, **given).count),
    ]
    with Others(kind) as others:
        for name, act in acts:
            quiet = others.during(lambda: time.sleep(0.3))
            watch = Watch()
            with LockWaits() as waits:
                busy = others.during(partial(watch.run, act))
            figure = {
                "lock_wait_ms": waits.longest,
                "kind": kind,
                "count": watch.count,
                "ms": watch.ms,
                "cpu_ms": watch.cpu_ms,
                "locked_ms": watch.locked_ms,
                "statements": watch.statements,
            }
            times = {"p50": statistics.median(busy or [0]), "max": max(busy, default=0), "turns": len(busy)}
            yield name, figure | times | {"quiet_p50": statistics.median(quiet or [0]), "quiet_max": max(quiet, default=0)}


def _owner(provider: int) -> Any:
    from midline.core.workspace import Workspace
    from midline.people.policies import Actor
    from midline.practices.models import Provider

    return Actor(Provider.objects.select_related("person").get(pk=provider).person, Workspace.PROVIDER, provider)


class Watch:
    """Runs an act: its time, the processor's time of its thread (on SQLite the database's work is in it), its statements, and for how long
    it held the counters (on SQLite: the whole act)."""

    def __init__(self) -> None:
        self.statements = self.count = 0
        self.ms = self.locked_ms = self.cpu_ms = 0.0
        self._locked = 0.0

    def run(self, act: Callable[[], int]) -> None:
        from django.db import connection

        began = self._locked = time.perf_counter()
        used = time.thread_time()
        with connection.execute_wrapper(self._statement):
            self.count = act()
        ended = time.perf_counter()
        self.cpu_ms = (time.thread_time() - used) * 1000
        self.ms, self.locked_ms = (ended - began) * 1000, (ended - self._locked) * 1000

    def _statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.statements += 1
        if "FOR NO KEY UPDATE" in sql and "cases_providercount" in sql:
            self._locked = time.perf_counter()
        return execute(sql, params, many, context)


class LockWaits:
    """The longest wait for a lock by anybody, as PostgreSQL itself tells it: what a busy machine adds is not in it. 0 on SQLite."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _look(self) -> None:
        from django.db import connection

        if connection.vendor != "postgresql":
            return
        with connection.cursor() as cursor:
            while not self._stop.wait(0.003):
                cursor.execute("SELECT max(extract(epoch FROM clock_timestamp() - waitstart)) FROM pg_locks WHERE NOT granted")
                self.longest = max(self.longest, float(cursor.fetchone()[0] or 0) * 1000)
        connection.close()


class Others:
    """One kind of request, over and over, on a connection of its own."""

    def __init__(self, kind: str) -> None:
        self.turns: list[tuple[float, float]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go, args=[kind], daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_raised: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def during(self, work: Callable[[], object]) -> list[float]:
        """The times, in ms, of the turns that overlap `work`."""
        began = time.perf_counter()
        work()
        ended = time.perf_counter()
        time.sleep(0.15)  # a turn that began inside may still be waiting
        return [(to - since) * 1000 for since, to in list(self.turns) if since < ended and to > began]

    def _go(self, kind: str) -> None:
        from django.db import connection

        turn = OTHERS[kind]()
        n = 0
        while not self._stop.is_set():
            n += 1
            since = time.perf_counter()
            turn(n)
            self.turns.append((since, time.perf_counter()))
            time.sleep(PAUSE_S)
        connection.close()


def _reads_a_list() -> Callable[[int], object]:
    from midline.cases.queries import Asked, reach_of, read_page

    by = _owner(OWNER)
    return lambda n: (read_page(Asked(), reach_of(by)), reach_of(by).tab_counts())


def _comments(provider: int) -> Callable[[int], object]:
    from midline.cases.models import Case
    from midline.conversation.services import comment_add
    from midline.core.ids import new_key

    by, cases = _owner(provider), list(Case.objects.filter(provider_id=provider).order_by("id")[:40])
    return lambda n: comment_add(case=cases[n % len(cases)], by=by, body="A comment while others share.", key=new_key())


def _shares_one(provider: int) -> Callable[[int], object]:
    """SAVE in the popover, with another collaborator of the provider than the one that gets 100,000 cases."""
    from midline.cases.models import Case
    from midline.cases.services import case_shares_set
    from midline.cases.services.shares import shared_singly
    from midline.collaboration.models import Collaboration

    by, cases = _owner(provider), list(Case.objects.filter(provider_id=provider).order_by("id")[:40])
    other = Collaboration.objects.filter(provider_id=provider).exclude(relation="staff").first()
    if other is None:  # a provider of the plan without a mentor
        other = Collaboration.objects.filter(provider_id=provider).earliest("id")
    Collaboration.objects.filter(pk=other.pk).update(every_case=False)
    return lambda n: case_shares_set(case=cases[n % len(cases)], wanted=shared_singly(cases[n % len(cases)]) ^ {other.pk}, by=by)


def _moves() -> Callable[[int], object]:
    """A change of status of a case of the same provider, which moves the counters."""
    from midline.cases.models import Order
    from midline.cases.services import order_move

    by = _owner(OWNER)
    orders = list(Order.objects.filter(case__provider_id=OWNER, status="in_production").order_by("-id").values_list("pk", flat=True)[:40])

    def turn(n: int) -> None:
        order = Order.objects.get(pk=orders[n % len(orders)])
        order_move(order=order, event="resume" if order.status == "on_hold" else "hold", by=by)

    return turn


OTHERS: Final[dict[str, Callable[[], Callable[[int], object]]]] = {
    "reads the list": _reads_a_list,
    "comments, same provider": lambda: _comments(OWNER),
    "comments, other provider": lambda: _comments(NEIGHBOUR),
    "moves a status, same provider": _moves,
    "shares a case, same provider": lambda: _shares_one(OWNER),
    "shares a case, other provider": lambda: _shares_one(NEIGHBOUR),
}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(main())
