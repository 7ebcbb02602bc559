"""My Account as a browser meets it: profile, showing again that it is oneself, administrators, the language."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client
from django.urls import path

from midline.jobs.services import run_all
from midline.people.policies import require_recent_authentication
from midline.people.tests.factories import PASSWORD, UserFactory
from midline.people.tests.test_views.steps import sign_in

pytestmark = pytest.mark.django_db


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
