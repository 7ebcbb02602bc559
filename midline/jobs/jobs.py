"""The rounds of this room: old jobs go, dead workers are forgotten, files that no row names are deleted."""

from datetime import timedelta

from django.db import connection

from midline.core import clock, orphans
from midline.jobs.models import Job, Worker
from midline.jobs.schedule import ROUNDS, rounds
from midline.jobs.services import Claim

KEPT = timedelta(days=30)
# Rounds come every minute for years: what they leave is of no interest after a few days.
ROUNDS_KEPT = timedelta(days=3)
AT_ONCE = 1000


@rounds("jobs.sweep", seconds=3600)
def sweep(claim: Claim) -> None:
    """Deletes jobs done 30 days ago, a thousand at a time. What was given up stays until the administrator has dealt with it."""
    now = clock.now()
    done = Job.objects.filter(state=Job.State.DONE)
    for old in (
        done.filter(finished_at__lt=now - KEPT),
        done.filter(finished_at__lt=now - ROUNDS_KEPT, kind__in=list(ROUNDS)),
    ):
        while ids := list(old.values_list("pk", flat=True)[:AT_ONCE]):
            Job.objects.filter(pk__in=ids).delete()
            claim.beat()
    Worker.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()


@rounds("jobs.orphans", seconds=86_400)
def orphans_sweep(claim: Claim) -> None:
    """Deletes files older than a day that no row names."""
    claim.beat({"deleted": orphans.sweep()})


@rounds("jobs.statistics", seconds=86_400)
def statistics_renewed(claim: Claim) -> None:
    """SQLite's planner is told how the tables look; without that it guesses wrongly by tens of milliseconds. PostgreSQL does it itself.

    A sample of each index is read: some milliseconds a table, whatever its size.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")
    claim.beat()
