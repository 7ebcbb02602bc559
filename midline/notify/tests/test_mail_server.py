"""A real mail server that is away, refuses, or hangs up: nothing is lost, nobody waits for another's mail, one Message-ID for all tries."""

import email
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.test import Client

from midline.jobs import posting
from midline.jobs import services as jobs
from midline.jobs.models import Job
from midline.notify.models import Delivery
from midline.notify.tests.factories import invited, published
from midline.notify.tests.test_sending import free_port
from midline.people.tests.factories import PASSWORD, UserFactory

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Server:
    """Takes mail. Tests say for an address how often, and with which answer, it is refused first."""

    def __init__(self) -> None:
        self.got: Counter[str] = Counter()
        self.to: Counter[str] = Counter()
        self.recipients: dict[str, list[str]] = {}
        self.data: dict[str, list[str]] = {}

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - the names that aiosmtpd calls
        if answers := self.recipients.get(address):
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        [address] = envelope.rcpt_tos
        answers = self.data.get(address) or ["250 ok"]
        answer = answers.pop(0)
        if answer.startswith("250") or answer == "hang up":
            self.got[str(email.message_from_bytes(envelope.content)["Message-ID"])] += 1
            self.to[address] += 1
        if answer == "hang up":
            server.transport.abort()
        return "250 ok" if answer == "hang up" else answer


@contextmanager
def listening(server: Server, port: int) -> Iterator[None]:
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@pytest.fixture
def port(settings: Any) -> Iterator[int]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    posting._away_until.clear()
    yield settings.EMAIL_PORT
    posting._away_until.clear()


@pytest.fixture
def noon() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def pass_time(clock: Any, minutes: int) -> None:
    for _minute in range(minutes):
        jobs.run_all()
        clock.shift(timedelta(minutes=1))


def sign_in_from_two_browsers(email: str) -> None:
    for agent in ("Firefox/1", "Chrome/2"):
        Client(headers={"user-agent": agent}).post("/account/login/", {"login": email, "password": PASSWORD})


@pytest.mark.slow
def test_a_server_that_is_away_for_an_hour_loses_no_mail_and_gets_each_once(cast, port, noon):
    published(cast.case, cast.technician.actor)
    invited(cast.owner.actor, "new@example.org")
    sign_in_from_two_browsers(cast.owner.user.email)
    for _step in range(12):
        pass_time(noon, 1)
        noon.shift(timedelta(minutes=4))
    assert Job.objects.filter(kind__in=["notify.send", "people.mail"], state=Job.State.WAITING).count() == 5

    server = Server()
    with listening(server, port):
        noon.shift(timedelta(minutes=15))
        jobs.run_all()

    assert server.to == {
        cast.owner.user.email: 2,
        cast.with_every_grant.user.email: 1,
        cast.with_no_grant.user.email: 1,
        "new@example.org": 1,
    }
    assert set(server.got.values()) == {1}
    assert len(server.got) == 5
    assert not Job.objects.filter(kind__in=["notify.send", "people.mail"]).exclude(state=Job.State.DONE).exists()
    assert set(Delivery.objects.filter(channel="mail").values_list("state", flat=True)) == {"sent"}


def test_a_server_that_takes_a_mail_and_hangs_up_before_it_answers_gets_it_again_under_the_same_id(cast, port, noon):
    server = Server()
    server.data["new@example.org"] = ["hang up", "hang up"]
    invited(cast.owner.actor, "new@example.org")
    with listening(server, port):
        pass_time(noon, 5)

    assert list(server.got.values()) == [3]
    assert Delivery.objects.get(address="new@example.org").state == "sent"


def test_an_address_refused_for_good_is_named_to_the_administrator_and_holds_up_nobody(cast, port, noon):
    server = Server()
    server.recipients[cast.with_every_grant.user.email] = ["550 5.1.1 no such person here"] * 9
    published(cast.case, cast.technician.actor)
    with listening(server, port):
        pass_time(noon, 3)
        assert server.to == {cast.owner.user.email: 1, cast.with_no_grant.user.email: 1}
        [dead] = Job.objects.filter(state=Job.State.DEAD)
        assert dead.attempts == 1
        administrator = Client()
        administrator.force_login(UserFactory(is_staff=True, is_superuser=True))
        page = administrator.get("/administration/jobs/job/?state__exact=dead").content.decode()
        assert f"refuses {cast.with_every_grant.user.email} for good: 550 5.1.1 no such person here" in page

        server.recipients.clear()
        administrator.post("/administration/jobs/job/", {"action": "try_again", "_selected_action": [dead.pk]})
        pass_time(noon, 1)

    assert server.to[cast.with_every_grant.user.email] == 1
    assert len(server.got) == 3


def test_an_address_refused_for_now_is_tried_again_and_holds_up_nobody(cast, port, noon):
    server = Server()
    server.recipients[cast.with_every_grant.user.email] = ["450 4.2.1 try later"] * 3
    published(cast.case, cast.technician.actor)
    with listening(server, port):
        jobs.run_all()
        assert server.to == {cast.owner.user.email: 1, cast.with_no_grant.user.email: 1}
        pass_time(noon, 5)

    assert server.to[cast.with_every_grant.user.email] == 1
    assert set(server.got.values()) == {1}


@pytest.mark.parametrize(("answer", "state"), [("554 5.7.1 not wanted here", "dead"), ("452 4.3.1 disk full", "waiting")])
def test_a_mail_refused_after_its_words_is_given_up_or_tried_again_as_the_server_says(cast, port, noon, answer, state):
    server = Server()
    server.data["new@example.org"] = [answer]
    invited(cast.owner.actor, "new@example.org")
    with listening(server, port):
        jobs.run_all()

    job = Job.objects.get(kind="notify.send")
    assert job.state == state
    assert answer.partition(" ")[2] in job.error
    assert Delivery.objects.get(address="new@example.org").state == "queued"


def test_a_server_that_does_not_answer_is_asked_once_in_a_while_and_not_by_every_mail(cast, port, noon):
    """Otherwise 500 mails × the 20 s of EMAIL_TIMEOUT would hold up imports for hours."""
    calls = Counter[str]()
    with socket.create_server(("127.0.0.1", port)) as listener:

        def hang_up() -> None:
            while True:
                try:
                    taken, _address = listener.accept()
                except OSError:
                    return
                calls["all"] += 1
                taken.close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        for n in range(7):
            published(cast.case, cast.technician.actor, version=n + 1)
        jobs.run_all()
        assert calls["all"] == 1
        noon.shift(posting.LEFT_ALONE)
        jobs.run_all()
        assert calls["all"] == 2
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)

    assert Job.objects.filter(kind="notify.send", state=Job.State.WAITING).count() == 21


def test_a_mail_goes_to_the_address_that_the_person_has_when_it_is_sent(cast, port, noon):
    published(cast.case, cast.technician.actor)
    person = cast.with_no_grant.user
    given_up, person.email = person.email, "moved@example.org"
    person.save()
    server = Server()
    with listening(server, port):
        jobs.run_all()

    assert server.to["moved@example.org"] == 1
    assert given_up not in server.to
