"""Writes of the outbox: deliveries in the transaction of their cause, the bell, and what a person chose."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from midline.activity.models import Event
from midline.cases.services.shares import UNDO_WITHIN
from midline.core import clock
from midline.jobs import services as jobs
from midline.jobs.posting import TRIES
from midline.notify.kinds import KINDS
from midline.notify.models import Delivery, MailSettings, Preference
from midline.notify.policies import GONE_COLLABORATION, GONE_SUBJECT, SWITCHED_OFF, Recipient
from midline.notify.preferences import Wishes
from midline.notify.rows import ROWS, SUMMARY, row_of
from midline.people.models import User


@dataclass(frozen=True)
class Message:
    """One kind of message with what its words need; `delay` holds the e-mail back while its cause can be undone."""

    kind: str
    context: dict[str, Any] = field(default_factory=dict)
    case_id: int | None = None
    delay: timedelta = timedelta()


def message_id(name: str) -> str:
    """The Message-ID of `name`, the same for every try and never guessed from outside."""
    proof = salted_hmac("midline.notify.message_id", name, algorithm="sha256").hexdigest()[:16]
    return f"<{name}.{proof}@{urlsplit(settings.PUBLIC_URL).hostname}>"


def deliveries_write(*, event: Event | None, message: Message, to: Collection[Recipient]) -> list[Delivery]:
    """One delivery for each recipient and channel, in the caller's transaction, and a job for each e-mail that goes out at once."""
    kind, now = KINDS[message.kind], clock.now()
    # An address without an account is read for too: inviting must not take longer for one that has an account.
    wishes = Wishes.of([r.person.pk if r.person else 0 for r in to])
    rows: list[Delivery] = []
    for recipient in to:
        ways: list[tuple[Delivery.Channel, Delivery.State]] = []
        if recipient.person is not None:
            ways.append((Delivery.Channel.BELL, Delivery.State.SHOWN))
        if kind.mail and (state := wishes.state_of(recipient.person.pk if recipient.person else None, message.kind, recipient.workspace)):
            ways.append((Delivery.Channel.MAIL, state))
        rows += [
            Delivery(
                event=event,
                person=recipient.person,
                address=recipient.address,
                workspace=recipient.workspace,
                channel=channel,
                kind=message.kind,
                case_id=message.case_id,
                collaboration_id=recipient.collaboration_id,
                action=kind.action or "",
                context=message.context,
                state=state,
                created_at=now,
            )
            for channel, state in ways
        ]
    made = Delivery.objects.bulk_create(rows)
    mails = [d for d in made if d.channel == Delivery.Channel.MAIL]
    for delivery in mails:
        delivery.message_id = message_id(f"delivery-{delivery.pk}")
    Delivery.objects.bulk_update(mails, ["message_id"])
    for delivery in mails:
        if delivery.state == Delivery.State.QUEUED:
            pause = wishes.pause(delivery.person_id, delivery.kind, delivery.workspace)
            mail_enqueue(delivery, delay=max(message.delay, pause))
    return made


def mail_enqueue(delivery: Delivery, *, delay: timedelta = timedelta()) -> None:
    """The job that sends one e-mail, in the caller's transaction."""
    jobs.enqueue("notify.send", {"delivery": delivery.pk}, key=f"notify.send:{delivery.pk}", delay=delay, max_attempts=TRIES)


def collaboration_silenced(*, collaboration_id: int) -> int:
    """A collaboration has ended: what was on its way to the collaborator is dropped, and what they have not read in the bell goes.

    The provider's own messages about it stay. Returns how many were dropped.
    """
    theirs = Delivery.objects.filter(collaboration_id=collaboration_id, workspace="collaborator")
    waiting = theirs.filter(state__in=[Delivery.State.QUEUED, Delivery.State.DIGEST])
    unread = theirs.filter(channel=Delivery.Channel.BELL, state=Delivery.State.SHOWN, read_at=None)
    gone = {"state": Delivery.State.DROPPED, "dropped_because": GONE_COLLABORATION}
    return waiting.update(**gone) + unread.update(**gone)


def superseded(*, kind: str, collaboration_id: int, case_id: int | None = None) -> list[Event]:
    """Drops what waits of this kind about a collaboration (and case): a newer message, about to be written, says it all.

    Returns the events that were not told, oldest first.
    """
    waiting = Delivery.objects.filter(
        kind=kind, collaboration_id=collaboration_id, case_id=case_id, state__in=[Delivery.State.QUEUED, Delivery.State.DIGEST]
    )
    rows = list(waiting.select_related("event").order_by("id"))
    _dropped(Delivery.objects.filter(pk__in=[d.pk for d in rows]))
    return [d.event for d in rows if d.event]


def bell_forgets(*, events: Collection[Event]) -> int:
    """What was taken back before it was told leaves the bell too. Returns how many entries went."""
    return _dropped(Delivery.objects.filter(event__in=events, channel=Delivery.Channel.BELL, read_at=None))


def met_halfway(*, kind: str, collaboration_ids: Collection[int], case: str | None = None) -> set[int]:
    """Those of the collaborations to which the opposite message `kind` was just about to go: it is dropped, and nothing need be told.

    case: the number of the case that it is about. Only what was written while its cause can still be undone counts.
    """
    waiting = Delivery.objects.filter(
        kind=kind, collaboration_id__in=collaboration_ids, state=Delivery.State.QUEUED, created_at__gt=clock.now() - UNDO_WITHIN
    )
    if case is not None:
        waiting = waiting.filter(context__case=case)
    found = dict(waiting.values_list("pk", "collaboration_id"))
    _dropped(Delivery.objects.filter(pk__in=found))
    return {collaboration for collaboration in found.values() if collaboration}


def _dropped(rows: QuerySet[Delivery]) -> int:
    return rows.update(state=Delivery.State.DROPPED, dropped_because=GONE_SUBJECT)


def bell_read(*, person: User, ids: Collection[int] | None = None) -> int:
    """Marks what stands in the bell as read: everything, or those of `ids` that are the person's. Returns how many."""
    unread = Delivery.objects.filter(person=person, channel=Delivery.Channel.BELL, state=Delivery.State.SHOWN, read_at=None)
    if ids is not None:
        unread = unread.filter(pk__in=ids)
    return unread.update(read_at=clock.now())


@dataclass(frozen=True)
class Times:
    """The person's own times: quiet hours, and when the daily summary comes."""

    summary: bool
    summary_at: time
    quiet: bool
    quiet_from: time
    quiet_until: time
    quiet_weekend: bool


@transaction.atomic
def mail_settings_save(*, person: User, instantly: bool, when: dict[str, str], times: Times) -> MailSettings:
    """What a person chose on Email Notifications; `when` maps rows to one of Preference.When. Unknown rows are left out."""
    saved, _made = MailSettings.objects.update_or_create(person=person, defaults={"instantly": instantly, **vars(times)})
    if not times.summary:
        _summary_emptied(person)
    rows = [Preference(person=person, kind=row, when=when[row]) for row in ROWS if row in when]
    Preference.objects.bulk_create(rows, update_conflicts=True, unique_fields=["person", "kind"], update_fields=["when"])
    return saved


@transaction.atomic
def row_switch_off(*, person: User, row: str) -> None:
    """Switches off one row of Email Notifications, or the daily summary. What waits of it is not sent either: the bell has it."""
    if row == SUMMARY:
        MailSettings.objects.update_or_create(person=person, defaults={"summary": False})
        _summary_emptied(person)
        return
    Preference.objects.update_or_create(person=person, kind=row, defaults={"when": Preference.When.NEVER})
    waiting = Delivery.objects.filter(
        person=person, channel=Delivery.Channel.MAIL, state__in=[Delivery.State.QUEUED, Delivery.State.DIGEST]
    )
    ids = [pk for pk, kind, workspace in waiting.values_list("pk", "kind", "workspace") if row_of(kind, workspace) == row]
    Delivery.objects.filter(pk__in=ids).update(state=Delivery.State.DROPPED, dropped_because=SWITCHED_OFF)


def _summary_emptied(person: User) -> None:
    """Without a summary nothing waits for one: it would all come on the day it is switched on again."""
    waiting = Delivery.objects.filter(person=person, channel=Delivery.Channel.MAIL, state=Delivery.State.DIGEST)
    waiting.update(state=Delivery.State.DROPPED, dropped_because=SWITCHED_OFF)
