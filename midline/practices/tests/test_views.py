"""The registration, the practices, and the administrator's list."""

import re

import pytest
from django.core import mail
from django.test import Client

from midline.jobs.services import run_all
from midline.people.models import User
from midline.people.tests.factories import PASSWORD, UserFactory
from midline.practices.models import Practice, Provider
from midline.practices.tests.factories import PracticeFactory, ProviderFactory

pytestmark = pytest.mark.django_db

FORM = {
    "email": "new@example.org",
    "first_name": "Nina",
    "last_name": "Ny",
    "language": "en",
    "password": "twelve letters",
    "license_number": "NO-99",
    "country": "NO",
    "practice_name": "Nord",
    "time_zone": "Europe/Oslo",
}


def test_a_clinician_registers_proves_the_address_signs_in_and_waits(client, settings):
    settings.PUBLIC_URL = "http://testserver"
    assert client.get("/register/").status_code == 200
    assert client.post("/register/", FORM).status_code == 200
    run_all()
    link = next(line for line in mail.outbox[0].body.splitlines() if line.startswith("http"))
    client.post(link)
    client.post("/account/login/", {"login": FORM["email"], "password": FORM["password"]})

    assert b"being looked at" in client.get("/account/registration/").content
    assert client.get("/account/practices/").status_code == 404
    Provider.objects.update(state="confirmed")
    assert client.get("/account/registration/")["Location"] == "/"


def test_known_and_new_addresses_get_the_same_answer():
    UserFactory(email="known@example.org")
    answers = set()
    for email in ("known@example.org", "fresh@example.org"):
        response = Client().post("/register/", FORM | {"email": email})
        answers.add(
            (response.status_code, re.sub(r'(content|value)="\w{64}"|: "\w{64}"', "", response.content.decode()).replace(email, "…"))
        )
    assert len(answers) == 1


def test_a_registration_with_errors_is_422_and_names_each_field(client):
    response = client.post("/register/", FORM | {"email": "a\r\nb@example.org", "country": "", "password": "short"})

    assert response.status_code == 422
    for field in ("email", "country", "password"):
        assert f'href="#id_{field}"'.encode() in response.content
    assert not User.objects.exists()


def test_a_closed_registration_says_so(client, settings):
    settings.MIDLINE_REGISTRATION = "closed"
    assert client.get("/register/").status_code == 403
    assert client.post("/register/", FORM).status_code == 403
    assert b"Register as a provider" not in client.get("/account/login/").content


def test_a_person_with_an_account_becomes_a_provider_with_it(client):
    user = UserFactory()
    client.force_login(user)
    assert b'name="password"' not in client.get("/register/").content

    response = client.post("/register/", FORM | {"state": "confirmed", "person": "1"})

    assert response["Location"] == "/account/registration/"
    assert (Provider.objects.get().person, Provider.objects.get().state) == (user, "pending")


def test_a_provider_adds_and_changes_practices(client):
    provider = ProviderFactory()
    client.force_login(provider.person)
    given = {"name": "Nord", "street": "", "city": "", "country": "NO", "phone": "", "time_zone": "Europe/Oslo"}

    assert client.post("/account/practices/add/", given)["Location"] == "/account/practices/"
    practice = Practice.objects.get()
    client.post(f"/account/practices/{practice.pk}/", given | {"name": "Nordlys", "provider": "999", "position": "9"})

    practice.refresh_from_db()
    assert (practice.name, practice.provider, practice.position) == ("Nordlys", provider, 1)
    assert b"Nordlys" in client.get("/account/practices/").content
    assert client.post(f"/account/practices/{practice.pk}/", given | {"name": ""}).status_code == 422


def test_the_practices_of_others_are_not_there(client):
    theirs = PracticeFactory()
    client.force_login(PracticeFactory().provider.person)

    assert client.get(f"/account/practices/{theirs.pk}/").status_code == 404
    assert client.post(f"/account/practices/{theirs.pk}/", {"name": "Mine"}).status_code == 404
    assert Practice.objects.get(pk=theirs.pk).name == theirs.name


def test_who_is_no_confirmed_provider_has_no_practices_page(client):
    for user in (UserFactory(), ProviderFactory(state="pending").person, ProviderFactory(state="refused").person):
        client.force_login(user)
        assert client.get("/account/practices/").status_code == 404
        assert client.get("/account/practices/add/").status_code == 404


def test_an_administrator_confirms_in_the_list(client):
    waiting = ProviderFactory(state="pending")
    admin = UserFactory(is_staff=True, is_superuser=True)
    client.post("/account/login/", {"login": admin.email, "password": PASSWORD})

    client.post("/administration/practices/provider/", {"action": "confirm", "_selected_action": [waiting.pk]})

    waiting.refresh_from_db()
    assert waiting.state == "confirmed"
    client.post("/administration/practices/provider/", {"action": "refuse", "_selected_action": [waiting.pk]})
    waiting.refresh_from_db()
    assert waiting.state == "refused"


def test_an_administrator_cannot_write_a_state_past_the_decision(client):
    waiting = ProviderFactory(state="pending")
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    client.post(
        f"/administration/practices/provider/{waiting.pk}/change/",
        {
            "state": "confirmed",
            "license_number": "NO-2",
            "country": "NO",
            "practices-TOTAL_FORMS": "0",
            "practices-INITIAL_FORMS": "0",
        },
    )
    waiting.refresh_from_db()
    assert waiting.state == "pending"
