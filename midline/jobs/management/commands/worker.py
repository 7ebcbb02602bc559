"""`manage.py worker`: does jobs until it is told to stop."""

import os
import signal
import socket
import time
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections

from midline.jobs import services
from midline.jobs.schedule import enqueue_rounds


class Command(BaseCommand):
    help = "Does queued work: imports, e-mails, sweeps. SIGTERM or Ctrl-C ends it after the job at hand."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pause", type=float, default=0.5, help="seconds between looks at an empty queue")
        parser.add_argument(
            "--lease", type=float, default=services.LEASE.total_seconds(), help="seconds until a dead worker's job is taken over"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = False

        def stop(*_: object) -> None:
            nonlocal stopping
            stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        name = f"{socket.gethostname()}:{os.getpid()}"
        seen = 0.0
        while not stopping:
            try:
                close_old_connections()
                if time.monotonic() - seen > 5:
                    services.worker_seen(name)
                    enqueue_rounds()
                    seen = time.monotonic()
                busy = services.run_one(worker=name, lease=timedelta(seconds=options["lease"]))
            except (OperationalError, InterfaceError):
                # The database is restarting or locked: the job's lease passes and it is claimed again.
                busy = False
                time.sleep(1)
            if not busy:
                time.sleep(options["pause"])
