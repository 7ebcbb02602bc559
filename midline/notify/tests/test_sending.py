"""Sending: the policy asked again, one Message-ID for all tries, at least once whatever fails."""

import smtplib
import socket
import threading
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from midline.cases import services as cases
from midline.cases.models import Share
from midline.collaboration.services import collaboration_revoke
from midline.conversation.models import Comment
from midline.conversation.services import comment_delete
from midline.core import clock
from midline.core.workspace import Workspace
from midline.jobs import services as jobs
from midline.jobs.models import Job
from midline.jobs.posting import TRIES
from midline.jobs.services import LEASE
from midline.notify.models import Delivery
from midline.notify.tests.factories import commented, html, invited, name_patient, published, sent, told, whole
from midline.people.models import User
from midline.people.policies import Actor

HERE = "midline.notify.tests.test_sending"


def account(cast) -> Actor:
    return Actor(cast.owner.user, Workspace.ACCOUNT, cast.owner.actor.provider_id)


def mail_to(person, event) -> Delivery:
    return Delivery.objects.get(event=event, address=person.user.email, channel=Delivery.Channel.MAIL)


def test_a_mail_says_which_case_in_which_workspace_and_leads_there(cast, settings, mailoutbox):
    settings.PUBLIC_URL = "https://portal.example.org"
    published(cast.case, cast.technician.actor)

    [to_owner], [to_guest] = sent(cast.owner.user.email), sent(cast.with_no_grant.user.email)

    number = cast.case.number
    assert to_owner.subject == f"Case {number}: version 1 is ready for review"
    assert f"https://portal.example.org/provider/cases/{number}/setups/1/" in to_owner.body
    assert f"https://portal.example.org/collaborator/cases/{number}/setups/1/" in to_guest.body
    assert f"/provider/cases/{number}" not in whole(to_guest)


def test_every_mail_has_text_and_html_and_says_that_a_machine_sent_it(cast, mailoutbox):
    published(cast.case, cast.technician.actor)

    [message] = sent(cast.owner.user.email)

    assert "<table" in html(message)
    headers = message.message()
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Message-ID"].startswith("<delivery-")


def test_nobody_who_lost_access_meanwhile_gets_what_was_queued(cast, mailoutbox):
    for n in range(20):
        published(cast.case, cast.technician.actor, version=n + 1)
    collaboration_revoke(collaboration=cast.with_every_grant.collaboration, by=account(cast))

    messages = sent(cast.with_every_grant.user.email)

    assert [m.subject for m in messages] == ["Your access to the cases of Maren Østby has ended"]
    dropped = Delivery.objects.filter(address=cast.with_every_grant.user.email, channel=Delivery.Channel.MAIL, state="dropped")
    assert dropped.count() == 20
    assert set(dropped.values_list("dropped_because", flat=True)) == {"The collaboration has ended."}
    assert len(sent(cast.owner.user.email)) == 20


def test_the_policy_is_asked_again_when_a_mail_is_sent(cast, mailoutbox):
    event = published(cast.case, cast.technician.actor)
    cases.case_shares_set(case=cast.case, wanted=set(), by=cast.owner.actor)

    assert sent(cast.with_no_grant.user.email) == []
    delivery = mail_to(cast.with_no_grant, event)
    assert (delivery.state, delivery.dropped_because) == ("dropped", "This person may not read this of the case any more.")


def test_an_end_date_that_passes_in_the_queue_stops_the_mail(cast, mailoutbox):
    published(cast.case, cast.technician.actor)
    collaboration = cast.with_no_grant.collaboration
    collaboration.ends_at = clock.now() + timedelta(minutes=1)
    collaboration.save()

    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert sent(cast.with_no_grant.user.email) == []


def test_a_closed_account_gets_nothing(cast, mailoutbox):
    published(cast.case, cast.technician.actor)
    User.objects.filter(pk=cast.owner.user.pk).update(is_active=False)

    assert sent(cast.owner.user.email) == []


def test_a_deleted_comment_is_not_told_any_more(cast, mailoutbox):
    commented(cast.case, cast.owner.actor)
    comment_delete(comment=Comment.objects.get(), by=cast.owner.actor)

    assert sent(cast.with_no_grant.user.email) == []


def test_a_share_is_told_after_the_time_to_undo_it_and_not_at_all_when_it_was_undone(cast, mailoutbox):
    collaboration = cast.with_no_grant.collaboration
    Share.objects.filter(collaboration=collaboration).delete()
    batch = cases.case_shares_set(case=cast.case, wanted={collaboration.pk, cast.with_every_grant.collaboration.pk}, by=cast.owner.actor)
    assert sent(cast.with_no_grant.user.email) == []
    standing = cases.standing_grant_begin(collaboration=cast.with_every_grant.collaboration, by=cast.owner.actor)
    cases.shares_undo(batch_id=standing.pk, by=cast.owner.actor)

    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        [message] = sent(cast.with_no_grant.user.email)
        assert [m.subject for m in sent(cast.with_every_grant.user.email)] == []

    assert message.subject == f"Case {cast.case.number}: shared with you"
    assert batch.undone_at is None


# --- faults


class RefusingBackend(EmailBackend):
    """Stands for the mail server: `faults` are raised first, one for each message."""

    faults: list[Exception] = []
    seen: list[str] = []

    def send_messages(self, messages):
        for message in messages:
            type(self).seen.append(str(message.message()["Message-ID"]))
            if type(self).faults:
                raise type(self).faults.pop(0)
        return super().send_messages(messages)


@pytest.fixture
def server(settings):
    settings.EMAIL_BACKEND = f"{HERE}.RefusingBackend"
    RefusingBackend.faults, RefusingBackend.seen = [], []
    return RefusingBackend


def test_a_mail_that_failed_is_tried_again_under_the_same_message_id(cast, server, mailoutbox):
    server.faults = [smtplib.SMTPServerDisconnected("gone"), ConnectionRefusedError("away")]
    invited(cast.owner.actor, "new@example.org")

    with time_machine.travel(clock.now(), tick=False) as traveller:
        for _try in range(3):
            jobs.run_all()
            traveller.shift(timedelta(minutes=1))

    assert len(server.seen) == 3
    assert len(set(server.seen)) == 1
    assert len(mailoutbox) == 1
    assert Delivery.objects.get(address="new@example.org").state == "sent"


def test_a_mail_server_may_be_away_for_days():
    pauses = [min(2 ** min(attempt, 20) / 2, 900) for attempt in range(1, TRIES)]

    assert sum(pauses) > timedelta(days=7).total_seconds()


def test_an_address_that_is_refused_for_good_is_given_up_and_can_be_tried_again(cast, server, mailoutbox):
    server.faults = [smtplib.SMTPRecipientsRefused({"new@example.org": (550, b"no such person")})]
    invited(cast.owner.actor, "new@example.org")
    jobs.run_all()
    job = Job.objects.get(kind="notify.send")
    assert job.state == Job.State.DEAD

    jobs.retry(job)

    assert len(sent("new@example.org")) == 1


def test_a_worker_killed_before_it_wrote_down_the_sending_sends_once_more_under_the_same_id(cast, mailoutbox, monkeypatch):
    invited(cast.owner.actor, "new@example.org")
    killed = KeyboardInterrupt("kill -9")
    with time_machine.travel(clock.now(), tick=False) as traveller:
        with monkeypatch.context() as patch:
            patch.setattr(jobs.Claim, "finish", lambda claim: None)
            patch.setattr(EmailBackend, "send_messages", _sent_then(killed, EmailBackend.send_messages))
            with pytest.raises(KeyboardInterrupt):
                jobs.run_one()
        assert jobs.run_one() is False
        traveller.shift(LEASE)
        jobs.run_all()

    ids = [m.message()["Message-ID"] for m in mailoutbox]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert Delivery.objects.get(address="new@example.org").state == "sent"
    jobs.run_all()
    assert len(mailoutbox) == 2


def _sent_then(end, send):
    def send_messages(backend, messages):
        send(backend, messages)
        raise end

    return send_messages


def test_a_worker_that_lost_its_lease_before_sending_does_not_send(cast, mailoutbox, monkeypatch):
    invited(cast.owner.actor, "new@example.org")
    with time_machine.travel(clock.now(), tick=False) as traveller:
        late = jobs.claim()
        assert late is not None
        traveller.shift(LEASE)
        jobs.run_all()
        Delivery.objects.update(state="queued")
        with pytest.raises(jobs.LeaseLost):
            jobs.HANDLERS["notify.send"](late)

    assert len(mailoutbox) == 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Faulty:
    """A mail server that answers 451 to every third message, before or after it took it."""

    def __init__(self) -> None:
        self.got: Counter[str] = Counter()
        self.count = 0
        self.lock = threading.Lock()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name that aiosmtpd calls
        with self.lock:
            self.count += 1
            faulty, taken = self.count % 3 == 0, self.count % 6 == 0
            if not faulty or taken:
                [line] = [line for line in envelope.content.decode().splitlines() if line.startswith("Message-ID:")]
                self.got[line] += 1
        return "451 try later" if faulty else "250 ok"


def test_a_real_faulty_mail_server_gets_every_mail_under_one_id_each(cast, settings):
    faulty = Faulty()
    port = free_port()
    controller = Controller(faulty, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        for n in range(10):
            published(cast.case, cast.technician.actor, version=n + 1)
        with time_machine.travel(clock.now(), tick=False) as traveller:
            while Job.objects.filter(kind="notify.send", state=Job.State.WAITING).exists():
                jobs.run_all()
                traveller.shift(timedelta(minutes=2))
    finally:
        controller.stop()

    assert len(faulty.got) == 30
    assert max(faulty.got.values()) > 1
    assert not Delivery.objects.filter(channel="mail").exclude(state="sent").exists()


# --- what a mail never holds


def test_links_come_from_the_public_address_whatever_host_the_client_typed(cast, settings, mailoutbox):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://portal.example.org", ["*"]
    cast.owner.client.get("/account/bell/", headers={"host": "evil.example"})
    invited(cast.owner.actor, "new@example.org")

    [message] = sent("new@example.org")

    assert "https://portal.example.org/invitation/" in message.body
    assert "evil.example" not in whole(message)


def test_the_language_is_the_readers(cast, mailoutbox):
    published(cast.case, cast.technician.actor)
    User.objects.filter(pk=cast.owner.user.pk).update(language="de")

    [message] = sent(cast.owner.user.email)

    assert '<html lang="de"' in html(message)


def test_a_name_with_a_line_break_adds_no_header(cast, mailoutbox):
    User.objects.filter(pk=cast.owner.user.pk).update(first_name="Maren\r\nBcc: evil@example.org")
    invited(Actor(User.objects.get(pk=cast.owner.user.pk), Workspace.PROVIDER, cast.owner.actor.provider_id), "new@example.org")

    [message] = sent("new@example.org")

    assert message.message()["Bcc"] is None
    assert "\n" not in message.subject


def test_what_people_typed_stays_behind_the_link(cast, mailoutbox):
    name_patient(cast.case)
    event = commented(cast.case, cast.owner.actor, body="Quirinia is afraid of needles.")
    assert set(told(event).values()) == {"conversation.comment"}

    assert all("Quirinia" not in whole(message) for message in sent())
    assert len(mail.outbox) == 2
