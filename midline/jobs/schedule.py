"""Work that comes round: each kind once in every span of time, whatever the number of workers."""

from collections.abc import Callable
from datetime import UTC, datetime

from midline.core import clock
from midline.jobs.models import Job
from midline.jobs.services import Handler, enqueue, handler

# kind → seconds between two rounds.
ROUNDS: dict[str, int] = {}


def every(kind: str, *, seconds: int) -> None:
    """Has the worker enqueue a job of `kind` once in each span of `seconds`, counted from midnight UTC of 1 January 1970.

    A round that is still waiting or running stands for the next one too, so a slow worker never piles them up.
    """
    if seconds <= 0:
        raise ValueError(f"Job kind {kind!r} cannot come round every {seconds} seconds.")
    ROUNDS[kind] = seconds


def rounds(kind: str, *, seconds: int) -> Callable[[Handler], Handler]:
    """Registers the function that does `kind` and the span in which it comes round."""

    def register(function: Handler) -> Handler:
        every(kind, seconds=seconds)
        return handler(kind)(function)

    return register


def span_began(seconds: int) -> datetime:
    """The first moment of the present span."""
    return datetime.fromtimestamp(int(clock.now().timestamp()) // seconds * seconds, UTC)


def enqueue_rounds() -> int:
    """Enqueues what is due in the present span and has not come round in it yet. Returns how many. The worker calls this."""
    made = 0
    for kind, seconds in ROUNDS.items():
        last = Job.objects.filter(kind=kind).order_by("-id").values_list("created_at", flat=True).first()
        if last is None or last < span_began(seconds):
            enqueue(kind, {}, key=f"every:{kind}", max_attempts=3)
            made += 1
    return made
