"""Becoming a collaborator, in the browser: consent, being found, registering with a passkey, the wrong person, declining, leaving.

The portal is served as localhost, because a passkey needs a host name. The provider of the demo adds people of these tests alone.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from demo.portal.people import PASSWORD
from e2e.conftest import Desk
from e2e.portal import Portal, link_in, loaded

COLLABORATORS = "/account/collaborators/"
expect.set_options(timeout=20_000)


class NamedPortal(Portal):
    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    copy = loaded(tmp_path_factory.mktemp("portal"))
    running = NamedPortal(copy.folder, copy.database_url)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def provider(desks: dict[str, Desk]) -> Desk:
    desk = desks["provider"]
    desk.sign_in("provider@demo.example", PASSWORD)
    return desk


def button(page: Page | Locator, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("button", name=name, exact=isinstance(name, str))


def _tick_both(page: Page) -> None:
    for box in (page.locator("#consent"), page.locator("#terms")):
        if box.is_enabled():
            box.check()


def _adds(desk: Desk, address: str, first_name: str = "Yuki", last_name: str = "Ōtani") -> None:
    page = desk.page
    desk.go(COLLABORATORS)
    _tick_both(page)
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label("First name").fill(first_name)
    page.get_by_label("Last name").fill(last_name)
    button(page, "Add Collaborator").click()
    expect(page.locator("#ml-toasts")).to_contain_text(f"An invitation was sent to {first_name}")


def _listed(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=name)


def test_several_are_added_in_a_row_and_a_new_text_asks_again(desks: dict[str, Desk], provider: Desk) -> None:
    page = provider.page
    provider.go(COLLABORATORS)
    expect(page.get_by_label("E-mail address")).to_be_disabled()
    page.locator("#consent").check()
    expect(page.get_by_label("E-mail address")).to_be_disabled()
    page.locator("#terms").check()
    expect(page.get_by_label("E-mail address")).to_be_enabled()
    for name in ("Ada", "Bo"):
        _adds(provider, f"{name.lower()}@example.org", name, "Vik")
        expect(page.get_by_label("E-mail address")).to_be_focused()
        expect(page.get_by_label("First name")).to_have_value("")
        expect(page.locator("#consent")).to_be_checked()

    admin = desks["admin"]
    admin.sign_in("admin@demo.example", PASSWORD)
    admin.go("/administration/collaboration/consenttext/")
    admin.page.get_by_role("row").filter(has_text="Terms").get_by_role("link").click()
    admin.page.get_by_label("Body").fill("1. The second version of the terms.")
    admin.picture("administration")
    admin.page.get_by_role("button", name="Save", exact=True).click()
    expect(admin.page.get_by_role("row").filter(has_text="Terms")).to_have_count(2)

    provider.go(COLLABORATORS)
    expect(page.get_by_label("E-mail address")).to_be_disabled()
    expect(page.locator("#terms")).not_to_be_checked()
    expect(_listed(page, "Ada Vik")).to_contain_text("added under version 1, version 2 in force")
    provider.picture("asked-again")
    _adds(provider, "cy@example.org", "Cy", "Vik")
    expect(_listed(page, "Cy Vik")).not_to_contain_text("in force")


def test_a_whole_address_finds_who_allows_it_and_tells_nothing_of_anybody_else(provider: Desk) -> None:
    page = provider.page
    provider.go(COLLABORATORS)
    _tick_both(page)
    address, answer = page.get_by_label("E-mail address"), page.locator("#lookup")

    address.press_sequentially("colleague@demo.exampl")
    page.wait_for_timeout(900)
    expect(answer).not_to_contain_text("Eskil")
    with page.expect_response("**/lookup/"):
        address.press_sequentially("e")
    expect(answer).to_contain_text("Eskil Aabakken")
    expect(answer).to_contain_text("Bryggen")
    provider.picture("found")
    address.press("Enter")
    expect(page.get_by_label("First name")).to_have_value("Eskil")
    expect(page.get_by_label("Last name")).to_have_value("Aabakken")

    told = []
    for hidden_or_unknown in ("private@demo.example", "nobody@demo.example"):
        provider.go(COLLABORATORS)
        with page.expect_response("**/lookup/") as asked:
            address.press_sequentially(hidden_or_unknown)
        expect(answer).to_contain_text("An invitation will be sent to this address.")
        told.append((asked.value.status, asked.value.body()))
        expect(page.get_by_label("First name")).to_have_value("")
    assert told[0] == told[1]


def test_somebody_registers_with_a_passkey_and_signs_in_with_it(desks: dict[str, Desk], provider: Desk, portal: Portal) -> None:
    _adds(provider, "yuki@example.org")
    desk = desks["yuki"]
    page = desk.page
    device = desk.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    able = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {"protocol": "ctap2", "transport": "internal", **able}})

    desk.go(link_in(portal.mailbox.wait("yuki@example.org", "registration"), "/invitation/"))
    page.get_by_role("radio", name=re.compile("Passkey")).check()
    expect(page.get_by_label("Password", exact=True)).to_be_hidden()
    desk.picture("register")
    button(page, "Create account and accept").click()
    expect(page.get_by_text("The box is not ticked. Tick it to accept.")).to_be_visible()
    page.get_by_role("checkbox", name=re.compile("I accept responsibility")).check()
    button(page, "Create account and accept").click()
    page.wait_for_url("**/collaborator/cases/")
    expect(page.locator("#ml-toasts")).to_contain_text("Your passkey signs you in")

    desk.go("/account/logout/")
    button(page.locator("main"), "Sign out").click()
    desk.go("/account/login/")
    button(page, "Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/account/login" not in url)
    desk.go("/account/collaborations/")
    expect(page.get_by_role("heading", name="Maren Østby")).to_be_visible()
    desk.check()


def test_somebody_else_reads_that_the_invitation_is_not_theirs(desks: dict[str, Desk], provider: Desk, portal: Portal) -> None:
    _adds(provider, "private@demo.example", "Signe", "Dahl")
    link = link_in(portal.mailbox.wait("private@demo.example", "."), "/invitation/")
    other = desks["colleague"]
    other.sign_in("colleague@demo.example", PASSWORD)
    other.go(link)
    expect(other.page.get_by_role("heading", name="This invitation is for somebody else")).to_be_visible()
    expect(other.page.locator("main")).to_contain_text("You are signed in as colleague@demo.example")
    expect(other.page.locator("main")).not_to_contain_text("private@")
    assert other.status_of(link) == 403
    other.picture("wrong-person")

    button(other.page, "Sign out").click()
    other.page.fill("input[name=login]", "private@demo.example")
    other.page.fill("input[name=password]", PASSWORD)
    button(other.page, "Sign in").click()
    expect(other.page.get_by_role("heading", name="Maren Østby asks you to collaborate")).to_be_visible()


def test_declining_tells_the_provider_the_reason(desks: dict[str, Desk], provider: Desk, portal: Portal) -> None:
    _adds(provider, "noor@example.org", "Noor", "Haddad")
    desk = desks["noor"]
    desk.go(link_in(portal.mailbox.wait("noor@example.org", "registration"), "/invitation/"))
    desk.page.get_by_role("link", name="Decline the invitation").click()
    dialog = desk.page.locator("dialog[open]")
    dialog.get_by_label(re.compile("Reason")).fill("On leave until March")
    desk.picture("decline")
    button(dialog, "Decline invitation").click()
    expect(desk.page.get_by_role("heading", name="You declined the invitation")).to_be_visible()

    portal.mailbox.wait("provider@demo.example", "Noor Haddad declined")
    provider.go(COLLABORATORS)
    provider.page.locator("summary", has_text="Ended").click()
    expect(_listed(provider.page, "Noor Haddad")).to_contain_text("On leave until March")
    _listed(provider.page, "Noor Haddad").get_by_role("link", name=re.compile("Invite again")).click()
    expect(provider.page.get_by_label("First name")).to_have_value("Noor")


def test_a_collaborator_leaves_after_being_asked(desks: dict[str, Desk], provider: Desk, portal: Portal) -> None:
    _adds(provider, "colleague@demo.example", "Eskil", "Aabakken")
    desk = desks["eskil"]
    page = desk.page
    desk.sign_in("colleague@demo.example", PASSWORD)
    desk.go(link_in(portal.mailbox.wait("colleague@demo.example", "responsib"), "/invitation/"))
    page.get_by_role("checkbox", name=re.compile("I accept responsibility")).check()
    desk.picture("accept")
    button(page, "Accept responsibility").click()
    page.wait_for_url("**/collaborator/cases/")

    desk.go("/account/collaborations/")
    page.get_by_role("link", name="Leave", exact=True).click()
    expect(page.locator("dialog[open]")).to_contain_text("You see none of their cases from now on")
    button(page.locator("dialog[open]"), "Stay").click()
    page.get_by_role("link", name="Leave", exact=True).click()
    button(page.locator("dialog[open]"), "Leave").click()
    expect(page.locator("#ml-toasts")).to_contain_text("You left")
    portal.mailbox.wait("provider@demo.example", "Eskil Aabakken")
    provider.go(COLLABORATORS)
    provider.page.locator("summary", has_text="Ended").click()
    expect(_listed(provider.page, "Eskil Aabakken")).to_contain_text("Left")


def test_the_language_chosen_at_the_gate_becomes_that_of_the_registration(desks: dict[str, Desk], provider: Desk, portal: Portal) -> None:
    _adds(provider, "bela@example.org", "Béla", "Kiss")
    desk = desks["bela"]
    desk.go(link_in(portal.mailbox.wait("bela@example.org", "registration"), "/invitation/"))
    desk.page.locator("select[data-autosubmit]").select_option("de")
    expect(desk.page.locator("html")).to_have_attribute("lang", "de")
    expect(desk.page.locator("select[name=language]").last).to_have_value("de")
    desk.check()
    provider.check()
