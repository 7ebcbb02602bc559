"""Signing in, and a forgotten password, as a browser meets them."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from midline.jobs.models import Job
from midline.jobs.services import run_all
from midline.people.tests.factories import PASSWORD, UserFactory
from midline.people.tests.test_views.steps import bytes_of, sign_in

pytestmark = pytest.mark.django_db


def test_signing_in_leads_to_the_portal_with_a_new_session_id(client):
    user = UserFactory()
    client.get("/account/login/")
    client.session.save()
    session = client.session
    session["before"] = "kept"
    session.save()
    client.cookies["sessionid"] = session.session_key
    before = session.session_key

    response = sign_in(client, user.email.upper())

    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session.session_key != before
    assert Client().get("/account/", headers={"cookie": f"sessionid={before}"}).status_code == 302


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/account/security/", "/account/security/"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http://testserver/account/", "/"),
    ],
)
def test_after_signing_in_only_a_path_of_the_portal_is_followed(client, target, lands):
    assert sign_in(client, UserFactory().email, next=target)["Location"] == lands


def test_a_wrong_password_and_an_unknown_address_answer_the_same_bytes():
    known = UserFactory(email="known@example.org")
    answers = set()
    for email in (known.email, "other@example.org"):
        answers.add(bytes_of(sign_in(Client(), email, "not the password")).replace(email, "…"))

    assert len(answers) == 1
    assert "do not match" in answers.pop()


def test_an_unknown_address_costs_as_many_hashes_as_a_wrong_password(client, monkeypatch):
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashes: list[object] = []
    encode = MD5PasswordHasher.encode

    def counted(self, *given):
        hashes.append(given)
        return encode(self, *given)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    known = UserFactory(email="known@example.org")
    counts = []
    for email in (known.email, "other@example.org"):
        hashes.clear()
        sign_in(client, email, "not the password")
        counts.append(len(hashes))
    assert counts[0] == counts[1] > 0


def test_a_browser_that_was_not_used_before_is_told_by_mail():
    user = UserFactory()
    for agent in ("Firefox/1", "Firefox/1", "Chrome/2"):
        Client(headers={"user-agent": agent}).post("/account/login/", {"login": user.email, "password": PASSWORD})
    run_all()

    assert [(sent.to, sent.subject) for sent in mail.outbox] == [([user.email], "New sign-in")]
    assert "Chrome/2" in mail.outbox[0].body


def test_a_security_mail_is_in_the_readers_language_and_survives_a_day_without_a_mail_server():
    user = UserFactory(language="de")
    for agent in ("Firefox/1", "Chrome/2"):
        Client(headers={"user-agent": agent, "accept-language": "en"}).post("/account/login/", {"login": user.email, "password": PASSWORD})
    [queued] = Job.objects.filter(kind="people.mail")
    assert queued.max_attempts > 24 * 4
    run_all()

    [message] = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    assert message.subject == "Neue Anmeldung"
    assert '<html lang="de"' in str(message.alternatives[0][0])
    assert message.message()["Auto-Submitted"] == "auto-generated"
    assert message.message()["List-Unsubscribe"] is None


def test_after_five_failures_an_address_waits(settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
    user = UserFactory()
    for _n in range(5):
        sign_in(Client(), user.email, "not the password")

    assert b"failed too often" in sign_in(Client(), user.email).content
    assert sign_in(Client(), UserFactory().email).status_code == 302


def test_a_closed_account_does_not_sign_in(client):
    assert sign_in(client, UserFactory(is_active=False).email)["Location"] == "/account/inactive/"


def test_an_address_that_is_not_confirmed_does_not_sign_in_and_gets_the_link_by_queue(client):
    user = UserFactory()
    EmailAddress.objects.filter(user=user).update(verified=False)

    assert sign_in(client, user.email)["Location"] == "/account/confirm-email/"
    assert client.get("/account/").status_code == 302
    assert mail.outbox == []
    run_all()
    assert mail.outbox[0].to == [user.email]


def test_signing_out_ends_the_session(client):
    client.force_login(UserFactory())
    cookie = client.cookies["sessionid"].value
    client.post("/account/logout/")

    assert Client().get("/account/", headers={"cookie": f"sessionid={cookie}"}).status_code == 302


def test_the_bare_sign_up_form_is_closed(client):
    assert b"begins with an invitation" in client.get("/account/signup/").content
    client.post("/account/signup/", {"email": "a@example.org", "password1": PASSWORD})
    assert not EmailAddress.objects.exists()


def test_asking_for_a_new_password_answers_and_works_the_same_for_everybody():
    UserFactory(email="known@example.org")
    answers, jobs = set(), []
    for email in ("known@example.org", "other@example.org"):
        before = Job.objects.count()
        client = Client()
        answers.add(bytes_of(client.post("/account/password/reset/", {"email": email})))
        jobs.append(Job.objects.count() - before)

    assert len(answers) == 1
    assert jobs == [1, 1]
    assert mail.outbox == []


@pytest.mark.parametrize(
    "typed",
    [
        ["victim@example.org", "attacker@example.org"],
        ["victim@example.org,attacker@example.org"],
        ["victim@example.org\nCc: attacker@example.org"],
    ],
)
def test_a_reset_for_several_addresses_never_sends_one_persons_link_to_another(client, typed):
    victim, attacker = UserFactory(email="victim@example.org"), UserFactory(email="attacker@example.org")
    client.post("/account/password/reset/", {"email": typed})
    run_all()

    from allauth.account.utils import user_pk_to_url_str

    for sent in mail.outbox:
        assert sent.to == [attacker.email]
        assert f"/key/{user_pk_to_url_str(attacker)}-" in sent.body
        assert f"/key/{user_pk_to_url_str(victim)}-" not in sent.body


def test_a_look_alike_address_gets_no_mail(client):
    UserFactory(email="mike@example.org")
    for typed in ("mi\u212ae@example.org", "mike@example.org\u200b", "mıke@example.org"):
        client.post("/account/password/reset/", {"email": typed})
    run_all()

    assert mail.outbox == []


def test_a_forged_host_is_in_no_link(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL = "https://portal.example"
    user = UserFactory()
    EmailAddress.objects.filter(user=user).update(verified=False)
    client.post("/account/password/reset/", {"email": user.email}, headers={"host": "evil.example"})
    client.post("/account/login/", {"login": user.email, "password": PASSWORD}, headers={"host": "evil.example"})
    run_all()

    assert len(mail.outbox) == 2
    for sent in mail.outbox:
        assert "https://portal.example/" in sent.body
        assert "evil.example" not in sent.message().as_string() + str(sent.body)
