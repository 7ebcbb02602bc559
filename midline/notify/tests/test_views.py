"""The bell, Email Notifications, and the development mailbox."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from midline.cases import services as cases
from midline.collaboration.services import collaboration_revoke
from midline.core.workspace import Workspace
from midline.jobs import services as jobs
from midline.notify import mailbox, queries
from midline.notify.links import unsubscribe_address
from midline.notify.models import Delivery, MailSettings, Preference
from midline.notify.rows import ROWS
from midline.notify.tests.factories import commented, invited, published, sent
from midline.notify.urls import mailbox_addresses
from midline.people.policies import Actor
from midline.people.tests.factories import PASSWORD

BELL, NOTIFICATIONS = "/account/bell/", "/account/email-notifications/"


def words(response) -> str:
    return " ".join(response.content.decode().split())


# --- the bell


def test_the_bell_lists_what_a_person_was_told_and_counts_what_is_new(cast):
    published(cast.case, cast.technician.actor)
    commented(cast.case, cast.with_no_grant.actor)
    client = cast.owner.client

    assert "2 new" in words(client.get(BELL + "count/"))
    page = words(client.get(BELL + "list/"))
    assert f"Version 1 of case {cast.case.number} is ready for review" in page
    assert f"Jonas Weiß commented on case {cast.case.number}" in page
    assert "2 are new" in words(client.get(BELL))


def test_an_entry_leads_to_its_page_in_the_readers_workspace_and_is_read_then(cast):
    published(cast.case, cast.technician.actor)
    entry = Delivery.objects.get(channel="bell", person=cast.with_no_grant.user)

    response = cast.with_no_grant.client.get(f"{BELL}{entry.pk}/")

    assert response.headers["Location"].endswith(f"/collaborator/cases/{cast.case.number}/setups/1/")
    entry.refresh_from_db()
    assert entry.read_at is not None
    assert "new" not in words(cast.with_no_grant.client.get(BELL + "count/"))


def test_everything_can_be_marked_as_read_by_its_person_alone(cast):
    published(cast.case, cast.technician.actor)
    cast.with_no_grant.client.post(BELL + "read/")

    assert queries.bell_unread(cast.with_no_grant.user) == 0
    assert queries.bell_unread(cast.owner.user) == 1


def test_marked_as_read_from_the_popover_the_page_stays(cast):
    published(cast.case, cast.technician.actor)
    response = cast.owner.client.post(BELL + "read/", headers={"hx-request": "true"})

    assert response.status_code == 200
    assert 'id="ml-bell-count" hx-swap-oob="innerHTML"></span>' in words(response)
    assert "Mark all as read" not in words(response)


def test_an_invitation_in_the_bell_leads_to_its_answer(cast):
    invited(cast.owner.actor, cast.stranger.user.email)
    entry = Delivery.objects.get(channel="bell", person=cast.stranger.user)

    response = cast.stranger.client.get(f"{BELL}{entry.pk}/")

    assert "/invitation/" in response.headers["Location"]


def test_entries_of_a_case_that_is_not_shared_any_more_are_neither_shown_nor_counted_nor_opened(cast):
    published(cast.case, cast.technician.actor)
    cases.case_shares_set(case=cast.case, wanted=set(), by=cast.owner.actor)
    client = cast.with_no_grant.client
    entry = Delivery.objects.get(channel="bell", person=cast.with_no_grant.user, kind="setup.ready_for_review")

    for page in (words(client.get(BELL)), words(client.get(BELL + "list/"))):
        assert "is ready for review" not in page
        assert f"Maren Østby no longer shares case {cast.case.number} with you" in page
        assert f"/cases/{cast.case.number}/" not in page
    assert "1 new" in words(client.get(BELL + "count/"))
    assert client.get(f"{BELL}{entry.pk}/").status_code == 404


def test_unread_entries_go_with_the_collaboration_and_read_ones_are_not_shown(cast):
    published(cast.case, cast.technician.actor)
    Delivery.objects.filter(person=cast.with_no_grant.user, channel="bell").update(read_at="2026-01-01T00:00Z")
    for person in (cast.with_every_grant, cast.with_no_grant):
        collaboration_revoke(collaboration=person.collaboration, by=Actor(cast.owner.user, Workspace.ACCOUNT, cast.owner.actor.provider_id))

    assert Delivery.objects.get(person=cast.with_every_grant.user, channel="bell", kind="setup.ready_for_review").state == "dropped"
    for person in (cast.with_every_grant, cast.with_no_grant):
        page = words(person.client.get(BELL))
        assert cast.case.number not in page
        assert "Your access to the cases of Maren Østby has ended" in page


def test_an_entry_of_somebody_else_does_not_exist(cast):
    published(cast.case, cast.technician.actor)
    entry = Delivery.objects.get(channel="bell", person=cast.owner.user)

    answers = [cast.stranger.client.get(f"{BELL}{pk}/") for pk in (entry.pk, 987_654)]

    assert [a.status_code for a in answers] == [404, 404]
    entry.refresh_from_db()
    assert entry.read_at is None


def test_the_bell_goes_on_page_by_page(cast, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 2)
    for n in range(3):
        published(cast.case, cast.technician.actor, version=n + 1)
    entries, after = queries.bell_entries(cast.owner.user, limit=2)
    rest, end = queries.bell_entries(cast.owner.user, before=after, limit=2)

    assert [e.delivery.context["version"] for e in entries] == [3, 2]
    assert [e.delivery.context["version"] for e in rest] == [1]
    assert end is None
    assert cast.owner.client.get(f"{BELL}?before=x").status_code == 200


def test_the_bell_costs_the_same_however_much_stands_in_it(cast, django_assert_max_num_queries):
    for n in range(25):
        published(cast.case, cast.technician.actor, version=n + 1)
    with django_assert_max_num_queries(5):
        queries.bell_entries(cast.owner.user)


@pytest.mark.parametrize("path", [BELL, BELL + "list/", BELL + "count/", NOTIFICATIONS])
def test_signed_out_nothing_is_told(db, path):
    assert Client().get(path).status_code == 302


# --- Email Notifications


def form(**changes):
    base = {"instantly": "on", "summary": "on", "summary_at": "07:00", "quiet_from": "19:00", "quiet_until": "07:00"}
    return base | dict.fromkeys(ROWS, "instantly") | changes


def test_a_new_account_has_notify_me_instantly_on(cast):
    page = words(cast.owner.client.get(NOTIFICATIONS))

    assert 'name="instantly" id="id_instantly" checked' in page
    assert page.count('value="instantly" class="radio radio-xs radio-primary" checked') == 8


def test_what_is_chosen_is_kept(cast):
    sent = form(**{"provider.shipped": "never", "conversation.comment": "daily", "summary_at": "08:15", "quiet": "on"})
    del sent["instantly"]
    response = cast.owner.client.post(NOTIFICATIONS, sent)

    assert response.status_code == 302
    saved = MailSettings.objects.get(person=cast.owner.user)
    assert (saved.instantly, saved.quiet, saved.summary_at) == (False, True, time(8, 15))
    chosen = dict(Preference.objects.filter(person=cast.owner.user).values_list("kind", "when"))
    assert (chosen["provider.shipped"], chosen["conversation.comment"]) == ("never", "daily")
    page = words(cast.owner.client.get(NOTIFICATIONS))
    assert 'name="provider.shipped" value="never" class="radio radio-xs radio-primary" checked' in page


def test_each_person_holds_their_own(cast):
    cast.owner.client.post(NOTIFICATIONS, form(**{"conversation.comment": "never"}))

    assert not Preference.objects.exclude(person=cast.owner.user).exists()


def test_rows_of_a_role_that_a_person_does_not_have_are_not_offered(cast):
    guest, owner = words(cast.with_no_grant.client.get(NOTIFICATIONS)), words(cast.owner.client.get(NOTIFICATIONS))

    assert "As a provider" not in guest
    assert "As a collaborator" in guest
    assert "1 provider shares with you" in guest
    assert "As a collaborator" not in owner
    assert "Time zone of" in owner


def test_a_time_that_is_none_is_refused_with_the_remedy(cast):
    response = cast.owner.client.post(NOTIFICATIONS, form(quiet_from="late"))

    assert response.status_code == 422
    assert "This is not a time. Enter hours and minutes, for example 19:00." in words(response)
    assert not MailSettings.objects.exists()


def test_a_choice_that_is_not_offered_is_refused(cast):
    assert cast.owner.client.post(NOTIFICATIONS, form(**{"provider.shipped": "hourly"})).status_code == 422


def test_invitations_and_security_cannot_be_switched_off(cast):
    assert words(cast.owner.client.get(NOTIFICATIONS)).count("Instantly, cannot be switched off") == 2


# --- one click in the mail program


def stop_address(mailoutbox, person) -> str:
    [message] = sent(person.user.email)
    header = message.message()["List-Unsubscribe"]
    return str(header).strip("<>").replace("\r\n", "").replace(" ", "").removeprefix(settings.PUBLIC_URL)


def test_one_click_switches_off_exactly_that_row_of_exactly_that_person_without_signing_in(cast, mailoutbox):
    published(cast.case, cast.technician.actor)
    address = stop_address(mailoutbox, cast.owner)
    mail_program = Client(enforce_csrf_checks=True)

    for _time in range(2):
        response = mail_program.post(address, {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
        assert "“Treatment setup ready for review” is off" in words(response)

    assert list(Preference.objects.values_list("person", "kind", "when")) == [(cast.owner.user.pk, "provider.setup_ready", "never")]
    mailoutbox.clear()
    event = published(cast.case, cast.technician.actor, version=2)
    # To whom first, no rule says.
    assert sorted(m.to for m in sent()) == sorted([[cast.with_every_grant.user.email], [cast.with_no_grant.user.email]])
    assert Delivery.objects.filter(event=event, person=cast.owner.user, channel="bell", state="shown").exists()


def test_opening_the_address_changes_nothing_because_scanners_open_every_link(cast, mailoutbox):
    published(cast.case, cast.technician.actor)
    address = stop_address(mailoutbox, cast.owner)

    page = words(Client().get(address))

    assert "Nothing has changed yet." in page
    assert not Preference.objects.exists()
    assert "no-store" in Client().get(address).headers["Cache-Control"]


def test_what_waits_of_a_row_is_not_sent_once_it_is_switched_off(cast, mailoutbox):
    published(cast.case, cast.technician.actor)
    person = cast.owner.user
    address = unsubscribe_address(person, "provider.setup_ready").removeprefix(settings.PUBLIC_URL)
    Client().post(address)

    assert sent(person.email) == []


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: "x" + t, lambda t: "x", lambda t: t + ":x"]
)
def test_an_address_that_was_not_signed_here_does_not_exist(cast, change):
    token = unsubscribe_address(cast.owner.user, "provider.shipped").rstrip("/").rpartition("/")[2]

    assert Client().post(f"/unsubscribe/{change(token)}/").status_code == 404
    assert not Preference.objects.exists()


def test_the_address_of_a_closed_account_does_not_exist_any_more(cast):
    address = unsubscribe_address(cast.owner.user, "provider.shipped").removeprefix(settings.PUBLIC_URL)
    cast.owner.user.is_active = False
    cast.owner.user.save()

    assert Client().get(address).status_code == 404


# --- off and on again


def test_switched_off_an_event_waits_for_the_summary_is_told_there_once_and_on_again_comes_at_once(cast, mailoutbox):
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False) as clock:
        off = form(summary_at="09:30")
        del off["instantly"]
        cast.owner.client.post(NOTIFICATIONS, off)
        published(cast.case, cast.technician.actor)
        assert sent(cast.owner.user.email) == []

        clock.move_to(datetime(2026, 11, 24, 8, 30, tzinfo=UTC))  # 09:30 in Oslo
        jobs.enqueue("notify.daily", {})
        [summary] = sent(cast.owner.user.email)
        assert str(summary.body).count(f"Version 1 of case {cast.case.number} is ready for review") == 1

        cast.owner.client.post(NOTIFICATIONS, form(summary_at="09:30"))
        published(cast.case, cast.technician.actor, version=2)
        [_summary, at_once] = sent(cast.owner.user.email)
        assert at_once.subject == f"Case {cast.case.number}: version 2 is ready for review"

        clock.shift(timedelta(days=1))
        jobs.enqueue("notify.daily", {})
        assert not [m for m in sent(cast.owner.user.email)[2:] if "Version 1 of case" in m.body]


def test_without_a_summary_what_would_wait_for_it_stands_in_the_bell_alone_and_never_comes_in_a_heap(cast, mailoutbox):
    chosen = form()
    del chosen["instantly"]
    cast.owner.client.post(NOTIFICATIONS, chosen)
    published(cast.case, cast.technician.actor)
    del chosen["summary"]
    cast.owner.client.post(NOTIFICATIONS, chosen)
    published(cast.case, cast.technician.actor, version=2)

    assert not Delivery.objects.filter(person=cast.owner.user, channel="mail", state="digest").exists()
    assert queries.bell_unread(cast.owner.user) == 2


# --- the account in the bell


def test_a_new_sign_in_stands_in_the_bell_and_leads_to_security(cast):
    for agent in ("Firefox/1", "Chrome/2"):
        Client(headers={"user-agent": agent}).post("/account/login/", {"login": cast.owner.user.email, "password": PASSWORD})
    entry = Delivery.objects.get(kind="account.signed_in")

    assert "New sign-in" in words(cast.owner.client.get(BELL))
    assert cast.owner.client.get(f"{BELL}{entry.pk}/")["Location"].endswith("/account/security/")
    assert cast.stranger.client.get(f"{BELL}{entry.pk}/").status_code == 404


# --- the development mailbox


@pytest.fixture
def folder(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    message = EmailMultiAlternatives("Hello", "Plain words\n" + "-" * 79 + "\nafter", "portal@example.org", ["new@example.org"])
    message.attach_alternative("<html><head></head><body><script>alert(1)</script><a href='/x'>link</a></body></html>", "text/html")
    message.send()
    [letter] = mailbox.letters()
    return letter


def test_mail_that_went_to_a_folder_is_read_without_signing_in(db, folder):
    client = Client()

    assert "Hello" in words(client.get("/mail/"))
    page = client.get(f"/mail/{folder.name}/")
    assert "new@example.org" in words(page)
    assert "Plain words" in words(page)
    assert "after" in words(page)
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]


def test_the_html_of_a_mail_runs_nothing_and_is_framed_by_the_mailbox_alone(db, folder):
    response = Client().get(f"/mail/{folder.name}/html/")

    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("name", ["nothing.0", "..%2F..%2Fetc%2Fpasswd", "../secret_key", "x"])
def test_a_mail_that_is_not_there_is_a_404(db, folder, name):
    assert Client().get(f"/mail/{name}/").status_code == 404


@pytest.mark.parametrize("change", [{"PRODUCTION": True}, {"MIDLINE_MAIL_TO_FOLDER": False}])
def test_outside_development_the_mailbox_does_not_exist(db, folder, settings, change):
    for name, value in change.items():
        setattr(settings, name, value)

    assert mailbox_addresses() == []
    for path in ("/mail/", f"/mail/{folder.name}/", f"/mail/{folder.name}/html/"):
        assert Client().get(path).status_code == 404
