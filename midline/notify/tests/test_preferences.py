"""What a person chose: per kind, the master switch, quiet hours."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine

from midline.jobs import services as jobs
from midline.jobs.models import Job
from midline.notify.models import Delivery, MailSettings, Preference
from midline.notify.preferences import quiet_left
from midline.notify.tests.factories import invited, published, sent, told

SUNDAY = datetime(2026, 11, 22, 11, tzinfo=UTC)


def choose(person, kind, when):
    Preference.objects.update_or_create(person=person.user, kind=kind, defaults={"when": when})


def test_a_new_account_hears_of_everything_at_once(cast, mailoutbox):
    published(cast.case, cast.technician.actor)

    assert len(sent(cast.owner.user.email)) == 1


def test_off_writes_no_mail_but_the_bell(cast):
    choose(cast.owner, "provider.setup_ready", Preference.When.NEVER)
    event = published(cast.case, cast.technician.actor)

    assert cast.owner.user.email not in told(event)
    assert cast.owner.user.email in told(event, Delivery.Channel.BELL)


def test_daily_waits_for_the_summary(cast, mailoutbox):
    choose(cast.owner, "provider.setup_ready", Preference.When.DAILY)
    event = published(cast.case, cast.technician.actor)

    assert sent(cast.owner.user.email) == []
    assert Delivery.objects.get(event=event, address=cast.owner.user.email, channel="mail").state == "digest"


def test_one_row_switches_one_role(cast, mailoutbox):
    choose(cast.with_no_grant, "provider.setup_ready", Preference.When.NEVER)
    published(cast.case, cast.technician.actor)

    assert len(sent(cast.with_no_grant.user.email)) == 1


def test_the_master_switch_makes_what_is_instant_wait_and_leaves_off_off(cast, mailoutbox):
    MailSettings.objects.create(person=cast.owner.user, instantly=False)
    choose(cast.owner, "provider.shipped", Preference.When.NEVER)
    event = published(cast.case, cast.technician.actor)

    assert sent(cast.owner.user.email) == []
    assert Delivery.objects.get(event=event, address=cast.owner.user.email, channel="mail").state == "digest"
    assert len(sent(cast.with_no_grant.user.email)) == 1


def test_invitations_go_out_whatever_is_switched(cast, mailoutbox):
    MailSettings.objects.create(
        person=cast.stranger.user, instantly=False, summary=False, quiet=True, quiet_from=time(0), quiet_until=time(23, 59)
    )
    invited(cast.owner.actor, cast.stranger.user.email)

    assert len(sent(cast.stranger.user.email)) == 1


# --- quiet hours; the owner's practice is in Oslo, an hour before UTC in November


def quiet(cast, **times) -> MailSettings:
    return MailSettings(person=cast.owner.user, **{"quiet": True, "quiet_from": time(19), "quiet_until": time(7), **times})


@pytest.mark.parametrize(
    ("at", "hours"),
    [
        (datetime(2026, 11, 23, 12, tzinfo=UTC), 0),
        (datetime(2026, 11, 23, 17, 59, tzinfo=UTC), 0),
        (datetime(2026, 11, 23, 18, tzinfo=UTC), 12),
        (datetime(2026, 11, 24, 2, tzinfo=UTC), 4),
        (datetime(2026, 11, 24, 6, tzinfo=UTC), 0),
    ],
)
def test_quiet_hours_end_in_the_time_zone_of_the_first_practice(cast, at, hours):
    assert quiet_left(quiet(cast), at) == timedelta(hours=hours)


def test_a_quiet_weekend_joins_the_quiet_hours_around_it(cast):
    friday_evening = datetime(2026, 11, 20, 19, tzinfo=UTC)

    left = quiet_left(quiet(cast, quiet_weekend=True), friday_evening)

    assert friday_evening + left == datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_quiet_hours_within_a_day(cast):
    mine = quiet(cast, quiet_from=time(12), quiet_until=time(13))

    assert quiet_left(mine, datetime(2026, 11, 23, 11, 30, tzinfo=UTC)) == timedelta(minutes=30)
    assert quiet_left(mine, datetime(2026, 11, 23, 12, tzinfo=UTC)) == timedelta()


def test_the_same_time_twice_is_no_quiet_at_all(cast):
    assert quiet_left(quiet(cast, quiet_from=time(7), quiet_until=time(7)), SUNDAY) == timedelta()


def test_mail_waits_for_the_end_of_quiet_hours_and_then_comes(cast, mailoutbox):
    quiet(cast).save()
    with time_machine.travel(datetime(2026, 11, 23, 20, tzinfo=UTC), tick=False) as traveller:
        published(cast.case, cast.technician.actor)
        assert sent(cast.owner.user.email) == []
        assert len(sent(cast.with_no_grant.user.email)) == 1

        traveller.shift(timedelta(hours=10))
        assert len(sent(cast.owner.user.email)) == 1
    assert not Job.objects.filter(kind="notify.send").exclude(state=Job.State.DONE).exists()
    assert jobs.run_one() is False
