"""Enqueue in the caller's transaction; claim, beat, finish and fail in their own."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet

from midline.core import clock
from midline.jobs.models import Job, Worker

# How long a job is left to its worker without a sign of life; longer than a mail server may take to answer (EMAIL_TIMEOUT).
LEASE = timedelta(seconds=60)
log = structlog.get_logger("midline.jobs")

Handler = Callable[["Claim"], None]
HANDLERS: dict[str, Handler] = {}


class LeaseLost(Exception):
    """Another attempt has taken the job over; what this one did must not be recorded."""


class GiveUp(Exception):
    """The work cannot succeed however often it is tried: the job dies at once, with these words."""


class TryLater(Exception):
    """Something outside is not there now, as happens: another try after the pause, with these words and without a traceback in the log."""


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Registers the function that does jobs of `kind`. It must be idempotent: it may run again after a crash."""

    def register(function: Handler) -> Handler:
        if kind in HANDLERS:
            raise ValueError(f"Two handlers for job kind {kind!r}.")
        HANDLERS[kind] = function
        return function

    return register


@dataclass
class Claim:
    """A job as one attempt holds it."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempt: int
    lease: timedelta = field(default=LEASE)
    worker: str = ""

    def _mine(self) -> "Q":
        return Q(pk=self.id, state=Job.State.RUNNING, attempts=self.attempt)

    def holds(self) -> bool:
        """Whether this attempt still has the job: asked before an act that cannot be taken back, such as sending."""
        return Job.objects.filter(self._mine()).exists()

    def beat(self, progress: dict[str, Any] | None = None) -> None:
        """Extends the lease and shows progress, and that the worker lives. Raises LeaseLost when another attempt has the job.

        To be called at least twice within LEASE by whatever takes longer than that.
        """
        now = clock.now()
        changes: dict[str, Any] = {"lease_until": now + self.lease, "run_after": now + self.lease, "heartbeat_at": now}
        if progress is not None:
            changes["progress"] = progress
        if not Job.objects.filter(self._mine()).update(**changes):
            raise LeaseLost
        if self.worker:
            worker_seen(self.worker)

    def hold(self) -> None:
        """Inside the transaction that records the result: locks the job and raises LeaseLost when it is not ours any more."""
        if not Job.objects.select_for_update().filter(self._mine()).exists():
            raise LeaseLost

    def finish(self) -> None:
        Job.objects.filter(self._mine()).update(state=Job.State.DONE, lease_until=None, finished_at=clock.now(), error="")

    def fail(self, reason: str, *, final: bool = False) -> None:
        """Back to the queue with a growing pause (1 s, doubling to 15 min), or dead after the last attempt."""
        now = clock.now()
        pause = timedelta(seconds=min(2 ** min(self.attempt, 20) / 2, 900))
        job = Job.objects.filter(self._mine()).first()
        if job is None:
            return
        dead = final or self.attempt >= job.max_attempts
        Job.objects.filter(self._mine()).update(
            state=Job.State.DEAD if dead else Job.State.WAITING,
            run_after=now + pause,
            lease_until=None,
            error=reason[:2000],
            finished_at=now if dead else None,
        )


def enqueue(kind: str, payload: dict[str, Any], *, key: str | None = None, delay: timedelta = timedelta(), max_attempts: int = 12) -> Job:
    """A new job, in the caller's transaction: it exists exactly when its cause does.

    With `key`, an open job of that key is returned instead of a second one.
    """
    now = clock.now()
    if key and (job := Job.objects.filter(unique_key=key, state__in=[Job.State.WAITING, Job.State.RUNNING]).first()):
        return job
    try:
        with transaction.atomic():
            return Job.objects.create(
                kind=kind, payload=payload, unique_key=key, run_after=now + delay, created_at=now, max_attempts=max_attempts
            )
    except IntegrityError:
        job = Job.objects.filter(unique_key=key, state__in=[Job.State.WAITING, Job.State.RUNNING]).first()
        if job is None:
            raise
        return job


def _due(kinds: list[str] | None) -> "QuerySet[Job]":
    """Jobs that may be claimed now. `run_after` of a running job is the end of its lease, so one index serves both."""
    jobs = Job.objects.filter(state__in=[Job.State.WAITING, Job.State.RUNNING], run_after__lte=clock.now()).order_by("run_after", "id")
    return jobs if kinds is None else jobs.filter(kind__in=kinds)


def claim(kinds: list[str] | None = None, *, lease: timedelta = LEASE) -> Claim | None:
    """The next due job, leased to the caller, or None. A running job whose lease has passed is due again.

    The look before the transaction keeps an idle worker from taking SQLite's one write lock twice a second.
    """
    while _due(kinds).exists():
        with transaction.atomic():
            jobs = _due(kinds)
            if connection.features.has_select_for_update_skip_locked:
                jobs = jobs.select_for_update(skip_locked=True)
            job = jobs.first()
            if job is None:
                return None
            if not _worn_out(job):
                return _lease(job, lease)
    return None


def _lease(job: Job, lease: timedelta) -> Claim:
    now = clock.now()
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.RUNNING, lease_until=now + lease, run_after=now + lease, heartbeat_at=now, attempts=F("attempts") + 1
    )
    return Claim(id=job.pk, kind=job.kind, payload=job.payload, attempt=job.attempts + 1, lease=lease)


def _worn_out(job: Job) -> bool:
    """A job that lost its worker in its last attempt is given up here: nobody else is left to say so."""
    if job.state != Job.State.RUNNING or job.attempts < job.max_attempts:
        return False
    job.state, job.finished_at, job.lease_until = Job.State.DEAD, clock.now(), None
    job.error = job.error or "The worker stopped in the middle of every attempt."
    job.save(update_fields=["state", "finished_at", "lease_until", "error"])
    return True


def retry(job: Job) -> bool:
    """A dead job starts again with fresh attempts. False when it is not dead, or an open job of its key does the work already."""
    try:
        with transaction.atomic():
            changed = Job.objects.filter(pk=job.pk, state=Job.State.DEAD).update(
                state=Job.State.WAITING, attempts=0, run_after=clock.now(), finished_at=None, error="", progress={}
            )
    except IntegrityError:
        return False
    return bool(changed)


def run_one(kinds: list[str] | None = None, *, worker: str = "", lease: timedelta = LEASE) -> bool:
    """Claims and runs one due job. Returns whether there was one. `worker` is the name under which each beat is seen."""
    claimed = claim(kinds, lease=lease)
    if claimed is None:
        return False
    claimed.worker = worker
    function = HANDLERS.get(claimed.kind)
    try:
        if function is None:
            raise GiveUp(f"Nothing here does jobs of kind {claimed.kind!r}.")
        function(claimed)
    except LeaseLost:
        return True
    except GiveUp as reason:
        claimed.fail(str(reason), final=True)
    except TryLater as reason:
        log.warning(
            "job_waits", job=claimed.id, kind=claimed.kind, attempt=claimed.attempt, reason=type(reason.__cause__ or reason).__name__
        )
        claimed.fail(str(reason))
    except Exception as error:  # the queue survives whatever a handler does
        # The type and the place, never the message or the variables: they may hold a name. The administrator reads the message at the job.
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("job_failed", job=claimed.id, kind=claimed.kind, attempt=claimed.attempt, error=type(error).__name__, where=where)
        claimed.fail(f"{type(error).__name__}: {error}")
    else:
        claimed.finish()
    return True


def run_all(limit: int = 1000) -> int:
    """Runs due jobs until none is left: for tests and for the demo's set-up. Returns how many ran."""
    done = 0
    while done < limit and run_one():
        done += 1
    return done


def worker_seen(name: str) -> None:
    Worker.objects.update_or_create(name=name, defaults={"seen_at": clock.now()})
