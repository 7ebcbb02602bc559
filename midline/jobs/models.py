"""Work that outlives a request: one table with leases.

Our own because the libraries that were tried lose or strand the task of a killed worker. A job is claimed with a lease and an
attempt number; whoever finishes must still hold that attempt (fencing), so a worker that was thought dead cannot overwrite.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        DEAD = "dead", _("Given up")

    kind = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    unique_key = models.CharField(max_length=200, null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    run_after = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=12)
    progress = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["run_after", "id"], condition=Q(state__in=["waiting", "running"]), name="job_due"),
            models.Index(fields=["kind", "-id"], name="job_kind"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["unique_key"], condition=Q(state__in=["waiting", "running"]), name="one_open_job_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk} ({self.state})"


class Worker(models.Model):
    """The heartbeat of each worker process, for the health page."""

    name = models.CharField(max_length=120, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
