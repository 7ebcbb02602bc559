"""The daily summary: what a person wants to hear once a day, and what waits for them, repeated until it is done."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from midline.cases.models import Case, Group, Status
from midline.cases.policies import cases_for
from midline.cases.queries import standings
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.http import public_url
from midline.core.workspace import Workspace
from midline.notify.kinds import KINDS
from midline.notify.letters import Letter, Line
from midline.notify.links import case_address, list_path, path_of, settings_address, unsubscribe_address
from midline.notify.models import Delivery, MailSettings
from midline.notify.policies import still_told
from midline.notify.rows import SUMMARY
from midline.notify.services import mail_enqueue, message_id
from midline.notify.words import words_of
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.models import Practice, Provider
from midline.practices.queries import provider_of

# After this long a summary is not made up for: a portal that starts in the afternoon does not say good morning.
HOUR_OPEN = timedelta(hours=2)
NAMED = 10
LOOKED_AT = 200
SATURDAY = 5


@dataclass(frozen=True)
class Waiting:
    """The cases of one workspace in which it is this person's turn, oldest activity first."""

    workspace: Workspace
    cases: list[Case]


@dataclass(frozen=True)
class Gathered:
    """What one person's summary holds: messages kept for it, and what waits for them."""

    told: list[Delivery]
    waiting: list[Waiting]

    def __bool__(self) -> bool:
        return bool(self.told or self.waiting)


def gather(person: User) -> Gathered:
    """What waits for this person at this moment; what they may not read any more is left out."""
    kept = Delivery.objects.filter(person=person, channel=Delivery.Channel.MAIL, state=Delivery.State.DIGEST)
    told = still_told(list(kept.select_related("person", "event__person").order_by("id")[:LOOKED_AT]))
    return Gathered(told, [waiting for waiting in (_waiting(actor) for actor in _actors(person)) if waiting.cases])


def _actors(person: User) -> list[Actor]:
    provider = provider_of(person.pk)
    actors = [Actor(person, Workspace.PROVIDER, provider.pk)] if provider else []
    if Collaboration.objects.live().filter(person=person).exists():
        actors.append(Actor(person, Workspace.COLLABORATOR))
    return actors


def _waiting(actor: Actor) -> Waiting:
    """A provider's Action Needed, a collaborator's To evaluate; only where it is this person's own turn."""
    groups = [s.value for s in Status if s.group is Group.ACTION]
    statuses = groups if actor.workspace is Workspace.PROVIDER else [Status.AWAITING_APPROVAL.value]
    rows = cases_for(actor).filter(status__in=statuses).select_related("current_order").order_by("last_activity_at", "id")[:LOOKED_AT]
    cases = list(rows)
    stand = standings(cases, actor)
    return Waiting(actor.workspace, [case for case in cases if stand[case.pk].own])


def letter_of(gathered: Gathered, person: User) -> Letter:
    """The summary in words: counts first, then at most ten cases of each workspace, then the messages."""
    count = sum(len(waiting.cases) for waiting in gathered.waiting)
    title = (
        ngettext("%(n)s case waits for you", "%(n)s cases wait for you", count) % {"n": count}
        if count
        else _("What happened on your cases")
    )
    statuses = Counter(case.state.label for waiting in gathered.waiting for case in waiting.cases)
    counted = ", ".join(f"{label} ({n})" for label, n in statuses.most_common())
    first = gathered.waiting[0].workspace if gathered.waiting else Workspace(gathered.told[0].workspace)
    return Letter(
        subject=title,
        title=title,
        says=_("Daily summary: %(statuses)s.") % {"statuses": counted} if counted else _("Daily summary."),
        button=_("Open Manage Orders") if first is Workspace.PROVIDER else _("Open the Collaborator Dashboard"),
        address=public_url(list_path(first)),
        lists=[*(_list(waiting) for waiting in gathered.waiting), *_messages(gathered.told)],
        why=_("You get this each day on which something waits."),
        settings_address=settings_address(),
        unsubscribe_address=unsubscribe_address(person, SUMMARY),
    )


def _list(waiting: Waiting) -> tuple[str, list[Line]]:
    title = _("As a provider") if waiting.workspace is Workspace.PROVIDER else _("As a collaborator")
    lines = [Line(f"{case.number}: {case.state.label}", case_address(waiting.workspace, case.number)) for case in waiting.cases[:NAMED]]
    more = len(waiting.cases) - NAMED
    if more > 0:
        words = ngettext("%(n)s case more", "%(n)s cases more", more) % {"n": more}
        lines.append(Line(words, public_url(list_path(waiting.workspace))))
    return title, lines


def _messages(told: list[Delivery]) -> list[tuple[str, list[Line]]]:
    lines = [Line(KINDS[d.kind].title_in(words_of(d)), public_url(path_of(d))) for d in told]
    return [(_("What happened"), lines)] if lines else []


@transaction.atomic
def summary_make(*, person_id: int, day: date) -> Delivery | None:
    """Queues the summary of `day` when something waits. Once for each person and day, however often it is asked."""
    mine, _made = MailSettings.objects.select_for_update().get_or_create(person_id=person_id)
    if not mine.summary or (mine.summary_on and mine.summary_on >= day):
        return None
    mine.summary_on = day
    mine.save(update_fields=["summary_on"])
    person = User.objects.get(pk=person_id)
    if not person.is_active or not gather(person):
        return None
    delivery = Delivery.objects.create(
        person=person,
        address=person.email,
        workspace=Workspace.ACCOUNT,
        channel=Delivery.Channel.MAIL,
        kind=SUMMARY,
        message_id=message_id(f"summary-{person_id}-{day}"),
        created_at=clock.now(),
    )
    mail_enqueue(delivery)
    return delivery


def due_people() -> list[tuple[int, date]]:
    """Whose hour has come and who has not had a summary on this day of theirs: (person, that day)."""
    now = clock.now()
    people = User.objects.filter(is_active=True).filter(
        Q(provider__state=Provider.State.CONFIRMED)
        | Q(pk__in=Collaboration.objects.live().values("person_id"))
        | Q(pk__in=Delivery.objects.filter(state=Delivery.State.DIGEST).values("person_id"))
    )
    zones = _zones()
    found = []
    chosen = MailSettings.objects.in_bulk()
    for person_id in people.order_by("pk").values_list("pk", flat=True).distinct():
        mine = chosen.get(person_id) or MailSettings(person_id=person_id)
        here = now.astimezone(zones.get(person_id) or ZoneInfo(settings.TIME_ZONE))
        if day := _due_day(mine, here):
            found.append((person_id, day))
    return found


def _due_day(mine: MailSettings, here: datetime) -> date | None:
    """The day whose summary is due at this moment of the person's own time; one set to 23:55 may come after midnight."""
    for day in (here.date(), here.date() - timedelta(days=1)):
        opens = datetime.combine(day, mine.summary_at, tzinfo=here.tzinfo)
        if opens <= here < opens + HOUR_OPEN:
            told = mine.summary_on is not None and mine.summary_on >= day
            resting = mine.quiet and mine.quiet_weekend and day.weekday() >= SATURDAY
            return day if mine.summary and not told and not resting else None
    return None


def _zones() -> dict[int, ZoneInfo]:
    """person → time zone of their first practice, in one query."""
    rows = Practice.objects.order_by("provider_id", "-position", "-id").values_list("provider__person_id", "time_zone")
    return {person: ZoneInfo(zone) for person, zone in rows}
