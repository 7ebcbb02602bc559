"""Who serves what a browser is measured with: the portal as it really runs, and a small static host for the rivals' pages."""

from __future__ import annotations

import gzip
import json
import mimetypes
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import brotli

from bench import report

PACKED: Final = {".html", ".js", ".css"}
"""What a normal host sends with brotli. Not STL: neither nginx nor Caddy packs it unless told to."""

SECONDS_TO_START: Final = 60


class NotServed(Exception):
    """Something did not start; the words say what it said."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Review:
    """Where the review page of the imported case is, and what both jobs of its import cost in CPU."""

    origin: str
    path: str
    worker_cpu_s: float


@contextmanager
def portal(folder: Path, archive: Path) -> Iterator[Review]:
    """The portal with the demonstration's people and one case made from `archive`, served as `make demo` does. Raises NotServed."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    env = {**os.environ, "MIDLINE_ENV": "demo", "MIDLINE_DATA": str(folder), "HOST": "127.0.0.1", "PORT": str(port), "PUBLIC_URL": origin}
    env = {name: value for name, value in env.items() if name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}}
    for words in (["manage.py", "migrate", "-v0"], ["manage.py", "createcachetable"], ["manage.py", "demo_load", "--people"]):
        _said(words, env)
    about: dict[str, Any] = json.loads(_said(["-m", "bench.staged_case", str(archive)], env).splitlines()[-1])
    web = [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    web += ["--workers", "1", "--blocking-threads", "32", "--no-access-log", "--log-level", "warning", "config.wsgi:application"]
    with (folder / "web.log").open("wb") as log:
        server = subprocess.Popen(web, cwd=report.ROOT, env=env, stdout=log, stderr=log)
    try:
        _wait_for(f"{origin}/account/login/", server, folder / "web.log")
        yield Review(origin, about["path"], about["worker_cpu_s"])
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(timeout=10)
        server.kill()


def _said(words: list[str], env: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, *words], cwd=report.ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotServed(f"`{' '.join(words)}` failed: {(done.stderr or done.stdout)[-1500:]}")
    return done.stdout


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own address
            return
        if server.poll() is not None:
            break
        time.sleep(0.2)
    raise NotServed(f"The portal did not start: {log.read_text(errors='replace')[-1500:]}")


@contextmanager
def static_host(folders: dict[str, Path]) -> Iterator[str]:
    """Serves files: prefix of the path -> folder. Pages and scripts packed once by brotli, models as they are. Gives the origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(folders))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(folders: dict[str, Path]) -> type[BaseHTTPRequestHandler]:
    packed: dict[Path, bytes] = {}
    for folder in folders.values():
        packed |= {path: brotli.compress(path.read_bytes()) for path in folder.rglob("*") if path.suffix in PACKED}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = urlsplit(self.path).path
            prefix = max((known for known in folders if asked.startswith(known)), key=len, default=None)
            path = folders[prefix] / asked.removeprefix(prefix) if prefix is not None and ".." not in asked else Path()
            beside = path.with_name(f"{path.name}.gz") if path.name else path
            if path in packed:
                content, encoding = packed[path], "br"
            elif path.is_file():
                content, encoding = path.read_bytes(), ""
            elif beside.is_file():
                content, encoding = beside.read_bytes(), "gzip"
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", mimetypes.guess_type(path.name)[0] or "application/octet-stream")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-cache")
            if encoding:
                self.send_header("Content-Encoding", encoding)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the server's name for it
            """Nothing: a line a request would stand between the figures."""

    return Handler


def models(folder: Path, files: dict[str, bytes], *, packed: bool) -> Path:
    """Writes the models a page asks for; `packed` as a host sends them that was told to pack STL by gzip."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content, 6, mtime=0))
        else:
            (folder / name).write_bytes(content)
    return folder
