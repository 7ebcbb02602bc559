"""What the worker does of this room: send e-mails, make the daily summaries, warn of access that ends soon."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet

from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.workspace import Workspace
from midline.jobs import services as jobs
from midline.jobs.posting import post
from midline.jobs.schedule import rounds
from midline.jobs.services import Claim, handler
from midline.notify import summary
from midline.notify.letters import mail_of
from midline.notify.models import Delivery
from midline.notify.policies import Recipient, reason_to_drop
from midline.notify.rows import SUMMARY
from midline.notify.services import Message, deliveries_write, message_id

WARN_DAYS = (14, 1)


@handler("notify.send")
def send(claim: Claim) -> None:
    """One e-mail: asks the policy again, renders in the reader's language, sends, and only then writes down that it was sent.

    A worker killed between the last two sends it once more, under the same Message-ID; nothing is ever lost.
    """
    found = Delivery.objects.select_related("person", "event__person").filter(pk=claim.payload["delivery"]).first()
    if found is None or found.state != Delivery.State.QUEUED:
        return
    if found.kind == SUMMARY:
        _send_summary(claim, found)
        return
    if reason := reason_to_drop(found):
        _still_queued(found).update(state=Delivery.State.DROPPED, dropped_because=reason)
        return
    post(claim, mail_of(found))
    _still_queued(found).update(state=Delivery.State.SENT, sent_at=clock.now())


def _still_queued(delivery: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.QUEUED)


def _send_summary(claim: Claim, delivery: Delivery) -> None:
    """The daily summary, of what waits at this moment."""
    person = delivery.person
    gathered = summary.gather(person) if person and person.is_active else None
    if person is None or not gathered:
        _still_queued(delivery).update(state=Delivery.State.DROPPED, dropped_because="Nothing waits any more.")
        return
    post(claim, mail_of(delivery, lambda _delivery: summary.letter_of(gathered, person)))
    with transaction.atomic():
        now = clock.now()
        told = Delivery.objects.filter(pk__in=[d.pk for d in gathered.told], state=Delivery.State.DIGEST)
        told.update(state=Delivery.State.SENT, sent_at=now)
        _still_queued(delivery).update(state=Delivery.State.SENT, sent_at=now)


@rounds("notify.daily", seconds=900)
def daily(claim: Claim) -> None:
    """Looks for people whose hour of the daily summary has come in their own time zone."""
    due = summary.due_people()
    for person_id, day in due:
        jobs.enqueue("notify.summary", {"person": person_id, "day": day.isoformat()}, key=f"notify.summary:{person_id}:{day}")
    claim.beat({"due": len(due)})


@handler("notify.summary")
def make_summary(claim: Claim) -> None:
    """One person's summary of one day: made once, and only when something waits."""
    summary.summary_make(person_id=claim.payload["person"], day=date.fromisoformat(claim.payload["day"]))


@rounds("notify.ends_soon", seconds=3600)
def ends_soon(claim: Claim) -> None:
    """Tells collaborators that their access ends, 14 days and 1 day before; each of the two once, whatever happens to this job."""
    now = clock.now()
    for days in WARN_DAYS:
        ending = Collaboration.objects.live().filter(ends_at__gt=now + timedelta(days=days - 1), ends_at__lte=now + timedelta(days=days))
        for collaboration in ending.select_related("provider__person", "person"):
            _warn(collaboration, days)
            claim.beat()


@transaction.atomic
def _warn(collaboration: Collaboration, days: int) -> None:
    mark = message_id(f"ends-{collaboration.pk}-{collaboration.ends_on}-{days}")
    if collaboration.person is None or collaboration.ends_on is None or Delivery.objects.filter(message_id=mark).exists():
        return
    context = {"provider": collaboration.provider.name, "until": collaboration.ends_on.isoformat()}
    to = Recipient(collaboration.person, collaboration.person.email, Workspace.COLLABORATOR, collaboration.pk)
    made = deliveries_write(event=None, message=Message("access.ends_soon", context), to=[to])
    Delivery.objects.filter(pk__in=[d.pk for d in made if d.channel == Delivery.Channel.BELL]).update(message_id=mark)
