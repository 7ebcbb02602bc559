"""Treatment setups: versions, what they hold, how they come in, what was decided."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from midline.cases.models import Case, Order


class SetupImport(models.Model):
    """A ZIP on its way to a version: read, matched with the technician, built, checked.

    report: what `meshes` found in each file, with `failure` {step, file, reason, remedy} when a step refused; mapping: the technician's
    confirmed answer, [{name, arch, stage}] of the files that are not left out; thumbs: {path in the report: {key, sha256}};
    progress: the newest line of the running step. key is the ZIP that is worked with; received: what came and is not in it as it came, each
    {name, key, size, sha256}: a ZIP that was broken, and files supplied by themselves, which also say what they take the place of (`takes`)
    and whether the ZIP has them by now (`joined`).
    """

    class State(models.TextChoices):
        READING = "reading", _("Reading")
        MATCHING = "matching", _("Waiting for your answer")
        BUILDING = "building", _("Building")
        BUILT = "built", _("Ready to publish")
        FAILED = "failed", _("Failed")
        DISCARDED = "discarded", _("Discarded")
        PUBLISHED = "published", _("Published")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="setup_imports")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="setup_imports")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    filename = models.CharField(max_length=255)
    key = models.CharField(max_length=80)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    report = models.JSONField(default=dict)
    mapping = models.JSONField(default=list)
    thumbs = models.JSONField(default=dict)
    progress = models.JSONField(default=dict)
    received = models.JSONField(default=list)
    job_id = models.BigIntegerField(null=True)
    error = models.TextField(blank=True)
    version = models.OneToOneField("setups.SetupVersion", on_delete=models.SET_NULL, null=True, related_name="source")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=["reading", "matching", "building", "built", "failed"]),
                name="one_open_import_per_order",
            )
        ]

    def __str__(self) -> str:
        return f"Import {self.pk} for case {self.case_id}"

    @property
    def failure(self) -> dict[str, str]:
        """Why it failed: {step, file, reason, remedy}; empty while it has not."""
        found: dict[str, str] = self.report.get("failure", {})
        return found


class Frozen(Exception):
    """A published version was about to be written: it never changes. A fault of the program, never of a person."""


class SetupVersion(models.Model):
    """One immutable version of the plan. Unpublished (published_at None) it is its planner's and the lab's alone.

    content_hash is the SHA-256 over models, movements, IPR, attachments and notes: a decision is bound to it.
    files: {"preview": {"key", "sha256", "size", "br_key", "br_size", "gz_key", "gz_size"}, "full": {…}}.
    pictures: {"front": {"key", "sha256"}, "start": {…}}.
    plan: what `meshes` said of the whole (turn, notes, bytes, triangles, reference_point); poses and frames stand in Part.
    Once published, `save` and `delete` raise Frozen, here and on every row of the version.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="setups", db_index=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="setups")
    number = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64, blank=True)
    stages_upper = models.PositiveIntegerField(default=0)
    stages_lower = models.PositiveIntegerField(default=0)
    original_key = models.CharField(max_length=80)
    original_name = models.CharField(max_length=255)
    original_size = models.BigIntegerField()
    original_sha256 = models.CharField(max_length=64)
    files = models.JSONField(default=dict)
    pictures = models.JSONField(default=dict)
    plan = models.JSONField(default=dict)
    error_um = models.JSONField(default=dict)
    wear_schedule = models.CharField(max_length=200, blank=True)
    notes = models.TextField(blank=True, max_length=4000)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_in = models.CharField(max_length=12, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="versions_are_numbered_through_the_case"),
            models.CheckConstraint(condition=Q(published_at=None) | ~Q(content_hash=""), name="published_versions_have_a_hash"),
        ]

    def __str__(self) -> str:
        return f"Version {self.number} of case {self.case_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_published(self.pk)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        refuse_published(self.pk)
        return super().delete(*args, **kwargs)

    @property
    def is_followed(self) -> bool:
        """Whether its errors are distances between surfaces that were meshed anew, which 99 % of points keep (meshes/measure.py)."""
        return any(name.endswith("_followed_p99") for name in self.error_um)


def refuse_published(version_id: int | None) -> None:
    """Raises Frozen when the version stands published in the database, whatever the object in memory says."""
    if version_id and SetupVersion.objects.filter(pk=version_id, published_at__isnull=False).exists():
        raise Frozen(f"Version {version_id} is published and does not change.")


class OfVersion(models.Model):
    """A row of a version: frozen with it."""

    version_id: int

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_published(self.version_id)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        refuse_published(self.version_id)
        return super().delete(*args, **kwargs)


class Part(OfVersion):
    """One tooth or gingiva of a version: a node of the model. key as in the GLB; fdi after the technician confirmed it."""

    version = models.ForeignKey(SetupVersion, on_delete=models.CASCADE, related_name="parts", db_index=False)
    key = models.CharField(max_length=24)
    arch = models.CharField(max_length=5)
    kind = models.CharField(max_length=8)
    fdi = models.PositiveSmallIntegerField(null=True)
    fdi_confidence = models.FloatField(default=0)
    moves = models.BooleanField(default=False)
    label_point = models.JSONField(null=True)
    frame = models.JSONField(null=True)
    poses = models.JSONField(default=list)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="one_part_per_key"),
            models.UniqueConstraint(fields=["version", "fdi"], name="one_part_per_tooth"),
        ]

    def __str__(self) -> str:
        return self.key


class Stage(OfVersion):
    """A stage of one arch and the file it came from."""

    version = models.ForeignKey(SetupVersion, on_delete=models.CASCADE, related_name="stages", db_index=False)
    arch = models.CharField(max_length=5)
    number = models.PositiveIntegerField()
    file = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["arch", "number"]
        constraints = [models.UniqueConstraint(fields=["version", "arch", "number"], name="one_model_per_arch_and_stage")]

    def __str__(self) -> str:
        return f"{self.arch} {self.number}"


class Movement(OfVersion):
    """Where a tooth stands at a stage against stage 0: mm (mesial +, buccal +, occlusal +) and degrees, at the crown's centre."""

    version = models.ForeignKey(SetupVersion, on_delete=models.CASCADE, related_name="movements", db_index=False)
    fdi = models.PositiveSmallIntegerField()
    stage = models.PositiveIntegerField()
    mesial_mm = models.FloatField()
    buccal_mm = models.FloatField()
    occlusal_mm = models.FloatField()
    rotation_deg = models.FloatField()
    tip_deg = models.FloatField()
    torque_deg = models.FloatField()

    class Meta:
        ordering = ["fdi", "stage"]
        constraints = [models.UniqueConstraint(fields=["version", "fdi", "stage"], name="one_movement_per_tooth_and_stage")]

    def __str__(self) -> str:
        return f"{self.fdi} at {self.stage}"


class IPR(OfVersion):
    """Interproximal reduction at one contact, due before a stage."""

    version = models.ForeignKey(SetupVersion, on_delete=models.CASCADE, related_name="iprs", db_index=False)
    tooth_a = models.PositiveSmallIntegerField()
    tooth_b = models.PositiveSmallIntegerField()
    amount_mm = models.DecimalField(max_digits=4, decimal_places=2)
    before_stage = models.PositiveIntegerField()

    class Meta:
        ordering = ["before_stage", "id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "tooth_a", "tooth_b", "before_stage"], name="one_ipr_per_contact_and_stage"),
            models.CheckConstraint(condition=Q(amount_mm__gt=0) & Q(amount_mm__lte=1), name="ipr_is_above_0_and_at_most_1_mm"),
        ]

    def __str__(self) -> str:
        return f"{self.tooth_a}–{self.tooth_b}"


class Attachment(OfVersion):
    """An attachment on a tooth, from the stage it is added to the stage it is removed (None: stays)."""

    version = models.ForeignKey(SetupVersion, on_delete=models.CASCADE, related_name="attachments", db_index=False)
    tooth = models.PositiveSmallIntegerField()
    surface = models.CharField(max_length=12, default="buccal")
    shape = models.CharField(max_length=40)
    size = models.CharField(max_length=40, blank=True)
    added_stage = models.PositiveIntegerField()
    removed_stage = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["added_stage", "tooth", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(removed_stage=None) | Q(removed_stage__gt=F("added_stage")),
                name="attachments_are_removed_after_they_are_added",
            )
        ]
        indexes = [models.Index(fields=["version", "tooth"], name="attachment_version")]

    def __str__(self) -> str:
        return f"Attachment on {self.tooth}"


class Pontic(OfVersion):
    """A tooth shown in a gap, up to the stage from which there is none any more (None: to the end)."""

    version = models.ForeignKey(SetupVersion, on_delete=models.CASCADE, related_name="pontics", db_index=False)
    tooth = models.PositiveSmallIntegerField()
    until_stage = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["tooth"]
        constraints = [models.UniqueConstraint(fields=["version", "tooth"], name="one_pontic_per_tooth")]

    def __str__(self) -> str:
        return f"Pontic at {self.tooth}"


class Extraction(OfVersion):
    """A tooth that is taken out before a stage (0: before the treatment begins)."""

    version = models.ForeignKey(SetupVersion, on_delete=models.CASCADE, related_name="extractions", db_index=False)
    tooth = models.PositiveSmallIntegerField()
    before_stage = models.PositiveIntegerField()

    class Meta:
        ordering = ["before_stage", "tooth"]
        constraints = [models.UniqueConstraint(fields=["version", "tooth"], name="one_extraction_per_tooth")]

    def __str__(self) -> str:
        return f"Extraction of {self.tooth}"


class Decision(models.Model):
    """What somebody decided on a version, bound to its content."""

    class Kind(models.TextChoices):
        READY = "ready", _("Ready for Approval")
        READY_TAKEN_BACK = "ready_taken_back", _("Ready taken back")
        PUSHED_BACK = "pushed_back", _("Pushed back")
        DECLINED = "declined", _("Changes requested")
        APPROVED = "approved", _("Approved")

    version = models.ForeignKey(SetupVersion, on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=18, choices=Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    workspace = models.CharField(max_length=12)
    content_hash = models.CharField(max_length=64)
    words = models.TextField(blank=True, max_length=4000)
    at = models.DateTimeField(default=timezone.now)
    key = models.UUIDField(unique=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["version"], condition=Q(kind="approved"), name="a_version_is_approved_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.version_id}"
