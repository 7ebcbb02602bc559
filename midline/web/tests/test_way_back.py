"""From My Account one gets back to the workspace one came from: the address says it, in each tab its own."""

import re

import pytest

from midline.collaboration.tests.factories import CollaborationFactory
from midline.people.models import User

PAGE = {"Sec-Fetch-Dest": "document"}


@pytest.fixture
def everywhere(cast):
    """A provider who collaborates and works in the lab."""
    CollaborationFactory(person=cast.owner.user, every_case=True)
    User.objects.filter(pk=cast.owner.user.pk).update(is_technician=True)
    return cast.owner.client


def nav(page: str) -> str:
    found = re.search(r'<nav class="ml-nav.*?</nav>', page, re.DOTALL)
    assert found
    return found[0]


@pytest.mark.parametrize(
    ("side", "list_page"), [("provider", "/provider/orders/"), ("collaborator", "/collaborator/cases/"), ("lab", "/lab/")]
)
def test_my_account_leads_back_to_where_one_came_from(everywhere, side, list_page):
    page = everywhere.get(list_page, follow=True).content.decode()
    link = re.search(r'href="(/account/\?from=\w+)"', page)
    assert link
    account = everywhere.get(link[1], headers=PAGE)

    assert account.status_code == 200
    text = account.content.decode()
    assert f'href="/{side}/' in nav(text)
    assert not [other for other in {"provider", "collaborator", "lab"} - {side} if f'href="/{other}/' in nav(text)]
    assert re.search(rf'class="ml-brand" href="/{side}/"', text)
    assert text.count(f'href="/{side}/"') >= 3, "the sign, the way back on both widths, the menu"
    links = set(re.findall(r'href="(/account/[^"]*)"', text.partition('aria-label="My Account">')[2].partition("</nav>")[0]))
    assert links
    assert all(link.endswith(f"?from={side}") for link in links), links


def test_a_page_opened_from_a_workspace_says_so_in_its_address(everywhere):
    before = {"Referer": "http://testserver/collaborator/cases/?group=evaluate"}

    response = everywhere.get("/account/email-notifications/", headers=PAGE | before)
    assert (response.status_code, response["Location"]) == (302, "/account/email-notifications/?from=collaborator")
    assert everywhere.get(response["Location"], headers=PAGE | before).status_code == 200


def test_a_form_of_my_account_and_its_redirect_keep_the_way_back(everywhere):
    before = {"Referer": "http://testserver/account/email-notifications/?from=lab"}
    response = everywhere.post("/account/bell/read/", headers=before)

    assert response["Location"] == "/account/bell/?from=lab"


@pytest.mark.parametrize(
    "before", ["", "http://elsewhere.example/collaborator/", "http://testserver/", "http://testserver/account/?from=nobody"]
)
def test_nothing_is_taken_from_anywhere_else(everywhere, before):
    assert everywhere.get("/account/", headers=PAGE | {"Referer": before}).status_code == 200


def test_a_workspace_that_is_not_the_persons_own_is_none_to_go_back_to(cast):
    page = cast.owner.client.get("/account/?from=lab").content.decode()

    assert "/lab/" not in page
    assert 'class="ml-brand" href="/provider/"' in page


def test_who_has_one_workspace_needs_no_way_back(cast):
    before = {"Referer": "http://testserver/collaborator/cases/"}
    response = cast.with_no_grant.client.get("/account/", headers=PAGE | before)

    assert response.status_code == 200
    assert "from=" not in response.content.decode()


def test_fragments_and_files_are_never_sent_round(everywhere):
    before = {"Referer": "http://testserver/collaborator/cases/", "Sec-Fetch-Dest": "empty"}

    assert everywhere.get("/account/bell/list/", headers=before).status_code == 200
