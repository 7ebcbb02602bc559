"""Search: without accents and case, any part of a name, the beginning of a number; and never in the address."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from midline.activity.models import Access
from midline.cases.models import Case, SearchTerm
from midline.cases.services import searches_forget
from midline.cases.tests.factories import make_case, share
from midline.collaboration.models import Collaboration
from midline.core import clock

ORDERS, SHARED = "cases:manage_orders", "cases:collaborator_cases"


def named(cast, name: str) -> Case:
    first_name, _space, last_name = name.partition(" ")
    case = make_case(cast.practice, first_name=first_name, last_name=last_name)
    share(case, cast.with_no_grant.collaboration)
    return case


def searched(client, typed: str, name: str = ORDERS):
    """Types into the search box and follows to the list."""
    return client.post(reverse(name), {"term": typed}, follow=True)


def numbers(response) -> set[str]:
    return {row.number for row in response.context["list"].rows}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("lukasz", "Łukasz Wiśniewski"),
        ("WISNIEWSKI lukasz", "Łukasz Wiśniewski"),
        ("nguyen", "Nguyễn Thị Ánh Tuyết"),
        ("anh tuy", "Nguyễn Thị Ánh Tuyết"),
        ("hakans", "Søren Brix-Håkansson"),
        ("soren", "Søren Brix-Håkansson"),
        ("weissen", "Jürgen Weißenböck"),
        ("παπαδακη", "Γεωργία Παπαδάκη"),
        ("thordar", "Oskar Þórðarson"),
        ("yıldırım", "Emre Yıldırım"),
        ("yildirim", "Emre Yıldırım"),
        ("小明", "王 小明"),
    ],
)
def test_a_search_finds_names_without_accents_and_case(cast, typed, name):
    case = named(cast, name)

    assert numbers(searched(cast.owner.client, typed)) == {case.number}
    assert numbers(searched(cast.with_no_grant.client, typed, SHARED)) == {case.number}


def test_a_search_finds_the_beginning_of_a_case_number_with_and_without_its_zero(cast):
    assert numbers(searched(cast.owner.client, cast.case.number)) == {cast.case.number}
    assert numbers(searched(cast.owner.client, cast.case.number[1:])) == {cast.case.number}
    assert numbers(searched(cast.owner.client, cast.case.number[3:])) == set()


def test_a_search_finds_the_clinician(cast):
    assert numbers(searched(cast.with_no_grant.client, "ostby", SHARED)) == {cast.case.number}


@pytest.mark.parametrize(
    "typed", ["%", "_", "Dąb%ska", "'; drop", "\\", '"', "-", "zofia*", "dab\x00zofia", "NEAR(zofia dabrowska)", "z" * 4000]
)
def test_signs_of_the_database_are_only_letters(cast, typed):
    assert numbers(searched(cast.owner.client, typed)) == set()


def test_what_was_typed_is_not_in_the_address(cast):
    response = cast.owner.client.post(reverse(ORDERS) + "?group=action&sort=patient", {"term": "dabrowska"})

    term = SearchTerm.objects.get()
    assert response.status_code == 302
    assert response.url == f"{reverse(ORDERS)}?group=action&q={term.pk}&sort=patient"
    assert "dabrowska" not in response.url


def test_no_link_of_the_page_carries_what_was_typed(cast):
    response = searched(cast.owner.client, "zzunfound")
    page = response.content.decode()

    assert page.count("zzunfound") == 1, "in the search box alone"
    assert not any("zzunfound" in str(part) for part in response.redirect_chain)


def test_the_address_opened_by_somebody_else_is_the_view_without_the_search(cast):
    searched(cast.owner.client, "nobody of this name")
    address = f"?q={SearchTerm.objects.get().pk}"

    own = cast.owner.client.get(reverse(ORDERS) + address)
    others = cast.with_no_grant.client.get(reverse(SHARED) + address)

    assert numbers(own) == set()
    assert numbers(others) == {cast.case.number}
    assert others.context["list"].asked.q is None


def test_an_empty_search_takes_the_search_out_of_the_view(cast):
    searched(cast.owner.client, "nobody of this name")

    response = cast.owner.client.post(reverse(ORDERS) + f"?q={SearchTerm.objects.get().pk}&group=progress", {"term": "  "})

    assert response.url == f"{reverse(ORDERS)}?group=progress"


@pytest.mark.parametrize("q", ["x", "", "6f9b5d4e-0c1a-4a52-9a7e-2f8f1c0b7d11"])
def test_a_search_that_does_not_exist_is_no_search(cast, q):
    assert numbers(cast.owner.client.get(reverse(ORDERS), {"q": q})) == {cast.case.number}


def test_hidden_identity_matches_only_the_number(cast):
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(hides_identity=True)
    client = cast.with_no_grant.client

    for typed in ("dabrowska", "zofia", "ostby"):
        assert numbers(searched(client, typed, SHARED)) == set(), typed
    assert numbers(searched(client, cast.case.number, SHARED)) == {cast.case.number}


def test_a_search_looks_only_among_visible_cases(cast):
    hidden = make_case(cast.practice, first_name="Zofia", last_name="Secret")

    assert hidden.number not in numbers(searched(cast.with_no_grant.client, "zofia", SHARED))
    assert numbers(searched(cast.other_provider.client, "zofia")) == set()


def test_searches_are_forgotten_after_90_days(cast):
    searched(cast.owner.client, "zofia")

    with time_machine.travel(clock.now() + timedelta(days=89), tick=False):
        assert searches_forget() == 0
    with time_machine.travel(clock.now() + timedelta(days=91), tick=False):
        assert searches_forget() == 1
    assert not SearchTerm.objects.exists()


def test_what_a_search_shows_stands_in_the_access_log(cast):
    searched(cast.owner.client, "zofia")

    assert Access.objects.latest("pk").case_ids == [cast.case.pk]
