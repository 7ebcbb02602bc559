"""Uploads in progress, and the records of a case."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from midline.cases.models import Case, Order


class Slot(models.TextChoices):
    """What a record is. Scans first, then the eight photos, X-rays, documents."""

    UPPER_SCAN = "upper_scan", _("Upper scan")
    LOWER_SCAN = "lower_scan", _("Lower scan")
    BITE = "bite", _("Bite")
    FACE_REST = "face_rest", _("Face at rest")
    FACE_SMILE = "face_smile", _("Face smiling")
    PROFILE = "profile", _("Profile")
    FRONT_BITE = "front_bite", _("Front bite")
    RIGHT_BITE = "right_bite", _("Right bite")
    LEFT_BITE = "left_bite", _("Left bite")
    UPPER_OCCLUSAL = "upper_occlusal", _("Upper occlusal")
    LOWER_OCCLUSAL = "lower_occlusal", _("Lower occlusal")
    PANORAMIC = "panoramic", _("Panoramic X-ray")
    LATERAL_CEPH = "lateral_ceph", _("Lateral ceph")
    FULL_SET = "full_set", _("Full set of X-rays")
    DOCUMENT = "document", _("Document")

    @property
    def family(self) -> str:
        """scan, photo, xray or document: decides which contents are accepted."""
        if self in {Slot.UPPER_SCAN, Slot.LOWER_SCAN, Slot.BITE}:
            return "scan"
        if self in {Slot.PANORAMIC, Slot.LATERAL_CEPH, Slot.FULL_SET}:
            return "xray"
        return "document" if self is Slot.DOCUMENT else "photo"


class Upload(models.Model):
    """A resumable upload: bytes arrive in pieces; when whole they are checked by content.

    Then they become a Record, or are refused with a reason.
    """

    class State(models.TextChoices):
        RECEIVING = "receiving", _("Receiving")
        CHECKING = "checking", _("Checking")
        TAKEN = "taken", _("Taken")
        REFUSED = "refused", _("Refused")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    workspace = models.CharField(max_length=12)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="uploads")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="uploads")
    purpose = models.CharField(max_length=10, default="record")
    slot = models.CharField(max_length=20, choices=Slot.choices, blank=True)
    filename = models.CharField(max_length=255)
    size = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVING)
    reason = models.TextField(blank=True)
    record = models.ForeignKey("records.Record", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(offset__lte=models.F("size")), name="no_more_bytes_than_announced")]
        indexes = [models.Index(fields=["touched_at"], name="upload_age")]

    def __str__(self) -> str:
        return f"Upload {self.id}"


class Record(models.Model):
    """One file of a case, by content. Replacing keeps the older one; the newest that is not removed fills its slot.

    `key` names the original in the store; `served_key` the scrubbed copy that is shown (photos without location data),
    `thumb_key` a small picture, `model_key` a scan packed for the viewer. meta: triangles, box_mm, width, height, …
    """

    class State(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        READY = "ready", _("Ready")
        REFUSED = "refused", _("Refused")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="records")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="records")
    slot = models.CharField(max_length=20, choices=Slot.choices)
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=80)
    key = models.CharField(max_length=80)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    served_key = models.CharField(max_length=80, blank=True)
    served_sha256 = models.CharField(max_length=64, blank=True)
    thumb_key = models.CharField(max_length=80, blank=True)
    thumb_sha256 = models.CharField(max_length=64, blank=True)
    model_key = models.CharField(max_length=80, blank=True)
    model_sha256 = models.CharField(max_length=64, blank=True)
    meta = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.READY)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["case", "slot", "-id"], name="record_slot")]

    def __str__(self) -> str:
        return f"{self.slot} of case {self.case_id}"
