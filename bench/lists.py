"""`make bench-list`: what lists cost, on SQLite and PostgreSQL in one run, beside the least they could cost and a plain Django admin.

A cell is one engine, size, actor and view. What bench/results/list.json holds already is not measured again unless --again is given, so
a run that was stopped, or whose time was up, goes on where it stopped. A cell that fails is told and left out; the rest goes on.
"""

import argparse
import json
import select
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench import report, tables
from bench.data import ACTORS
from bench.databases import ENGINES, Database, NoServer, end, hasty, server, settings_of
from bench.generate import UNUSABLE
from bench.views import ADMIN_VIEWS, VIEWS, has

SIZES: Final = (10_000, 100_000, 1_000_000)
SMALLEST: Final = 10_000
NAME: Final = "bench-list"
FORM: Final = 2
MINUTES: Final = 40.0
# What a cell takes beside the timed rounds (ways that are tried, the first time of everything), as a share of its time.
ROUNDS_OF_CELL: Final = 0.5
SECONDS: Final = (0.6, 6.0)
LONGEST: Final = 60.0
# An export takes as long as it takes: how many cells it counts for when the time is shared out, and its own longest.
EXPORT_CELLS: Final = 12
LONGEST_EXPORT: Final = 300.0
LEFT_FOR_THE_END: Final = 10.0
HEAD: Final = ("floor_ms", "query_ms", "http_ms", "http_p95_ms", "cpu_ms")


class Cell(NamedTuple):
    engine: str
    cases: int
    actor: str
    view: str


def cells(engines: list[str], sizes: list[int], views: list[str], actors: list[str]) -> list[Cell]:
    """The most telling views first, the engines and sizes side by side. The smallest size has its default view alone."""
    return [
        Cell(engine, size, actor, view)
        for view in views
        for size in sizes
        if size != SMALLEST or view == "default" or sizes == [SMALLEST]
        for actor in actors
        if has(actor, view)
        for engine in engines
    ]


def _share(cell: Cell) -> int:
    return EXPORT_CELLS if cell.view == "export" else 1


class Worker:
    """A process that answers questions about one database."""

    def __init__(self, database: Database, *, admin: bool) -> None:
        self._log = (database.work / f"cell-{database.engine}-{database.name}.log").open("ab")
        words = database.words("bench.cell", database.engine, database.place, *(["--admin"] if admin else []))
        env = database.environment("bench.shop_settings" if admin else "config.settings")
        self.process = subprocess.Popen(
            words,
            cwd=report.ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
        )

    def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer; {"error": …} when there is none in time, and then this worker is at its end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], seconds)
            line = self.process.stdout.readline() if ready else ""
        except BrokenPipeError:
            line, ready = "", [self.process.stdout]
        if not line:
            self.close()
            return {"error": "the process ended; its log says why" if ready else f"took longer than {seconds:.0f} s"}
        return dict(json.loads(line))

    def close(self) -> None:
        end(self.process)
        self._log.close()


class Run:
    """One run of the command: its databases, its workers, its time."""

    def __init__(self, found: dict[str, Any], folder: Path, minutes: float) -> None:
        self.found, self.folder = found, folder
        self.deadline = time.monotonic() + minutes * 60
        self.databases: dict[tuple[str, int], Database] = {}
        self.failed: list[str] = []
        self._workers: dict[tuple[str, int, bool], Worker] = {}

    # --- filling ----------------------------------------------------------------------------------------------------

    def fill(self, sizes: dict[int, list[str]]) -> None:
        """Fills what is not filled, the engines at the same time; a database that is no use as it stands is made anew, once."""
        for size, words in sizes.items():
            keys = [key for key in self.databases if key[1] == size]
            for attempt in (1, 2):
                codes = self._filled(keys, words)
                keys = [key for key, code in codes.items() if code == UNUSABLE and attempt == 1]
                for key, code in codes.items():
                    if key in keys:
                        self.databases[key].remove()
                    elif code:
                        self.tell(f"{key[0]} with {size:,} cases cannot be filled")
                        del self.databases[key]

    def _filled(self, keys: list[tuple[str, int]], words: list[str]) -> dict[tuple[str, int], int]:
        """What each process that fills one of these databases ended with."""
        at_work = {key: self.databases[key].fill(*words) for key in keys}
        try:
            return {key: process.wait() for key, process in at_work.items()}
        finally:
            for process in at_work.values():
                end(process)

    # --- measuring --------------------------------------------------------------------------------------------------

    def measure(self, wanted: list[Cell]) -> None:
        """Asks cell by cell; every row is kept as it comes."""
        done = {Cell(*(row[name] for name in Cell._fields)) for row in self.found["rows"]}
        missing = [cell for cell in wanted if cell not in done and (cell.engine, cell.cases) in self.databases]
        shares = sum(_share(cell) for cell in missing)
        for place, cell in enumerate(missing):
            left = self.deadline - time.monotonic() - LEFT_FOR_THE_END
            if left <= 0:
                self.tell(f"the time is up: {len(missing) - place} cells are missing; the same command goes on with them")
                break
            least, most = SECONDS
            seconds = min(most, max(least, left / shares * ROUNDS_OF_CELL))
            longest = LONGEST_EXPORT if cell.view == "export" else LONGEST
            self._cell(cell, seconds, min(longest, left + LEFT_FOR_THE_END / 2))
            shares -= _share(cell)

    def _cell(self, cell: Cell, seconds: float, longest: float) -> None:
        question = {"actor": cell.actor, "view": cell.view, "seconds": seconds}
        compared = cell.view in ADMIN_VIEWS
        answer = self._ask(cell, question | {"seconds": seconds * (0.75 if compared else 1)}, longest, admin=False)
        what = f"{cell.engine:10s} {cell.cases:>9,} {cell.actor:8s} {cell.view:18s}"
        if "error" in answer:
            self.tell(f"{what} {answer['error']}")
            return
        row = answer["row"]
        shop: dict[str, Any] = {"django_admin_ms": None}
        if compared:
            beside = self._ask(cell, question | {"seconds": seconds * 0.25}, longest, admin=True)
            if "error" in beside:
                self.tell(f"{what} Django admin: {beside['error']}")
            shop |= {name: value for name, value in beside.get("row", {}).items() if name.startswith("django_admin")}
        head = {name: row.pop(name, None) for name in HEAD}
        self.found["rows"].append(cell._asdict() | head | shop | row)
        report.keep("list", self.found, self.folder)
        differs = "" if row.get("same_rows") in {True, None} else "   ROWS DIFFER"
        figures = f"floor {head['floor_ms']}, read {head['query_ms']}, request {head['http_ms']}, admin {shop['django_admin_ms']}"
        print(f"{what} {figures}{differs}", flush=True)

    def _ask(self, cell: Cell, question: dict[str, Any], longest: float, *, admin: bool) -> dict[str, Any]:
        key = (cell.engine, cell.cases, admin)
        worker = self._workers.get(key)
        if worker is None or worker.process.poll() is not None:
            worker = self._workers[key] = Worker(self.databases[cell.engine, cell.cases], admin=admin)
        return worker.ask(question, longest)

    def tell(self, words: str) -> None:
        self.failed.append(words)
        print(f"NOT MEASURED: {words}", flush=True)

    def close(self) -> None:
        for worker in self._workers.values():
            worker.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, nargs="+", default=list(SIZES), help="sizes, for example 10000 100000 1000000")
    parser.add_argument("--engine", choices=ENGINES, nargs="+", default=list(ENGINES))
    parser.add_argument("--view", choices=VIEWS, nargs="+", default=list(VIEWS))
    parser.add_argument("--actor", choices=ACTORS, nargs="+", default=list(ACTORS))
    parser.add_argument("--again", action="store_true", help="measure anew what the results hold already")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="filling included; what is left then is told and goes on next time")
    parser.add_argument("--work", type=Path, default=report.ROOT / "data" / "bench", help="where the databases are kept")
    parser.add_argument("--csv", type=Path, help="measure the rows of this folder (README.md) instead of generated ones")
    parser.add_argument("--anew", action="store_true", help="take the databases away first, whatever they hold")
    parser.add_argument("--fill", action="store_true", help="fill the databases and measure nothing")
    parser.add_argument("--results", type=Path, help="keep list.json and the tables in this folder, not in the repository")
    parser.add_argument("--tables", action="store_true", help="measure nothing: write the tables of the results that are there")
    chosen = parser.parse_args()
    folder = chosen.results or (chosen.csv and chosen.work / "results") or report.RESULTS
    found = _found(folder, chosen)
    failed: list[str] = []
    if not chosen.tables:
        failed = run(chosen, found, folder)
    tables.annotate(found["rows"])
    report.keep("list", found, folder)
    if folder == report.RESULTS:
        report.show(NAME, tables.section(found, failed))
    else:
        (folder / "list.md").write_text(tables.section(found, failed), encoding="utf-8")
    print(f"\n{tables.verdicts(found)}\n\nKept in {folder / 'list.json'}.")
    return 1 if failed else 0


def _found(folder: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """The results so far, without those that another form of this benchmark wrote or that are to be measured again."""
    found = report.read("list", folder)
    if found["machine"].get("form") != FORM:
        found = {"machine": {"form": FORM}, "rows": []}
    if chosen.again:
        asked = (chosen.cases, chosen.engine, chosen.view, chosen.actor)
        found["rows"] = [
            row for row in found["rows"]
            if not all(row[name] in some for name, some in zip(("cases", "engine", "view", "actor"), asked, strict=True))
        ]  # fmt: skip
    return found


def run(chosen: argparse.Namespace, found: dict[str, Any], folder: Path) -> list[str]:
    """Fills and measures; returns what could not be, in words. Ctrl-C ends it as the end of the time does: what was measured stays."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen.work.mkdir(parents=True, exist_ok=True)
    found["machine"] = {"form": FORM, **report.machine()}
    here = Run(found, folder, chosen.minutes)
    sizes = {size: ["--cases", str(size)] for size in sorted(chosen.cases)}
    if chosen.csv:
        sizes = {_rows_in(chosen.csv): ["--csv", str(chosen.csv.resolve())]}
    with ExitStack() as stack:
        stack.callback(here.close)
        try:
            with ExitStack() as filling:
                for engine in chosen.engine:
                    address = stack.enter_context(server(engine, chosen.work))
                    for size in sizes:
                        here.databases[engine, size] = Database(engine, "csv" if chosen.csv else str(size), address, chosen.work)
                    if address:
                        found["machine"]["postgresql"] = settings_of(address)
                        filling.enter_context(hasty(address))
                if chosen.anew:
                    for database in here.databases.values():
                        database.remove()
                here.fill(sizes)
            if not chosen.fill:
                here.measure(cells(chosen.engine, list(sizes), chosen.view, chosen.actor))
        except NoServer as missing:
            here.tell(str(missing))
        except KeyboardInterrupt:
            here.tell("stopped by hand; the same command goes on where it stopped")
    return here.failed


def _rows_in(folder: Path) -> int:
    path = folder / "cases.csv"
    if not path.is_file():
        raise SystemExit(f"{path} is missing. Put it there; bench/README.md says what is in it.")
    with path.open("rb") as opened:
        return max(1, sum(1 for _line in opened) - 1)


if __name__ == "__main__":
    sys.exit(main())
