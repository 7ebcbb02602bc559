"""A throw-away PostgreSQL for tests: its own folder, its own free port, gone when the block ends."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prepare import NotReady, postgres_tools


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres() -> Iterator[str]:
    """Yields a DATABASE_URL. PostgreSQL refuses to run as root, so root hands it to the user `postgres`."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    tools = postgres_tools()
    root = os.geteuid() == 0
    folder = Path(tempfile.mkdtemp(prefix="midline-pg-"))
    port = free_port()
    as_user = ["runuser", "-u", "postgres", "--"] if root else []
    if root:
        shutil.chown(folder, "postgres")
    data, log = folder / "data", folder / "log"
    make = [*as_user, str(tools / "initdb"), "-D", str(data), "-U", "midline", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"]
    made = subprocess.run(make, capture_output=True, text=True, cwd="/", check=False)
    if made.returncode:
        raise NotReady(f"initdb failed: {made.stderr.strip()[-300:]}")
    options = [
        "-p",
        str(port),
        "-k",
        str(folder),
        "-h",
        "127.0.0.1",
        "-c",
        "fsync=off",
        "-c",
        "full_page_writes=off",
        "-c",
        "max_connections=120",
    ]
    with log.open("wb") as out:
        server = subprocess.Popen([*as_user, str(tools / "postgres"), "-D", str(data), *options], stdout=out, stderr=out, cwd="/")
    try:
        for _ in range(150):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                break
            except OSError:
                time.sleep(0.1)
        ready = [*as_user, str(tools / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
        for _ in range(100):
            if subprocess.run(ready, capture_output=True, cwd="/", check=False).returncode == 0:
                break
            time.sleep(0.1)
        else:
            raise NotReady(f"PostgreSQL did not start: {log.read_text()[-300:]}")
        subprocess.run(
            [*as_user, str(tools / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "midline", "midline"],
            check=True,
            capture_output=True,
            cwd="/",
        )
        yield f"postgres://midline@127.0.0.1:{port}/midline"
    finally:
        subprocess.run(
            [*as_user, str(tools / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"], capture_output=True, cwd="/", check=False
        )
        server.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)
