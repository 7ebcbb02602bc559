"""Single shares and ready marks."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from midline.cases.models.case import Case
from midline.collaboration.models import Collaboration, Grant


class Share(models.Model):
    """One case shared with one collaboration, or (gives=False, under a standing grant) only what is taken away on that case.

    A row that only held and then was made to give remembers it in `held_before`, so that undo returns it to holding.

    `batch` is the act that made it and `ended_batch` the act that ended it: undo is one UPDATE whatever the number of rows.

    The database checks the reference to the case alone: it may be gone, as a discarded draft. A collaboration and a person never are, and
    300,000 checks instead of 100,000 would be most of the time that sharing 100,000 cases takes on PostgreSQL.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="shares", db_index=False)
    collaboration = models.ForeignKey(Collaboration, on_delete=models.CASCADE, related_name="shares", db_index=False, db_constraint=False)
    gives = models.BooleanField(default=True)
    held_before = models.BooleanField(default=False)
    withholds_add_orders = models.BooleanField(default=False)
    withholds_decline_setups = models.BooleanField(default=False)
    withholds_edit_records = models.BooleanField(default=False)
    withholds_download = models.BooleanField(default=False)
    withholds_publish_setups = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    batch = models.UUIDField()
    ended_at = models.DateTimeField(null=True)
    ended_batch = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collaboration", "case"], condition=Q(ended_at=None), name="one_open_share_per_case")
        ]
        indexes = [
            models.Index(fields=["case", "collaboration"], condition=Q(ended_at=None), name="share_case"),
            models.Index(fields=["batch"], name="share_batch"),
            models.Index(fields=["ended_batch"], condition=Q(ended_batch__isnull=False), name="share_ended_batch"),
        ]

    def __str__(self) -> str:
        return f"Share of case {self.case_id}"

    @property
    def withheld(self) -> set[Grant]:
        return {grant for grant in Grant if getattr(self, WITHHOLDS[grant])}


WITHHOLDS: Final = {grant: f"withholds_{grant.value}" for grant in Grant}


class ReadyMark(models.Model):
    """A collaborator holds this version ready for approval. Evaluating is the absence of the row; everything else is derived."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="ready_marks", db_index=False)
    collaboration = models.ForeignKey(Collaboration, on_delete=models.CASCADE, related_name="ready_marks", db_index=False)
    version = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "version", "collaboration"], name="one_ready_mark_per_version")]
        indexes = [models.Index(fields=["collaboration", "-case"], name="ready_collaboration")]

    def __str__(self) -> str:
        return f"Ready, version {self.version}"


class ShareBatch(models.Model):
    """One act of sharing, so that it can be undone: which collaboration (None: several), what it did, and what undo returns to.

    Its id is the key of the form that asked for it: the same form sent twice is one act. `before`: every_case of a standing grant; case,
    withheld and share of what was taken away on a single case.
    """

    class Act(models.TextChoices):
        SHARE = "share"
        UNSHARE = "unshare"
        POPOVER = "popover"
        STANDING_BEGIN = "standing_begin"
        STANDING_END = "standing_end"
        STANDING_TO_SINGLE = "standing_to_single"
        WITHHOLD = "withhold"

    id = models.UUIDField(primary_key=True)
    provider_id = models.BigIntegerField()
    collaboration = models.ForeignKey(Collaboration, on_delete=models.CASCADE, null=True, related_name="+")
    act = models.CharField(max_length=20, choices=Act.choices)
    count = models.PositiveIntegerField(default=0)
    before = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.act} {self.id}"
