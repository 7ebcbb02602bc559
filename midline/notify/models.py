"""The outbox: what each person is told of an event, by which way."""

from datetime import time

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Delivery(models.Model):
    """One message to one person by one channel, written in the transaction of its cause.

    case_id, collaboration_id and action are what the sender asks the policy again with; message_id is the same for every try.
    """

    class Channel(models.TextChoices):
        MAIL = "mail", _("E-mail")
        BELL = "bell", _("Bell")

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        DIGEST = "digest", _("Waits for the daily summary")
        SENT = "sent", _("Sent")
        DROPPED = "dropped", _("Dropped")
        SHOWN = "shown", _("Shown")

    event = models.ForeignKey("activity.Event", on_delete=models.PROTECT, related_name="deliveries", null=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    address = models.EmailField(max_length=254)
    workspace = models.CharField(max_length=12)
    channel = models.CharField(max_length=5, choices=Channel.choices)
    kind = models.CharField(max_length=60)
    case_id = models.BigIntegerField(null=True)
    collaboration_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=40, blank=True)
    context = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    dropped_because = models.CharField(max_length=120, blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "address", "channel", "workspace"], name="one_delivery_per_event_person_and_channel"),
            models.UniqueConstraint(fields=["message_id"], condition=~Q(message_id=""), name="one_delivery_per_message_id"),
        ]
        indexes = [
            models.Index(fields=["person", "channel", "-id"], name="delivery_bell"),
            models.Index(fields=["state", "id"], condition=Q(state__in=["queued", "digest"]), name="delivery_waiting"),
            models.Index(fields=["collaboration_id"], condition=Q(state__in=["queued", "digest"]), name="delivery_collaboration"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.pk}"


class Preference(models.Model):
    """When a person wants to hear of one kind of event; no row: instantly."""

    class When(models.TextChoices):
        INSTANTLY = "instantly", _("Instantly")
        DAILY = "daily", pgettext_lazy("when an e-mail comes", "Daily summary")
        NEVER = "never", _("Off")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_preferences")
    kind = models.CharField(max_length=60)  # a row of Email Notifications: kinds.ROWS
    when = models.CharField(max_length=10, choices=When.choices, default=When.INSTANTLY)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="one_preference_per_person_and_kind")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.when}"


class MailSettings(models.Model):
    """When mail may come to a person. No row: the defaults here, which are those of a new account.

    instantly is "Notify me instantly", the master switch: off, what would come at once waits for the daily summary. Times are in the
    person's own time zone. summary_on is the day whose daily summary has been made, or for which nothing waited.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_settings", primary_key=True)
    instantly = models.BooleanField(default=True)
    summary = models.BooleanField(default=True)
    summary_at = models.TimeField(default=time(7))
    summary_on = models.DateField(null=True)
    quiet = models.BooleanField(default=False)
    quiet_from = models.TimeField(default=time(19))
    quiet_until = models.TimeField(default=time(7))
    quiet_weekend = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"instantly: {self.instantly}"
