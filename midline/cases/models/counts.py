"""Counters: what a tab shows costs the number of grants, never the number of cases."""

from django.db import models

from midline.cases.models.status import Status
from midline.collaboration.models import Collaboration
from midline.practices.models import Provider


class ProviderCount(models.Model):
    """One row a provider, one column a status: how many cases stand in it. Moved in the transaction that moves the case."""

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, related_name="counts", primary_key=True)
    draft = models.PositiveIntegerField(default=0)
    submitted = models.PositiveIntegerField(default=0)
    records_needed = models.PositiveIntegerField(default=0)
    in_production = models.PositiveIntegerField(default=0)
    awaiting_approval = models.PositiveIntegerField(default=0)
    approved = models.PositiveIntegerField(default=0)
    in_manufacturing = models.PositiveIntegerField(default=0)
    shipped = models.PositiveIntegerField(default=0)
    in_treatment = models.PositiveIntegerField(default=0)
    on_hold = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    completed = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"Counts of provider {self.provider_id}"


class CollaborationCount(models.Model):
    """How many singly shared cases, not covered by a standing grant, stand in a status."""

    collaboration = models.ForeignKey(Collaboration, on_delete=models.CASCADE, related_name="counts", db_index=False)
    status = models.CharField(max_length=20, choices=Status.choices)
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collaboration", "status"], name="one_count_per_collaboration_and_status")]
        # What is summed up for a person with a thousand collaborations, without the many rows that hold 0.
        indexes = [models.Index(fields=["collaboration", "status", "count"], condition=models.Q(count__gt=0), name="count_collaboration")]

    def __str__(self) -> str:
        return f"{self.count} {self.status}"
