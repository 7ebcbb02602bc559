"""The databases that lists are measured on: one SQLite file a size, and a PostgreSQL of our own that stays in a folder between runs.

PostgreSQL runs with its defaults but for the memory it may use (and what only matters while filling), with fsync on while lists are
measured, as in production. Anything here may be deleted at any time: the next run fills it again.
"""

import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psycopg

from bench import report

ENGINES: Final = ("sqlite", "postgresql")
SECONDS_A_STATEMENT: Final = 60


class NoServer(Exception):
    """PostgreSQL cannot be started; the words say why."""


def _memory_gb() -> int:
    """A sixth of the machine's memory, 1 to 4 GB."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return int(min(4, max(1, whole / 6)))


@contextmanager
def server(engine: str, work: Path) -> Iterator[str]:
    """The address of a database "postgres" on a server whose data stays in `work` (TEST_DATABASE_URL names another one); "" for SQLite."""
    if engine == "sqlite":
        yield ""
        return
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    sys.path.insert(0, str(report.ROOT / "bin"))
    tools, free_port = importlib.import_module("prepare").postgres_tools(), importlib.import_module("database").free_port
    # PostgreSQL refuses to run as root, so root hands it to the user `postgres`.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder, port = work / "postgresql", free_port()
    if not (folder / "data" / "PG_VERSION").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        if as_user:
            shutil.chown(folder, "postgres")
        make = [
            *as_user,
            str(tools / "initdb"),
            "-D",
            str(folder / "data"),
            "-U",
            "midline",
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]
        made = subprocess.run(make, capture_output=True, text=True, cwd="/", check=False)
        if made.returncode:
            raise NoServer(f"initdb failed: {made.stderr.strip()[-300:]}")
    settings = {"shared_buffers": f"{_memory_gb()}GB", "max_wal_size": "8GB", "wal_level": "minimal", "max_wal_senders": "0",
                "statement_timeout": f"{SECONDS_A_STATEMENT}s", "unix_socket_directories": str(folder)}  # fmt: skip
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    words = [*as_user, str(tools / "postgres"), "-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1", *options]
    with (work / "postgresql.log").open("ab") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, cwd="/", start_new_session=True)
    address = f"postgres://midline@127.0.0.1:{port}/postgres"
    try:
        _await(process, address, work / "postgresql.log")
        yield address
    finally:
        stop = [*as_user, str(tools / "pg_ctl"), "-D", str(folder / "data"), "-m", "fast", "-w", "-t", "120", "stop"]
        subprocess.run(stop, capture_output=True, cwd="/", check=False)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)


def _await(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        with suppress(psycopg.OperationalError), psycopg.connect(address, connect_timeout=2):
            return
        time.sleep(0.1)
    raise NoServer(f"PostgreSQL did not start; {log} ends: {log.read_text(errors='replace')[-300:]}")


def make_database(address: str, name: str) -> str:
    """Creates the database unless it is there; returns the server's version."""
    with psycopg.connect(address, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return str(connection.execute("SHOW server_version").fetchone()[0]).split()[0]  # type: ignore[index]


def settings_of(address: str) -> dict[str, str]:
    """How the server runs, for the results; jit is what the portal sets on each of its connections."""
    names = ("server_version", "shared_buffers", "work_mem", "effective_cache_size", "fsync", "synchronous_commit", "random_page_cost")
    with psycopg.connect(address) as connection:
        found = {name: str(connection.execute(f"SHOW {name}").fetchone()[0]) for name in names}  # type: ignore[index]
    return found | {"jit": "off, as the portal sets it"}


@contextmanager
def hasty(address: str) -> Iterator[None]:
    """While databases are filled PostgreSQL does not wait for the disk; afterwards everything is on it."""
    if not address or os.environ.get("TEST_DATABASE_URL"):
        yield
        return
    _say(address, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    try:
        yield
    finally:
        _say(address, "ALTER SYSTEM RESET fsync", "SELECT pg_reload_conf()", "CHECKPOINT")
        os.sync()


def _say(address: str, *statements: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in ("SET statement_timeout = 0", *statements):
            connection.execute(statement)


class Database:
    """One engine at one size (or with rows of one folder): where it is, and the processes that fill and ask it."""

    def __init__(self, engine: str, name: str, address: str, work: Path) -> None:
        self.engine, self.name, self.work, self._server = engine, name, work, address
        self.place = str(work / f"{name}.sqlite3") if engine == "sqlite" else address.rsplit("/", 1)[0] + f"/bench_{name}"

    def environment(self, settings: str = "config.settings") -> dict[str, str]:
        url = f"sqlite:///{self.place}" if self.engine == "sqlite" else self.place
        return {
            **os.environ,
            "MIDLINE_ENV": "demo",
            "MIDLINE_DATA": str(self.work),
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": settings,
        }

    def words(self, module: str, *more: str) -> list[str]:
        return [sys.executable, "-W", "ignore", "-m", module, *more]

    def fill(self, *more: str) -> "subprocess.Popen[Any]":
        """Migrates and fills in a process of its own; it is in a group of its own, so that Ctrl-C reaches us first."""
        if self.engine == "postgresql":
            make_database(self._server, f"bench_{self.name}")
        words = self.words("bench.generate", "--terms", *more)
        return subprocess.Popen(words, cwd=report.ROOT, env=self.environment(), start_new_session=True)

    def remove(self) -> None:
        """Takes away what is there: other rows, another form, a fill that broke off."""
        if self.engine == "sqlite":
            for end in ("", "-wal", "-shm", "-journal"):
                Path(self.place + end).unlink(missing_ok=True)
            return
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "bench_{self.name}" WITH (FORCE)')


def end(process: "subprocess.Popen[Any]") -> None:
    """Ends a process that we started, with what it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
