"""Workers killed at random while the mail server fails: every e-mail arrives, under one Message-ID.

`make test` kills a few times; `make test-long` (MIDLINE_LONG) 100 times over 2,000 e-mails, of which at most 1 % may arrive twice.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings as configured
from django.db import connection

from midline.jobs.models import Job
from midline.jobs.tests.databases import real_database
from midline.notify.models import Delivery
from midline.notify.services import mail_enqueue, message_id
from midline.notify.tests.test_sending import free_port

LONG = bool(os.environ.get("MIDLINE_LONG"))
KILLS, MAILS = (100, 2000) if LONG else (3, 60)
LEASE = "3"


class Flaky:
    """A mail server that answers 451 to one message in twenty and is slow with one in five."""

    def __init__(self) -> None:
        self.got: Counter[str] = Counter()
        self.chance = random.Random(3)
        self.lock = threading.Lock()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name that aiosmtpd calls
        with self.lock:
            luck = self.chance.random()
            if luck < 0.05:
                return "451 try later"
            [line] = [line for line in envelope.content.decode().splitlines() if line.startswith("Message-ID:")]
            self.got[line] += 1
        if luck < 0.25:
            time.sleep(0.05)
        return "250 ok"


def _queue(person, collaboration_id: int) -> None:
    """MAILS messages to one person, as `deliveries_write` leaves them."""
    rows = [
        Delivery(
            person=person.user,
            address=person.user.email,
            workspace="provider",
            channel=Delivery.Channel.MAIL,
            kind="invitation.accepted",
            collaboration_id=collaboration_id,
            context={"collaborator": f"Person {n}", "provider": "Maren Østby"},
            message_id=message_id(f"kill-{n}"),
        )
        for n in range(MAILS)
    ]
    for delivery in Delivery.objects.bulk_create(rows):
        mail_enqueue(delivery)


def _in_thread(work):
    """`work` on a connection of its own: the one of the test stays with the database in memory."""
    found = []

    def run():
        try:
            found.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def _open_jobs() -> int:
    return Job.objects.filter(kind="notify.send").exclude(state=Job.State.DONE).count()


@pytest.mark.slow
def test_killed_workers_and_a_flaky_mail_server_lose_no_mail(transactional_db, cast, tmp_path):
    _queue(cast.owner, cast.with_no_grant.collaboration.pk)
    flaky, port, luck = Flaky(), free_port(), random.Random(7)
    controller = Controller(flaky, hostname="127.0.0.1", port=port)
    controller.start()
    with real_database(tmp_path) as address:
        environment = os.environ | {
            "MIDLINE_ENV": "test",
            "MIDLINE_DATA": str(tmp_path),
            "DATABASE_URL": address,
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        }
        workers: list[subprocess.Popen[bytes]] = []

        def start() -> subprocess.Popen[bytes]:
            command = [sys.executable, "manage.py", "worker", "--pause", "0.05", "--lease", LEASE]
            return subprocess.Popen(command, cwd=configured.BASE_DIR, env=environment, start_new_session=True)

        try:
            workers = [start(), start()]
            killed, ends = 0, time.monotonic() + (1200 if LONG else 180)
            while (left := _in_thread(_open_jobs)) and time.monotonic() < ends:
                if killed < KILLS and flaky.got.total() > (killed + 0.5) * MAILS / (KILLS + 1):
                    victim = luck.randrange(2)
                    os.killpg(workers[victim].pid, signal.SIGKILL)
                    workers[victim].wait()
                    workers[victim] = start()
                    killed += 1
                time.sleep(0.05)
        finally:
            for worker in workers:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
            controller.stop()
        states = _in_thread(lambda: Counter(Delivery.objects.filter(kind="invitation.accepted").values_list("state", flat=True)))

    assert left == 0
    assert killed == KILLS
    assert states == {"sent": MAILS}
    assert len(flaky.got) == MAILS
    assert flaky.got.total() - MAILS <= (MAILS // 100 if LONG else KILLS)
