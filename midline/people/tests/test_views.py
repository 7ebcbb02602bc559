"""Signing in and My Account, as a browser meets them."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import path

from midline.jobs.models import Job
from midline.jobs.services import run_all
from midline.people.policies import require_recent_authentication
from midline.people.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


def bytes_of(response) -> str:
    """What a reader can tell two answers apart by, without the tokens that differ at each request."""
    plain = re.sub(r'(name="csrfmiddlewaretoken" value="|content="|X-CSRFToken": ")[A-Za-z0-9]{64}', r"\1", response.content.decode())
    return f"{response.status_code} {response.get('Location', '')} {plain}"


def sign_in(client: Client, email: str, password: str = PASSWORD, **more):
    return client.post("/account/login/", {"login": email, "password": password, **more})


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


# --- forgotten password


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


# --- my account


def test_a_person_changes_their_profile_and_nothing_else(client):
    user = UserFactory()
    client.force_login(user)
    given = {
        "first_name": "Ola",
        "last_name": "Nordmann",
        "language": "de",
        "numbering": "universal",
        "theme": "light",
        "findable": "nobody",
    }

    response = client.post(
        "/account/", given | {"is_staff": "on", "is_technician": "on", "email": "other@example.org", "is_superuser": "1"}
    )

    before = user.email
    user.refresh_from_db()
    assert response["Location"] == "/account/"
    assert (user.name, user.language, user.findable, user.single_keys) == ("Ola Nordmann", "de", "nobody", False)
    assert (user.email, user.is_staff, user.is_technician, user.is_superuser) == (before, False, False, False)


def test_a_profile_with_errors_is_422_and_says_which_field(client):
    client.force_login(UserFactory())
    response = client.post("/account/", {"first_name": "", "last_name": "x" * 81})

    assert response.status_code == 422
    assert b'href="#id_first_name"' in response.content


@pytest.mark.parametrize(
    "address",
    ["/account/", "/account/security/", "/account/sessions/", "/account/2fa/", "/account/password/change/"],
)
def test_my_account_asks_for_a_session_first(client, address):
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")


PAGES = [
    "/account/",
    "/account/security/",
    "/account/sessions/",
    "/account/2fa/",
    "/account/2fa/webauthn/",
    "/account/password/change/",
    "/account/2fa/totp/activate/",
    "/account/2fa/webauthn/add/",
    "/account/email/",
    "/account/logout/",
]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_of_the_account_wears_the_look_and_runs_no_inline_script(client, address):
    user = UserFactory()
    sign_in(client, user.email)
    client.post("/account/reauthenticate/", {"password": PASSWORD})

    page = client.get(address).content.decode()

    assert 'class="ml-skip"' in page
    assert "Please" not in page
    for script in re.findall(r"<script([^>]*)>", page):
        assert "src=" in script or 'type="application/json"' in script


@pytest.mark.parametrize(
    "address",
    [
        "/account/login/",
        "/account/password/reset/",
        "/account/password/reset/done/",
        "/account/signup/",
        "/account/inactive/",
        "/account/confirm-email/",
        "/account/confirm-email/nothing/",
        "/account/password/reset/key/1-nothing/",
    ],
)
def test_every_page_before_sign_in_wears_the_look(client, address):
    page = client.get(address).content.decode()
    assert 'class="ml-skip"' in page
    assert "please" not in page.lower()


def test_changing_the_address_asks_for_the_password_first(client):
    user = UserFactory()
    sign_in(client, user.email)

    assert client.post("/account/email/", {"action_add": "", "email": "new@example.org"})["Location"].startswith("/account/reauthenticate/")
    client.post("/account/reauthenticate/", {"password": PASSWORD, "next": "/account/email/"})
    client.post("/account/email/", {"action_add": "", "email": "new@example.org"})
    run_all()

    assert [sent.to for sent in mail.outbox] == [["new@example.org"]]
    user.refresh_from_db()
    assert user.email != "new@example.org"


def test_a_new_address_counts_once_its_link_was_opened_and_the_old_one_is_told(client, settings):
    settings.PUBLIC_URL = "http://testserver"
    user = UserFactory(email="old@example.org")
    sign_in(client, user.email)
    client.post("/account/reauthenticate/", {"password": PASSWORD, "next": "/account/email/"})
    client.post("/account/email/", {"action_add": "", "email": "new@example.org"})
    run_all()
    link = next(line for line in mail.outbox[-1].body.splitlines() if line.startswith("http"))
    assert Client().get(link).status_code == 200
    user.refresh_from_db()
    assert user.email == "old@example.org"

    client.post(link)
    run_all()

    user.refresh_from_db()
    assert user.email == "new@example.org"
    assert ["old@example.org"] in [sent.to for sent in mail.outbox]


def test_a_changed_password_is_told_and_ends_the_other_sessions(client):
    user = UserFactory()
    other = Client()
    sign_in(other, user.email)
    sign_in(client, user.email)

    client.post(
        "/account/password/change/", {"oldpassword": PASSWORD, "password1": "a quite new password", "password2": "a quite new password"}
    )
    run_all()

    assert mail.outbox[-1].subject == "Your password was changed"
    assert other.get("/account/").status_code == 302


def test_twelve_characters_are_asked_for_when_changing(client):
    user = UserFactory()
    sign_in(client, user.email)
    response = client.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": "elevenchars", "password2": "elevenchars"})

    assert b"12" in response.content
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


# --- showing again that it is oneself


def delicate(request):
    from django.http import HttpResponse

    require_recent_authentication(request)
    return HttpResponse("done")


def test_a_delicate_act_leads_to_the_confirmation_and_back(client, settings):
    urls = import_module(settings.ROOT_URLCONF)
    settings.ROOT_URLCONF = type(
        "urls", (), {"urlpatterns": [path("delicate/", delicate), *urls.urlpatterns], "handler404": urls.handler404}
    )
    sign_in(client, UserFactory().email)

    away = client.post("/delicate/")
    assert away["Location"] == "/account/reauthenticate/?next=%2Fdelicate%2F"
    back = client.post(away["Location"], {"password": PASSWORD, "next": "/delicate/"})
    assert back.content == b"done"


# --- administrators


def test_the_administration_is_entered_by_the_portals_own_door(client):
    assert client.get("/administration/login/?next=/administration/")["Location"].startswith("/account/login/")
    sign_in(client, UserFactory(is_staff=True, is_superuser=True).email)
    assert client.get("/administration/people/user/").status_code == 200


def test_a_person_who_is_no_administrator_stays_out(client):
    sign_in(client, UserFactory().email)
    assert client.get("/administration/", follow=True).status_code == 403


def test_no_template_of_this_room_writes_past_the_escaping():
    for file in Path("midline/people/templates").rglob("*.html"):
        assert "|safe" not in file.read_text()


# --- the language before signing in


def test_the_language_chosen_before_signing_in_holds_for_the_next_pages(client):
    response = client.post("/language/", {"language": "de", "next": "/account/password/reset/"})

    assert response["Location"] == "/account/password/reset/"
    page = client.get("/account/login/").content.decode()
    assert '<html lang="de"' in page
    assert '<option value="de" lang="de" selected>Deutsch</option>' in page


@pytest.mark.parametrize("code", ["", "xx", "de\r\nX: 1", "../en"])
def test_a_language_that_is_not_offered_is_refused(client, code):
    response = client.post("/language/", {"language": code})

    assert response.status_code == 422
    assert not response.cookies


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", ""])
def test_choosing_a_language_leads_nowhere_else(client, target):
    assert client.post("/language/", {"language": "de", "next": target})["Location"] == "/account/login/"


def test_somebody_signed_in_keeps_the_language_as_their_own(client):
    user = UserFactory(language="en")
    client.force_login(user)

    client.post("/language/", {"language": "de", "next": "/"})

    user.refresh_from_db()
    assert user.language == "de"


def test_the_menu_of_languages_needs_the_token_of_the_form():
    assert Client(enforce_csrf_checks=True).post("/language/", {"language": "de"}).status_code == 403
