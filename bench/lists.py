"""`make bench-list`: what a list costs, on SQLite and PostgreSQL, beside the least it could cost. README.md says what each figure is.

A cell is one engine, size, actor and view; what bench/results/list.json holds already is not measured again unless --again is given.
"""

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

from bench import report

SIZES: Final = (10_000, 100_000)
ENGINES: Final = ("sqlite", "postgresql")
NAME: Final = "bench-list"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, nargs="+", default=list(SIZES), help="sizes, for example 10000 100000 1000000")
    parser.add_argument("--engine", choices=ENGINES, nargs="+", default=list(ENGINES))
    parser.add_argument("--again", action="store_true", help="measure anew what the results hold already")
    parser.add_argument("--work", type=Path, default=report.ROOT / "data" / "bench", help="where the SQLite databases are kept")
    chosen = parser.parse_args()
    found = report.read("list")
    if chosen.again:
        found["rows"] = [row for row in found["rows"] if row["cases"] not in chosen.cases or row["engine"] not in chosen.engine]
    found["machine"] = {**found["machine"], **report.machine()}
    chosen.work.mkdir(parents=True, exist_ok=True)
    # Ended from outside, the run still stops its PostgreSQL.
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(128 + signum))
    failed = False
    for engine in chosen.engine:
        with server(engine) as address:
            for cases in sorted(chosen.cases):
                failed |= not measure(engine, cases, address, chosen.work, found)
    report.show(NAME, section(found))
    return 1 if failed else 0


@contextmanager
def server(engine: str) -> Iterator[str]:
    """The address of a PostgreSQL that goes with the run (TEST_DATABASE_URL names one that stays); "" for SQLite."""
    if engine == "sqlite":
        yield ""
        return
    sys.path.insert(0, str(report.ROOT / "bin"))
    with importlib.import_module("database").postgres() as address:
        yield str(address)


def measure(engine: str, cases: int, address: str, work: Path, found: dict[str, Any]) -> bool:
    """Measures in a child process what is missing of this engine and size; keeps each row as it comes."""
    done = [f"{row['actor']}/{row['view']}" for row in found["rows"] if (row["engine"], row["cases"]) == (engine, cases)]
    if engine == "sqlite":
        place = str(work / f"{cases}.sqlite3")
        url = f"sqlite:///{place}"
    else:
        url = place = address.rsplit("/", 1)[0] + f"/bench_{cases}"
        found["machine"]["postgresql"] = make_database(address, f"bench_{cases}")
    env = {**os.environ, "MIDLINE_ENV": "demo", "MIDLINE_DATA": str(work), "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    words = [sys.executable, "-W", "ignore", "-m", "bench.cell", engine, str(cases), place, *done]
    with subprocess.Popen(words, cwd=report.ROOT, env=env, stdout=subprocess.PIPE, text=True) as child:
        try:
            for line in child.stdout or ():
                row = json.loads(line)
                found["rows"].append(row)
                report.keep("list", found)
                what = f"{engine:10s} {cases:>9,} {row['actor']:8s} {row['view']:13s}"
                print(f"{what} floor {row['floor_ms']}, read {row['query_ms']}, request {row['http_ms']}", flush=True)
        except BaseException:
            child.terminate()
            raise
    return child.returncode == 0


def make_database(address: str, name: str) -> str:
    """Creates the database unless it is there; returns the server's version."""
    with psycopg.connect(address, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(f'CREATE DATABASE "{name}"')
        return str(connection.execute("SHOW server_version").fetchone()[0]).split()[0]  # type: ignore[index]


def section(found: dict[str, Any]) -> str:
    """The table of docs/performance.md."""
    order = {name: place for place, name in enumerate(("provider", "big", "mid", "sparse"))}
    rows = sorted(found["rows"], key=lambda row: (row["cases"], row["engine"], order[row["actor"]]))
    heads = ["engine", "cases", "actor", "view", "floor", "page's SQL", "read", "read ÷ floor", "request", "p95", "CPU", "KB", "load"]
    lines = [
        [
            row["engine"] if row["engine"] == "sqlite" else "PostgreSQL",
            f"{row['cases']:,}",
            row["actor"],
            row["view"] + ("" if row["same_rows"] else " (rows differ)"),
            shown(row["floor_ms"]),
            shown(row["sql_ms"]),
            shown(row["query_ms"]),
            f"{row['query_ms'] / row['floor_ms']:.0f} ×" if row["floor_ms"] and row["query_ms"] else "–",
            shown(row["http_ms"]),
            shown(row["http_p95_ms"]),
            shown(row["cpu_ms"]),
            f"{row['bytes'] / 1000:.0f}" if row["bytes"] else "–",
            row.get("load", "–"),
        ]
        for row in rows
    ]
    return f"{report.said(found['machine'])}\n\nMilliseconds, p50 unless it says p95.\n\n{report.table(heads, lines, 4)}"


def shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if value < 2 else f"{value:.1f}" if value < 20 else f"{value:.0f}"


if __name__ == "__main__":
    sys.exit(main())
