"""Orders, and the records the lab asks for."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from midline.cases.actions import Action
from midline.cases.models.case import Case
from midline.cases.models.status import TRANSITIONS, CaseType, Status


class Order(models.Model):
    """One thing ordered on a case: aligner or retainer first, then revisions, retainers, replacements.

    prescription holds the form's answers by field name; revision rises with each save, so that a clash shows both values.
    planner is who took it (a technician, or a collaborator with the publish grant) until hand over.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="orders")
    kind = models.CharField(max_length=12, choices=CaseType.choices)
    ordinal = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFT)
    held_status = models.CharField(max_length=20, choices=Status.choices, blank=True)
    step = models.PositiveSmallIntegerField(default=1)
    prescription = models.JSONField(default=dict)
    records_present = models.JSONField(default=dict)
    planner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    planner_workspace = models.CharField(max_length=12, blank=True)
    taken_at = models.DateTimeField(null=True)
    rush = models.BooleanField(default=False)
    tracking = models.CharField(max_length=120, blank=True)
    carrier = models.CharField(max_length=80, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_in = models.CharField(max_length=12, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True)
    status_since = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    submit_key = models.UUIDField(null=True, unique=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(kind__in=["aligner", "revision"]) & ~Q(status__in=["cancelled", "completed"]),
                name="one_open_order_with_setups_per_case",
            ),
            models.UniqueConstraint(fields=["case", "kind", "ordinal"], name="orders_of_a_kind_are_numbered"),
            models.CheckConstraint(condition=~Q(status="on_hold") | ~Q(held_status=""), name="a_held_order_knows_what_it_returns_to"),
        ]
        indexes = [
            models.Index(fields=["status", "submitted_at"], name="order_queue"),
            models.Index(fields=["planner", "status"], name="order_planner"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of case {self.case_id}"

    @property
    def state(self) -> Status:
        return Status(self.status)

    @property
    def type(self) -> CaseType:
        return CaseType(self.kind)

    def transition(self, event: str) -> tuple[Status | None, Action] | None:
        """Where `event` leads now, and the action that allows it; None when it is not open. On hold is cancelled as the state held."""
        held = self.state is Status.ON_HOLD and event == "cancel"
        return TRANSITIONS.get((Status(self.held_status) if held else self.state, event))


class RecordNeed(models.Model):
    """One record the lab asked for: missing (yellow) or unusable (red), with the reason."""

    class Kind(models.TextChoices):
        MISSING = "missing", _("Missing")
        UNUSABLE = "unusable", _("Unusable")

        @property
        def tone(self) -> str:
            return "act" if self.value == "missing" else "stop"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="needs")
    slot = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "slot"], condition=Q(answered_at=None), name="one_open_need_per_slot")]

    def __str__(self) -> str:
        return f"{self.slot} {self.kind}"
