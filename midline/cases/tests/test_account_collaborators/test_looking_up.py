"""My Account, Collaborator(s): who is suggested while an address is typed."""

from datetime import timedelta

import pytest
import time_machine

from midline.cases.tests.test_account_collaborators.steps import PAGE, bytes_of
from midline.collaboration.models import Lookup
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core import clock
from midline.people.tests.factories import UserFactory
from midline.practices.tests.factories import PracticeFactory

pytestmark = pytest.mark.django_db


def look_up(client, email):
    return client.post(f"{PAGE}lookup/", {"email": email})


def test_a_whole_address_fills_in_name_and_clinic(browser):
    clinic = PracticeFactory(name="Tannlege Nord", provider__person__first_name="Hrafnhildur", provider__person__last_name="Björnsdóttir")

    page = look_up(browser, clinic.provider.person.email).content.decode()

    assert 'data-first="Hrafnhildur" data-last="Björnsdóttir"' in page
    assert "Tannlege Nord" in page
    assert clinic.provider.license_number not in page


def test_unknown_hidden_closed_and_own_address_answer_the_same_bytes(browser, provider):
    hidden, closed = UserFactory(findable="nobody"), UserFactory(is_active=False)
    addresses = [hidden.email, closed.email, provider.person.email, "nobody@example.org"]

    assert len({bytes_of(look_up(browser, address)) for address in addresses}) == 1
    assert b"An invitation will be sent" in look_up(browser, hidden.email).content


@pytest.mark.parametrize("part", ["h", "h.bjorns", "h.bjornsdottir@", "h.bjornsdottir@example", "%", "h*@example.org,x@example.org"])
def test_part_of_an_address_finds_nobody_and_is_not_counted(browser, part):
    UserFactory(email="h.bjornsdottir@example.org")
    response = look_up(browser, part)
    assert (response.status_code, response.content) == (422, b"")
    assert not Lookup.objects.exists()


def test_the_31st_look_up_within_an_hour_is_429_for_known_and_unknown(browser, provider):
    found = UserFactory()
    for n in range(30):
        assert look_up(browser, f"p{n}@example.org").status_code == 200
    assert len({bytes_of(look_up(browser, address)) for address in (found.email, "p@example.org")}) == 1
    assert look_up(browser, found.email).status_code == 429
    assert Lookup.objects.count() == 30
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        browser.force_login(provider.person)
        assert look_up(browser, found.email).status_code == 200


def test_people_this_provider_knows_are_filled_in_without_a_look_up(browser, provider):
    row = CollaborationFactory(provider=provider, first_name="Tomás", last_name="Arriaga", person=UserFactory(findable="nobody"))
    page = look_up(browser, row.email).content.decode()

    assert 'data-first="Tomás"' in page
    assert not Lookup.objects.exists()


def test_while_typing_only_people_this_provider_works_with_are_suggested(browser, provider):
    mine, theirs, nobody = CollaborationFactory(provider=provider), CollaborationFactory(), UserFactory()
    page = browser.get(PAGE).content.decode()
    options = page[page.index("<datalist") : page.index("</datalist>")]

    assert mine.email in options
    assert theirs.email not in page
    assert nobody.email not in page


def test_a_look_up_is_a_post_so_that_no_address_stands_in_a_log(browser):
    assert browser.get(f"{PAGE}lookup/?email=a@example.org").status_code == 405
