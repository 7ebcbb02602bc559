"""Who works with whom, with which permissions."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from midline.core import clock
from midline.core.locks import LockedWithoutKey
from midline.practices.models import Provider


class Grant(models.TextChoices):
    """What a provider may grant beyond seeing, commenting and marking ready. The value is the column of Collaboration."""

    ADD_ORDERS = "add_orders", _("Add orders")
    DECLINE_SETUPS = "decline_setups", _("Decline a treatment setup")
    EDIT_RECORDS = "edit_records", _("Add and replace records")
    DOWNLOAD = "download", _("Download records and models")
    PUBLISH_SETUPS = "publish_setups", _("Publish setup versions")


class NeverChanged(models.Model):
    """A row that is written once: saving it again raises TypeError."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} {self.pk} is never changed; write a new one.")
        super().save(*args, **kwargs)


class ConsentText(NeverChanged):
    """A version of the two texts a provider ticks. The newest of each kind is the one in force."""

    class Kind(models.TextChoices):
        CONSENT = "consent", _("Patients' consent")
        TERMS = "terms", _("Terms & Conditions")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    version = models.PositiveIntegerField()
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "version"], name="one_text_per_version")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.version}"


class ConsentRecord(NeverChanged):
    """Who ticked which version of a text, when and from where. Never changed."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="consents")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="records")
    at = models.DateTimeField(default=timezone.now)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "text"], name="one_consent_per_text_version")]

    def __str__(self) -> str:
        return f"{self.provider_id} accepted {self.text_id}"


class CollaborationQuerySet(LockedWithoutKey["Collaboration"]):
    def live(self, moment: datetime | Combinable | None = None) -> "CollaborationQuerySet":
        """Those that give access at this moment: accepted, not ended, not past their end."""
        return self.filter(LIVE(moment or clock.now()))

    def open(self, moment: datetime | Combinable | None = None) -> "CollaborationQuerySet":
        """Invited or live: those counted beside a case."""
        now = moment or clock.now()
        return self.filter(~Q(state=Collaboration.State.ENDED) & (Q(ends_at=None) | Q(ends_at__gt=now)))


def LIVE(moment: datetime | Combinable) -> Q:  # noqa: N802 - reads as the condition it is
    """The one condition under which a collaboration gives anything: the end date needs no job to run.

    A provider whose registration was refused after all shares nothing, as they may do nothing themselves.
    """
    # Those who may do nothing are few: looked up once a statement, where a join would look up every provider.
    refused = Provider.objects.filter(state__in=[Provider.State.PENDING, Provider.State.REFUSED])
    return Q(state="active") & ~Q(provider_id__in=refused.values("pk")) & (Q(ends_at=None) | Q(ends_at__gt=moment))


class Collaboration(models.Model):
    """One provider and one person (or, before they have an account, one address).

    `every_case` is the standing grant: one column, whatever the number of cases, and future cases join.
    `revision` rises with each change of what is granted; an invitation shows it again when it has moved.
    `consent_version` and `terms_version`: the texts that the provider had ticked when the person was added; None when that was not kept.
    """

    class State(models.TextChoices):
        INVITED = "invited", _("Invited")
        ACTIVE = "active", _("Active")
        ENDED = "ended", _("Ended")

    class Ended(models.TextChoices):
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")
        REVOKED = "revoked", _("Removed by the provider")
        LEFT = "left", _("Left")

    class Relation(models.TextChoices):
        STAFF = "staff", _("Staff")
        CLINICIAN = "clinician", pgettext_lazy("relation", "Clinician")
        MENTOR = "mentor", _("Mentor")
        PLANNING = "planning", _("Planning service")

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="collaborations")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="collaborations")
    email = models.EmailField(_("e-mail address"), max_length=254)
    first_name = models.CharField(_("first name"), max_length=80)
    last_name = models.CharField(_("last name"), max_length=80)
    relation = models.CharField(_("what they are to you"), max_length=10, choices=Relation.choices, default=Relation.CLINICIAN)
    state = models.CharField(max_length=8, choices=State.choices, default=State.INVITED)
    ended = models.CharField(max_length=10, choices=Ended.choices, blank=True)
    ended_reason = models.CharField(max_length=500, blank=True)
    every_case = models.BooleanField(default=False)
    evaluates = models.BooleanField(default=True)
    hides_identity = models.BooleanField(default=False)
    add_orders = models.BooleanField(default=False)
    decline_setups = models.BooleanField(default=False)
    edit_records = models.BooleanField(default=False)
    download = models.BooleanField(default=False)
    publish_setups = models.BooleanField(default=False)
    ends_on = models.DateField(null=True)
    ends_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)
    consent_version = models.PositiveIntegerField(null=True)
    terms_version = models.PositiveIntegerField(null=True)
    message = models.TextField(blank=True, max_length=1000)
    created_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    objects = CollaborationQuerySet.as_manager()

    class Meta:
        ordering = ["first_name", "last_name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "person"], condition=~Q(state="ended"), name="one_open_collaboration_per_pair"),
            models.UniqueConstraint(fields=["provider", "email"], condition=~Q(state="ended"), name="one_open_collaboration_per_address"),
            models.CheckConstraint(condition=~Q(state="active") | Q(person__isnull=False), name="active_collaborations_have_a_person"),
            models.CheckConstraint(condition=Q(ended="") | Q(state="ended"), name="only_ended_collaborations_say_how"),
        ]
        indexes = [
            models.Index(fields=["person", "provider"], condition=Q(hides_identity=True), name="collaboration_hides"),
            # All that a person's reach is made of, so that thousands of rows need not be fetched for it.
            models.Index(fields=["person", "provider", "state", "ends_at", "every_case", "evaluates"], name="collaboration_reach"),
            models.Index(fields=["provider", "state"], name="collaboration_provider"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def initials(self) -> str:
        return ((self.first_name[:1] + self.last_name[:1]) or self.email[:2]).upper()

    @property
    def granted(self) -> set[Grant]:
        return {grant for grant in Grant if getattr(self, grant.value)}

    def is_live(self) -> bool:
        """`LIVE` for a row at hand; asks for the provider's state, so lists load it along."""
        unended = self.state == self.State.ACTIVE and (self.ends_at is None or self.ends_at > clock.now())
        return unended and self.provider.state == Provider.State.CONFIRMED


class Invitation(models.Model):
    """One e-mailed link: single use, 14 days, bound to the account that held the address when it was sent, else to the address.

    `key` is that of the form by which somebody was added: the same form sent twice mails one link.
    """

    collaboration = models.ForeignKey(Collaboration, on_delete=models.CASCADE, related_name="invitations")
    token_digest = models.CharField(max_length=64, unique=True)
    email = models.EmailField(max_length=254)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    key = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["collaboration", "-id"], name="invitation_newest")]

    def __str__(self) -> str:
        return f"Invitation {self.pk} to {self.email}"


class Lookup(models.Model):
    """An exact look-up of a stranger's address by a provider: counted (30 an hour) and kept for the audit."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    email_digest = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["provider", "-at"], name="lookup_hour")]

    def __str__(self) -> str:
        return f"Lookup {self.pk}"
