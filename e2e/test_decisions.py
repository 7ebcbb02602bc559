"""Decisions in the browser: what was typed when another version came first, who approves, and who looks at the case at the same time.

Maren's case has version 1 before her; Priya collaborates and may not decline. The lab publishes version 2 while both write about version 1.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from demo.portal.people import PASSWORD
from e2e.conftest import Desk
from e2e.portal import Portal
from e2e.test_conversation import WORLD

pytestmark = [pytest.mark.slow, pytest.mark.once]
expect.set_options(timeout=20_000)
SEEN_WITHIN_MS = 10_000
GONE_WITHIN_MS = 6_000
NEWER = """
from midline.cases.models import Case, Order
from midline.cases import services
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.setups.tests.factories import make_version

case = Case.objects.get(patient__last_name="Talks")
lab = Actor(User.objects.get(email="lab@demo.example"), Workspace.LAB)
owner = Actor(case.provider.person, Workspace.PROVIDER, case.provider_id)
move = lambda event, by, n: services.order_move(order=Order.objects.select_related("case").get(case=case), event=event, by=by, version=n)
move("send_changes", owner, 1)
make_version(Case.objects.get(pk=case.pk), lab.user, 2, stages=6)
move("publish", lab, 2)
"""
REMOVED = """
from midline.collaboration.models import Collaboration
from midline.collaboration.services import collaboration_revoke
from midline.core.workspace import Workspace
from midline.people.policies import Actor
shared = Collaboration.objects.get(email__startswith="priya")
collaboration_revoke(collaboration=shared, by=Actor(shared.provider.person, Workspace.PROVIDER, shared.provider_id))
"""


@pytest.fixture(scope="module")
def number(portal: Portal, desks: dict[str, Desk]) -> str:
    """The case, with both people signed in."""
    portal.manage("shell", "-c", WORLD)
    for who in ("provider", "priya"):
        desks[who].sign_in(f"{who}@demo.example", PASSWORD)
    desks["provider"].go("/provider/orders/")
    return str(desks["provider"].page.locator("a[data-open]").first.inner_text()).strip()


def review(desk: Desk, workspace: str, number: str, version: int) -> Page:
    desk.go(f"/{workspace}/cases/{number}/setups/{version}/")
    return desk.page


def ask_for_ipr(page: Page) -> None:
    """Fills the drawer with one line, by keyboard where it counts."""
    page.get_by_role("button", name=re.compile("Request changes")).click()
    line = page.locator("#changes [data-change-line]").first
    line.locator("[name=item_movement]").select_option("ipr")
    line.locator("[name=item_tooth]").select_option("21")
    line.locator("[name=item_tooth_b]").select_option("22")
    line.locator("[name=item_amount]").fill("0.2")
    page.locator("#changes-words").fill("Make room first.")


def test_two_people_see_that_the_other_looks_at_the_case(desks: dict[str, Desk], number: str) -> None:
    maren = review(desks["provider"], "provider", number, 1)
    priya = review(desks["priya"], "collaborator", number, 1)

    expect(priya.get_by_role("img", name="Here now: Maren Østby")).to_be_visible(timeout=SEEN_WITHIN_MS)
    expect(maren.get_by_role("img", name="Here now: Priya Raghunathan")).to_be_visible(timeout=SEEN_WITHIN_MS)


def test_what_was_typed_when_a_newer_version_came_first_goes_into_its_drawer(portal: Portal, desks: dict[str, Desk], number: str) -> None:
    maren, priya = desks["provider"].page, desks["priya"].page
    ask_for_ipr(maren)
    ask_for_ipr(priya)
    portal.manage("shell", "-c", NEWER)
    maren.get_by_role("button", name="Send to the lab").click()
    priya.get_by_role("button", name="Propose changes").click()

    for page, who in ((maren, "provider"), (priya, "collaborator")):
        expect(page.get_by_text("Version 1 was replaced while you were looking at it.")).to_be_visible()
        expect(page.get_by_text("The upper arch takes 6 stages instead of 4.")).to_be_visible()
        expect(page.get_by_role("link", name="What changed since version 1")).to_have_attribute(
            "href", f"/{who}/cases/{number}/setups/2/compare/?with=1"
        )
        page.get_by_role("button", name="Take it into version 2").press("Enter")
        drawer = page.get_by_role("dialog", name="Changes to version 2")
        expect(drawer).to_contain_text("You wrote this for version 1.")
        expect(drawer.locator("[name=item_tooth_b]").first).to_have_value("22")
        expect(drawer.locator("[name=item_amount]").first).to_have_value("0.2")
        expect(page.locator("#changes-words")).to_have_value("Make room first.")
    desks["provider"].picture("carried")
    priya.get_by_role("button", name="Propose changes").click()
    priya.wait_for_url(re.compile(r"/setups/2/$"))

    tick = maren.locator("#changes-proposed [name=ticked]")
    expect(tick).to_have_count(1)
    expect(tick).not_to_be_checked()
    expect(maren.locator("#changes-words")).to_have_value("Make room first.")


def test_a_version_is_approved_with_the_password_alone_and_who_was_removed_is_gone(
    portal: Portal, desks: dict[str, Desk], number: str
) -> None:
    maren = review(desks["provider"], "provider", number, 2)
    priya = review(desks["priya"], "collaborator", number, 2)
    here = maren.get_by_role("img", name=re.compile("Here now: Priya"))
    expect(here).to_be_visible(timeout=SEEN_WITHIN_MS)
    portal.manage("shell", "-c", REMOVED)
    expect(here).to_have_count(0, timeout=GONE_WITHIN_MS)
    expect(priya.get_by_role("heading", name="There is nothing at this address")).to_be_visible()

    maren.get_by_role("button", name="Approve version 2").first.click()
    dialog = maren.get_by_role("dialog", name="Approve version 2?")
    expect(dialog).to_contain_text("1 proposed change request is not sent")
    dialog.get_by_label("Your password").fill("not this one")
    maren.keyboard.press("Enter")
    expect(dialog.get_by_text("That is not your password. Type it again.")).to_be_visible()
    desks["provider"].picture("approve-again")
    dialog.get_by_label("Your password").fill(PASSWORD)
    maren.keyboard.press("Enter")
    maren.wait_for_url(re.compile(r"/setups/2/$"))
    expect(maren.locator("#decision")).to_contain_text("Maren Østby approved this version")


def test_nothing_broke_on_the_way(desks: dict[str, Desk], number: str) -> None:
    for desk in desks.values():
        desk.check()
