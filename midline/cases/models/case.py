"""Patient, case, and what a list shows of higher rooms."""

from datetime import date
from typing import Final

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from midline.cases.models.status import CaseType, Group, Status
from midline.core import clock
from midline.core.locks import LockedWithoutKey
from midline.core.text import norm
from midline.practices.models import Practice, Provider

OLDEST: Final = date(1900, 1, 1)


def age_of(birth_on: date | None, on: date) -> int | None:
    """Completed years on a day; None for a birth date that is not known."""
    return None if birth_on is None else on.year - birth_on.year - ((on.month, on.day) < (birth_on.month, birth_on.day))


class Patient(models.Model):
    class Sex(models.TextChoices):
        FEMALE = "female", _("Female")
        MALE = "male", _("Male")
        OTHER = "other", _("Other")
        UNKNOWN = "", _("Not stated")

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="patients")
    first_name = models.CharField(_("first name"), max_length=80)
    last_name = models.CharField(_("last name"), max_length=80)
    birth_on = models.DateField(_("birth date"), null=True)
    sex = models.CharField(_("sex"), max_length=8, choices=Sex.choices, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["provider", "last_name", "id"], name="patient_provider")]

    def __str__(self) -> str:
        return f"Patient {self.pk}"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def name_norm(self) -> str:
        """Comparable, family name last as written, cut to its column: taken apart, 80 signs of Hangul are 240."""
        return norm(self.name)[:180]

    @staticmethod
    def may_be_born(day: date) -> bool:
        """From 1900 to today."""
        return OLDEST <= day <= clock.now().date()

    def age(self, on: date) -> int | None:
        return age_of(self.birth_on, on)


class CaseQuerySet(LockedWithoutKey["Case"]):
    def submitted(self) -> "CaseQuerySet":
        """Cases that the lab has ever received: a draft is nobody's but the provider's and those it is shared with."""
        return self.filter(submitted_at__isnull=False)


class Case(models.Model):
    """A patient's treatment with one provider.

    status, case_type, detail and turn-deciding columns are those of the current order, written down in the transaction that moves it.
    patient_norm, clinician_norm and practice_norm are copies for sorting and search; awaiting_version is the published version that
    waits for a decision.
    """

    number = models.CharField(max_length=7, unique=True, null=True)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="cases", db_index=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="cases", db_index=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="cases", null=True)
    patient_norm = models.CharField(max_length=180, blank=True)
    clinician_norm = models.CharField(max_length=180)
    practice_norm = models.CharField(max_length=180, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFT)
    status_detail = models.CharField(max_length=120, blank=True)
    case_type = models.CharField(max_length=12, choices=CaseType.choices)
    type_detail = models.CharField(max_length=60, blank=True)
    current_order = models.ForeignKey("cases.Order", on_delete=models.SET_NULL, null=True, related_name="+")
    newest_version = models.PositiveIntegerField(default=0)
    awaiting_version = models.PositiveIntegerField(null=True)
    approved_version = models.PositiveIntegerField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True)
    last_activity_at = models.DateTimeField(default=timezone.now)

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["provider", "-id"], name="case_p_id"),
            models.Index(fields=["provider", "status", "-last_activity_at", "id"], name="case_p_status"),
            models.Index(fields=["provider", "patient_norm", "id"], name="case_p_patient"),
            models.Index(fields=["provider", "-last_activity_at", "id"], name="case_p_activity"),
            models.Index(fields=["provider", "practice", "-id"], name="case_p_practice"),
            models.Index(fields=["provider", "practice", "status"], name="case_p_practice_status"),
            models.Index(fields=["provider", "case_type", "-id"], name="case_p_type"),
            models.Index(fields=["status", "-last_activity_at", "id", "provider"], name="case_status"),
            # A version awaits, and the case stands otherwise: on hold, or with a retainer begun meanwhile.
            models.Index(
                fields=["id"],
                condition=models.Q(awaiting_version__isnull=False) & ~models.Q(status=Status.AWAITING_APPROVAL),
                name="case_aside",
            ),
            models.Index(fields=["patient_norm", "id", "provider"], name="case_patient"),
            models.Index(fields=["clinician_norm", "id", "provider"], name="case_clinician"),
            models.Index(fields=["practice_norm", "id", "provider"], name="case_practice"),
            models.Index(fields=["-last_activity_at", "id", "provider"], name="case_activity"),
        ]

    def __str__(self) -> str:
        return self.number or f"Case {self.pk}"

    @property
    def state(self) -> Status:
        return Status(self.status)

    @property
    def group(self) -> Group:
        return self.state.group

    @staticmethod
    def number_for(pk: int) -> str:
        """Seven digits that rise with the id, so that sorting by number is sorting by id."""
        return f"{100_000 + pk:07d}"


class CaseUnread(models.Model):
    """How many comments of a case a person has not read. A row only where something is unread; kept by the conversation."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="unread", db_index=False)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="one_unread_count_per_person_and_case")]
        indexes = [models.Index(fields=["person", "-case"], name="unread_person")]

    def __str__(self) -> str:
        return f"{self.count} unread"
