"""The product as it is served: database, web server, worker and a mail server, each a process or thread of its own."""

import atexit
import email
import email.policy
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mailbox:
    """Keeps every mail that the product's SMTP client hands over."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.read: set[int] = set()
        self.lock = threading.Lock()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        mail = email.message_from_bytes(envelope.content, _class=EmailMessage, policy=email.policy.default)
        with self.lock:
            self.mails.append(mail)
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        with self.lock:
            return [mail for mail in self.mails if address in str(mail["To"])]

    def wait(self, address: str, subject: str, *, seconds: float = 30) -> EmailMessage:
        """The newest mail to `address` whose subject matches; each is given out once."""
        pattern = re.compile(subject, re.IGNORECASE)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            received: list[EmailMessage] = self.to(address)
            for mail in reversed(received):
                if pattern.search(str(mail["Subject"])) and id(mail) not in self.read:
                    self.read.add(id(mail))
                    return cast(EmailMessage, mail)
            time.sleep(0.2)
        subjects = [str(mail["Subject"]) for mail in self.to(address)]
        raise AssertionError(f"No mail to {address} matching {subject!r} within {seconds} s; there are {subjects}.")


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(mail: EmailMessage, part: str = "") -> str:
    """The first address in the mail's text that contains `part`."""
    found: list[str] = [url for url in re.findall(r"https?://[^\s<>\"]+", text_of(mail)) if part in url]
    assert found, f"No link with {part!r} in:\n{text_of(mail)}"
    return found[0]


@dataclass
class Portal:
    """A running product. `url` is its address; `stop()` ends everything."""

    folder: Path
    database_url: str
    port: int = field(default_factory=free_port)
    smtp_port: int = field(default_factory=free_port)
    mailbox: Mailbox = field(default_factory=Mailbox)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    controller: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        own = {
            "MIDLINE_ENV": "demo",
            "MIDLINE_DATA": str(self.folder),
            "DATABASE_URL": self.database_url,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "MIDLINE_RESERVED_BYTES": "50000000",
        }
        return {**os.environ, **own}

    def manage(self, *words: str) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"manage.py {' '.join(words)} failed:\n{done.stdout[-4000:]}"

    def start(self) -> None:
        self.controller = Controller(self.mailbox, hostname="127.0.0.1", port=self.smtp_port)
        self.controller.start()
        self.start_web()
        self.start_worker()

    def start_web(self) -> None:
        granian = str(Path(sys.executable).parent / "granian")
        words = [
            granian,
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--workers",
            "1",
            "--blocking-threads",
            "16",
        ]
        self._spawn("web", [*words, "--no-access-log", "--log-level", "warning", "config.wsgi:application"])
        for _ in range(240):
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/account/login/", timeout=2):  # noqa: S310 - our own address
                return
            assert self.processes["web"].poll() is None, self.log("web")
            time.sleep(0.25)
        raise AssertionError(f"The server did not answer:\n{self.log('web')}")

    def start_worker(self) -> None:
        self._spawn("worker", [sys.executable, "manage.py", "worker", "--pause", "0.1"])

    def kill(self, name: str) -> None:
        """`kill -9`, with whatever the process started."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _spawn(self, name: str, words: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as out:
            self.processes[name] = subprocess.Popen(words, cwd=ROOT, env=self.env, stdout=out, stderr=out, start_new_session=True)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()[-4000:]

    def stop(self) -> None:
        for name in list(self.processes):
            with suppress(ProcessLookupError):
                self.kill(name)
        if self.controller is not None:
            self.controller.stop()


def loaded(folder: Path) -> Portal:
    """A portal in `folder` with the people of the demo, not yet served: a copy of one that is migrated and loaded once a run."""
    first, database = _first()
    shutil.copytree(first.folder, folder, dirs_exist_ok=True)
    return Portal(folder, _database(folder, copy_of=database))


@cache
def _first() -> tuple[Portal, str]:
    """The portal that is copied, and the name of its database."""
    folder = Path(tempfile.mkdtemp(prefix="midline-e2e-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    portal = Portal(folder, _database(folder))
    portal.manage("migrate", "-v0")
    portal.manage("createcachetable")
    portal.manage("demo_load", "--people")
    return portal, urlsplit(portal.database_url).path[1:]


def _database(folder: Path, *, copy_of: str = "template1") -> str:
    """A DATABASE_URL: SQLite in the folder, or a new database on the server that E2E_DATABASE_URL names."""
    server = os.environ.get("E2E_DATABASE_URL")
    if not server:
        return f"sqlite:///{folder / 'midline.sqlite3'}"
    import psycopg
    from psycopg import sql

    name = f"e2e_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(copy_of)))
    parts = urlsplit(server)
    return parts._replace(path=f"/{name}").geturl()
