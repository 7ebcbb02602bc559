"""Whose language a page is in: the person's own, before signing in that of the browser or of the language menu."""

import pytest
from django.conf import settings as given
from django.test import Client
from django.utils import translation

from midline.core.languages import codes, spoken
from midline.people.models import User
from midline.people.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english_again():
    yield
    translation.activate("en")


def language_of(response) -> tuple[str, str]:
    """What the answer says of itself: its header, its first element."""
    page = response.content.decode()
    return response["Content-Language"], page.split('<html lang="', 1)[1].split('"', 1)[0]


@pytest.mark.parametrize("browser", ["en", "de", "fr", ""])
def test_somebody_signed_in_reads_their_own_language_whatever_the_browser_asks_for(client, browser):
    client.force_login(UserFactory(language="de"))

    response = client.get("/account/", headers={"accept-language": browser})

    assert language_of(response) == ("de", "de")


@pytest.mark.parametrize(
    ("asked", "got"),
    [("de", "de"), ("de-AT,de;q=0.9", "de"), ("fr,de;q=0.5", "de"), ("fr", "en"), ("en-GB", "en"), ("", "en"), ("*;;q=x", "en")],
)
def test_before_signing_in_the_browser_says_the_language(client, asked, got):
    response = client.get("/account/login/", headers={"accept-language": asked})

    assert language_of(response) == (got, got)
    assert "Accept-Language" in response["Vary"]


def test_the_menu_before_signing_in_is_stronger_than_the_browser_and_weaker_than_the_profile(client):
    client.post("/language/", {"language": "de", "next": "/account/login/"})
    assert language_of(client.get("/account/login/", headers={"accept-language": "en"})) == ("de", "de")

    client.force_login(UserFactory(language="en"))
    assert language_of(client.get("/account/")) == ("en", "en")


def test_a_forged_cookie_is_no_language(client):
    client.cookies[given.LANGUAGE_COOKIE_NAME] = "../../xx"
    assert language_of(client.get("/account/login/")) == ("en", "en")


def test_two_people_one_after_another_each_read_their_own():
    first, second = Client(), Client()
    first.force_login(UserFactory(language="de"))
    second.force_login(UserFactory(language="en"))

    said = [language_of(who.get("/account/"))[0] for who in (first, second, first)]

    assert said == ["de", "en", "de"]


def test_a_fault_speaks_the_language_of_its_reader(client):
    client.force_login(UserFactory(language="de"))
    assert language_of(client.get("/nowhere/")) == ("de", "de")


def test_a_saved_language_holds_on_the_very_next_page(client):
    user = UserFactory(language="en", first_name="Ola", last_name="Nordmann")
    client.force_login(user)
    profile = {"first_name": "Ola", "last_name": "Nordmann", "language": "de", "numbering": "fdi", "theme": "system", "findable": "exact"}

    client.post("/account/", profile)

    assert User.objects.get(pk=user.pk).language == "de"
    assert language_of(client.get("/account/")) == ("de", "de")


def test_only_complete_languages_are_offered_each_under_its_own_name(client):
    assert codes() == ["en", "de"]
    client.force_login(UserFactory())
    page = client.get("/account/").content.decode()
    assert ">English</option>" in page
    assert ">Deutsch</option>" in page
    assert "Español" not in page


def test_a_choice_that_is_no_longer_offered_becomes_the_installations_own(client):
    assert (spoken("fr"), spoken(None), spoken("de")) == ("en", "en", "de")
    client.force_login(UserFactory(language="fr"))
    assert language_of(client.get("/account/")) == ("en", "en")


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_new_account_begins_in_the_language_of_its_registration_page(client, language):
    page = client.get("/register/", headers={"accept-language": language}).content.decode()
    assert f'<option value="{language}" selected>' in page
