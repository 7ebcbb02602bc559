"""The daily summary: one for each person and day, of what waits, until it is done; and warnings before access ends."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from midline.cases.tests.factories import make_case, move
from midline.jobs import services as jobs
from midline.jobs.models import Job
from midline.notify import summary
from midline.notify.models import Delivery, MailSettings, Preference
from midline.notify.tests.factories import invited, published, sent, whole
from midline.people.models import User

# 07:00 in Oslo, a Monday.
MORNING = datetime(2026, 11, 23, 6, tzinfo=UTC)


def pass_round() -> None:
    jobs.enqueue("notify.daily", {})
    jobs.run_all()


@pytest.fixture
def morning():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def test_a_summary_lists_what_waits_and_comes_again_until_it_is_done(cast, morning, mailoutbox):
    draft = make_case(cast.practice)
    pass_round()

    [first] = sent(cast.owner.user.email)
    assert first.subject == "1 case waits for you"
    assert f"{draft.number}: Draft" in first.body
    assert f"/provider/cases/{draft.number}/" in first.body

    morning.shift(timedelta(days=1))
    pass_round()
    assert len(sent(cast.owner.user.email)) == 2

    move(draft, "submit", technician=cast.technician.user)
    morning.shift(timedelta(days=1))
    pass_round()
    assert len(sent(cast.owner.user.email)) == 2


def test_one_summary_for_each_person_and_day_however_often_the_round_comes(cast, morning, mailoutbox):
    make_case(cast.practice)
    for _round in range(4):
        pass_round()
        morning.shift(timedelta(minutes=15))

    assert len(sent(cast.owner.user.email)) == 1
    assert summary.summary_make(person_id=cast.owner.user.pk, day=date(2026, 11, 23)) is None


def test_it_comes_at_seven_in_the_persons_own_time_zone(cast, morning, mailoutbox):
    make_case(cast.practice)
    morning.shift(timedelta(minutes=-1))
    pass_round()
    assert sent(cast.owner.user.email) == []

    morning.shift(timedelta(minutes=1))
    pass_round()
    assert len(sent(cast.owner.user.email)) == 1


def test_it_comes_at_the_hour_that_the_person_chose_and_not_to_those_who_want_none(cast, morning, mailoutbox):
    make_case(cast.practice)
    MailSettings.objects.create(person=cast.owner.user, summary_at=time(9, 30))
    pass_round()
    assert sent(cast.owner.user.email) == []
    morning.shift(timedelta(hours=2, minutes=30))
    MailSettings.objects.update(summary=False)
    pass_round()
    assert sent(cast.owner.user.email) == []

    MailSettings.objects.update(summary=True)
    pass_round()
    assert len(sent(cast.owner.user.email)) == 1


def test_a_portal_that_starts_in_the_afternoon_does_not_say_good_morning(cast, morning, mailoutbox):
    make_case(cast.practice)
    morning.shift(timedelta(hours=8))
    pass_round()

    assert sent() == []


def test_a_summary_set_to_the_last_minutes_of_a_day_comes_after_midnight_once_a_day(cast, morning, mailoutbox):
    make_case(cast.practice)
    MailSettings.objects.create(person=cast.owner.user, summary_at=time(23, 55))
    morning.move_to(datetime(2026, 11, 23, 22, 50, tzinfo=UTC))  # 23:50 in Oslo
    pass_round()
    assert sent(cast.owner.user.email) == []
    for _round in range(4):
        morning.shift(timedelta(minutes=15))
        pass_round()

    assert len(sent(cast.owner.user.email)) == 1
    morning.shift(timedelta(days=1))
    pass_round()
    assert len(sent(cast.owner.user.email)) == 2


def test_a_quiet_weekend_has_no_summary(cast, morning, mailoutbox):
    make_case(cast.practice)
    MailSettings.objects.create(person=cast.owner.user, quiet=True, quiet_weekend=True)
    morning.shift(timedelta(days=-1))
    pass_round()

    assert sent() == []


def test_nothing_waits_nothing_comes(cast, morning, mailoutbox):
    pass_round()

    assert sent() == []


def test_what_was_kept_for_the_summary_is_told_once(cast, morning, mailoutbox):
    MailSettings.objects.create(person=cast.with_no_grant.user, instantly=False, summary_at=time(6))
    published(cast.case, cast.technician.actor)
    pass_round()

    [message] = sent(cast.with_no_grant.user.email)
    assert f"Version 1 of case {cast.case.number} is ready for review" in message.body
    assert f"/collaborator/cases/{cast.case.number}/setups/1/" in message.body
    assert not Delivery.objects.filter(state="digest").exists()
    morning.shift(timedelta(days=1))
    pass_round()
    assert len(sent(cast.with_no_grant.user.email)) == 1


def test_a_collaborators_summary_lists_what_they_have_to_evaluate(cast, morning, mailoutbox):
    move(cast.case, "take", "publish", technician=cast.technician.user)
    MailSettings.objects.create(person=cast.with_no_grant.user, summary_at=time(6))
    pass_round()

    [message] = sent(cast.with_no_grant.user.email)
    assert f"/collaborator/cases/{cast.case.number}/" in message.body
    assert "Setup awaiting approval (1)" in message.body
    assert sent(cast.owner.user.email) == []


def test_what_access_was_lost_to_is_not_in_the_summary(cast, morning, mailoutbox):
    MailSettings.objects.create(person=cast.with_no_grant.user, instantly=False, summary_at=time(6))
    published(cast.case, cast.technician.actor)
    jobs.enqueue("notify.daily", {})
    jobs.run_one()
    jobs.run_one()
    collaboration = cast.with_no_grant.collaboration
    collaboration.ends_at = MORNING - timedelta(seconds=1)
    collaboration.save()

    assert sent(cast.with_no_grant.user.email) == []


def test_the_list_names_ten_and_counts_the_rest(cast, morning, mailoutbox):
    for _n in range(13):
        make_case(cast.practice)
    pass_round()

    [message] = sent(cast.owner.user.email)
    assert message.subject == "13 cases wait for you"
    assert message.body.count(": Draft\n") == 10
    assert "3 cases more" in message.body


def test_a_summary_has_one_message_id_and_leads_to_the_settings(cast, morning, mailoutbox):
    make_case(cast.practice)
    pass_round()

    [message] = sent(cast.owner.user.email)
    assert message.message()["Message-ID"].startswith(f"<summary-{cast.owner.user.pk}-2026-11-23.")
    assert "/account/email-notifications/" in whole(message)


def test_a_closed_account_has_no_summary(cast, morning, mailoutbox):
    make_case(cast.practice)
    User.objects.filter(pk=cast.owner.user.pk).update(is_active=False)
    pass_round()

    assert sent() == []


# --- access that ends soon


@pytest.mark.parametrize("days", [14, 1])
def test_a_collaborator_is_warned_14_days_and_1_day_before_once_each(cast, morning, mailoutbox, days):
    collaboration = cast.with_no_grant.collaboration
    collaboration.ends_on, collaboration.ends_at = date(2026, 12, 31), MORNING + timedelta(days=days)
    collaboration.save()
    for _round in range(3):
        jobs.enqueue("notify.ends_soon", {})
        jobs.run_all()
        morning.shift(timedelta(hours=1))

    [message] = sent(cast.with_no_grant.user.email)
    assert message.subject == "Your access to the cases of Maren Østby ends on 31 Dec 2026"
    assert Delivery.objects.filter(kind="access.ends_soon", channel="bell").count() == 1


def test_whoever_switched_the_warning_off_still_has_it_once_in_the_bell(cast, morning, mailoutbox):
    Preference.objects.create(person=cast.with_no_grant.user, kind="collaborator.access", when="never")
    collaboration = cast.with_no_grant.collaboration
    collaboration.ends_on, collaboration.ends_at = date(2026, 12, 7), MORNING + timedelta(days=14)
    collaboration.save()
    for _round in range(2):
        jobs.enqueue("notify.ends_soon", {})
        jobs.run_all()

    assert sent() == []
    assert Delivery.objects.filter(kind="access.ends_soon").count() == 1


def test_an_invitation_that_was_not_answered_is_not_warned(cast, morning, mailoutbox):
    row = invited(cast.owner.actor, cast.stranger.user.email)
    row.ends_on, row.ends_at = date(2026, 12, 7), MORNING + timedelta(days=14)
    row.save()
    jobs.enqueue("notify.ends_soon", {})
    jobs.run_all()

    assert not Delivery.objects.filter(kind="access.ends_soon").exists()
    assert not Job.objects.filter(state=Job.State.DEAD).exists()
