"""Providers and their practices."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from midline.core.locks import LockedWithoutKey
from midline.core.text import norm


class Provider(models.Model):
    """A treating clinician. Owns practices, patients and cases; the only one who approves a setup."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for confirmation")
        CONFIRMED = "confirmed", _("Confirmed")
        REFUSED = "refused", _("Refused")

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="provider")
    title = models.CharField(max_length=20, blank=True)
    license_number = models.CharField(_("licence number"), max_length=60)
    country = models.CharField(_("country"), max_length=2)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField(default=timezone.now)

    objects = LockedWithoutKey["Provider"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "id"], name="provider_state")]

    def __str__(self) -> str:
        return self.person.name

    @property
    def name(self) -> str:
        return self.person.name


class Practice(models.Model):
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="practices")
    name = models.CharField(_("practice name"), max_length=120)
    street = models.CharField(_("street and number"), max_length=160, blank=True)
    city = models.CharField(_("postal code and city"), max_length=120, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def name_norm(self) -> str:
        """Comparable, as cases keep it to be sorted by."""
        return norm(self.name)[:180]


class PreferenceSet(models.Model):
    """A named set of treatment preferences that fills a new order's form."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="preference_sets")
    name = models.CharField(max_length=80)
    data = models.JSONField(default=dict)
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "name"], name="one_preference_set_per_name"),
            models.UniqueConstraint(fields=["provider"], condition=models.Q(is_default=True), name="one_default_preference_set"),
        ]

    def __str__(self) -> str:
        return self.name
