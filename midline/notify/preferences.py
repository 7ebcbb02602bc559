"""When mail may reach a person: what they chose for each kind of message, the master switch, and their quiet hours."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from midline.core import clock
from midline.notify.models import Delivery, MailSettings, Preference
from midline.notify.rows import row_of
from midline.practices.queries import provider_of, time_zone_of

SATURDAY = 5


def zone_of(person_id: int) -> ZoneInfo:
    """The time zone of the person's first practice, for others that of the installation (UTC unless set)."""
    provider = provider_of(person_id)
    return ZoneInfo(time_zone_of(provider.pk) if provider else settings.TIME_ZONE)


@dataclass(frozen=True)
class Wishes:
    """What some people chose, read in two queries."""

    settings: dict[int, MailSettings]
    chosen: dict[tuple[int, str], str]

    @classmethod
    def of(cls, people: Collection[int]) -> "Wishes":
        rows = Preference.objects.filter(person_id__in=people)
        return cls(
            MailSettings.objects.in_bulk(list(people)),
            {(person, kind): when for person, kind, when in rows.values_list("person_id", "kind", "when")},
        )

    def of_person(self, person_id: int) -> MailSettings:
        return self.settings.get(person_id) or MailSettings(person_id=person_id)

    def state_of(self, person_id: int | None, kind: str, workspace: str) -> Delivery.State | None:
        """How an e-mail of this kind starts out: queued, waiting for the daily summary, or None, not written at all.

        Who wants no daily summary has what would wait for it in the bell alone.
        """
        row = row_of(kind, workspace)
        if row is None or person_id is None:
            return Delivery.State.QUEUED
        mine, when = self.of_person(person_id), self.chosen.get((person_id, row), Preference.When.INSTANTLY)
        if when == Preference.When.NEVER:
            return None
        if when == Preference.When.INSTANTLY and mine.instantly:
            return Delivery.State.QUEUED
        return Delivery.State.DIGEST if mine.summary else None

    def pause(self, person_id: int | None, kind: str, workspace: str) -> timedelta:
        """How long an e-mail waits for quiet hours to end. Invitations and what concerns the account's safety never wait."""
        if person_id is None or row_of(kind, workspace) is None:
            return timedelta()
        return quiet_left(self.of_person(person_id), clock.now())


def quiet_left(mine: MailSettings, now: datetime) -> timedelta:
    """How long the quiet hours that hold at `now` still last; nothing outside them."""
    if not mine.quiet:
        return timedelta()
    zone = zone_of(mine.person_id)
    moment = now.astimezone(zone)
    for _step in range(6):
        later = _end_of_quiet(mine, moment, zone)
        if later <= moment:
            break
        moment = later
    return moment - now


def _end_of_quiet(mine: MailSettings, moment: datetime, zone: ZoneInfo) -> datetime:
    """The end of the quiet stretch that holds at `moment`, or `moment` itself when none does. Stretches may touch."""
    if mine.quiet_weekend and moment.weekday() >= SATURDAY:
        return datetime.combine(moment.date() + timedelta(days=1), time.min, tzinfo=zone)
    start, end, clock_time = mine.quiet_from, mine.quiet_until, moment.time()
    if start == end:
        return moment
    if start < end:
        return datetime.combine(moment.date(), end, tzinfo=zone) if start <= clock_time < end else moment
    if clock_time >= start:
        return datetime.combine(moment.date() + timedelta(days=1), end, tzinfo=zone)
    return datetime.combine(moment.date(), end, tzinfo=zone) if clock_time < end else moment
