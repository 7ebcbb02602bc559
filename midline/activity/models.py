"""What happened: history, audit and live feed in one table; who saw which case; and when somebody was last here."""

from django.conf import settings
from django.db import models


class Event(models.Model):
    """Append-only. `reader` is the name of the action that lets a person read it (see cases.policies), "" for the owner alone.

    The subject is named by values, with no foreign key upward: this room knows no room above it.
    """

    kind = models.CharField(max_length=60)
    at = models.DateTimeField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    workspace = models.CharField(max_length=12, blank=True)
    provider_id = models.BigIntegerField(null=True)
    case_id = models.BigIntegerField(null=True)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True)
    reader = models.CharField(max_length=40, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["case_id", "id"], name="event_case"),
            models.Index(fields=["provider_id", "id"], name="event_provider"),
            models.Index(fields=["person", "id"], name="event_person"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class Access(models.Model):
    """One request that showed patients' data: who, in which workspace, which page, which cases, from where."""

    at = models.DateTimeField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    workspace = models.CharField(max_length=12)
    view = models.CharField(max_length=80)
    case_ids = models.JSONField(default=list)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "-id"], name="access_person")]

    def __str__(self) -> str:
        return f"{self.view} #{self.pk}"


class Visit(models.Model):
    """When a person was last in a workspace, so that its dashboard can tell what happened since.

    seen_at: the latest dashboard of the visit that goes on; since_at: until when the visit before lasted, None at the first one.
    seen_event and since_event: the newest event of all at the dashboards before, so that nothing older is looked through.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    workspace = models.CharField(max_length=12)
    since_at = models.DateTimeField(null=True)
    since_event = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField()
    seen_event = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "workspace"], name="one_visit_per_person_and_workspace")]

    def __str__(self) -> str:
        return f"Visit #{self.pk}"
