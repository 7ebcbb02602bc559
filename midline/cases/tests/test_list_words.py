"""How many there are, in words: exact from the counters, "about" where it is an estimate, and never a page beyond the last."""

import pytest

from midline.cases.queries import Asked, Page, reach_of
from midline.cases.queries.asked import DERIVED, Unnamed
from midline.cases.tests.factories import make_case
from midline.cases.views.columns import columns_of
from midline.cases.views.shown import ListPage, about
from midline.core.workspace import Workspace


def page_of(cast, total: tuple[int, bool], *, number: int = 1, before: str = "", after: str = "0-1", **asked) -> ListPage:
    rows = tuple(("", cast.case) for _ in range(50 if after else 12))
    columns = columns_of(Workspace.PROVIDER, None)
    found = ListPage(Asked(page=number, **asked), reach_of(cast.owner.actor), Page(rows, before, after), columns)
    found.__dict__["total"] = total
    return found


@pytest.mark.parametrize(
    ("number", "said"), [(7, 7), (99, 99), (148, 150), (1_049, 1_000), (12_345, 12_000), (203_412, 200_000), (995_000, 1_000_000)]
)
def test_an_estimate_is_said_with_two_digits(number, said):
    assert about(number) == said


def test_an_exact_count_is_said_exactly(cast):
    page = page_of(cast, (148_021, True))

    assert page.range_words == "1–50 of 148,021 cases"
    assert page.match_words == "148,021 cases match"
    assert page.pager is not None
    assert page.pager["place"] == "1 of about 2,961"


def test_an_estimated_count_says_about(cast):
    page = page_of(cast, (203_412, False), number=3, before="0-1")

    assert page.range_words == "101–150 of about 200,000 cases"
    assert page.match_words == "About 200,000 cases match"
    assert page.pager is not None
    assert page.pager["place"] == "3 of about 4,100"


def test_an_estimate_that_was_too_low_never_names_a_page_beyond_the_last(cast):
    page = page_of(cast, (1_100, False), number=40, before="0-1")

    assert page.pager is not None
    assert page.pager["place"] == "40 of about 41"
    assert page.range_words == "1,951–2,000 of about 2,000 cases"


def test_columns_that_are_derived_sort_while_few_enough_match_and_say_why_not(cast):
    few, many = page_of(cast, (20_000, True)), page_of(cast, (20_001, True))
    heads = {head["label"]: head for head in many.heads}

    assert all(head["url"] for head in few.heads)
    assert not heads["Whose turn"]["url"]
    assert "Sorts while at most 20,000 cases match." in str(heads["Whose turn"]["held"])
    assert heads["Patient"]["url"]
    assert not {str(sort["label"]) for sort in many.sorts} & {"Whose turn", "Collaborators", "Collaborator status"}


@pytest.mark.parametrize("name", DERIVED)
def test_a_derived_order_is_a_link_in_the_head_of_the_list(cast, name):
    make_case(cast.practice)
    response = cast.owner.client.get(f"/provider/orders/?sort={name}")

    assert response.context["list"].asked.sort == name


def test_a_search_comes_newest_first_in_one_list_and_everything_else_in_groups():
    assert (Asked().sort, Asked().grouped) == ("-activity", True)
    assert (Asked(term="Bo").sort, Asked(term="Bo").grouped) == ("-number", False)
    assert Asked(term="Bo").address() == "?"
    assert Asked(term="Bo", sort="-activity").address() == "?sort=-activity"
    assert Asked(term="Bo").but(term="").sort == "-activity"
    assert Asked(sort="-number").address() == "?sort=-number"
    assert isinstance(Asked(term="Bo").but(page=2).sort, Unnamed)
