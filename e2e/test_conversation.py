"""The conversation beside the model in two browsers: what one writes the other sees by itself, and it counts as read when it was seen.

Maren has a case with version 1 before her; Priya collaborates. The lab publishes version 2 while version 1 is open.
"""

import re
import time

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from demo.portal.people import PASSWORD
from e2e.conftest import Desk
from e2e.portal import Portal

pytestmark = pytest.mark.once
expect.set_options(timeout=20_000)
ARRIVES_WITHIN_MS = 5_000
WORLD = """
from uuid import uuid4
from demo.portal.people import person
from midline.cases import services
from midline.cases.models import Case, CaseType, Order
from midline.collaboration.models import Collaboration
from midline.conversation.services import PinAt, comment_add
from midline.core import clock
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.models import Provider
from midline.setups.tests.factories import make_version

maren = Provider.objects.get(person__email="provider@demo.example")
owner = Actor(maren.person, Workspace.PROVIDER, maren.pk)
lab = Actor(User.objects.get(email="lab@demo.example"), Workspace.LAB)
priya = person("priya", "Priya", "Raghunathan")
shared = Collaboration.objects.create(
    provider=maren, person=priya, email=priya.email, first_name="Priya", last_name="Raghunathan", state="active", relation="mentor",
    accepted_at=clock.now(),
)
order = services.case_begin(practice=maren.practices.first(), kind=CaseType.ALIGNER, by=owner, key=uuid4(), values={"arches": "both"})
services.patient_save(case=order.case, by=owner, first_name="Zofia", last_name="Talks", birth_on="1961-02-03", sex="female")
fresh = lambda: Order.objects.select_related("case").get(pk=order.pk)
services.order_move(order=fresh(), event="submit", by=owner)
services.cases_share(collaboration=shared, cases=Case.objects.filter(provider=maren), by=owner)
services.order_move(order=fresh(), event="take", by=lab)
make_version(Case.objects.get(pk=order.case_id), lab.user)
services.order_move(order=fresh(), event="publish", by=lab, version=1)
pin = PinAt("upper-04", (0.0, -1.0, 0.0), (0.0, -1.0, 0.0), 3, "front", 21)
case = Case.objects.get(pk=order.case_id)
comment_add(case=case, by=owner, body="Is the rotation of 21 enough?", key=uuid4(), version=1, pin=pin)
"""
PUBLISH = """
from midline.cases.models import Case, Order
from midline.cases import services
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.setups.tests.factories import make_version
lab = Actor(User.objects.get(email="lab@demo.example"), Workspace.LAB)
case = Case.objects.get(patient__last_name="Talks")
make_version(case, lab.user, 2)
services.order_move(order=Order.objects.select_related("case").get(case=case), event="publish", by=lab, version=2)
"""


@pytest.fixture(scope="module")
def number(portal: Portal, desks: dict[str, Desk]) -> str:
    """The case, with both people signed in."""
    portal.manage("shell", "-c", WORLD)
    for who in ("provider", "priya"):
        desks[who].sign_in(f"{who}@demo.example", PASSWORD)
    desks["provider"].go("/provider/orders/")
    link = desks["provider"].page.locator("a[data-open]").first
    return str(link.inner_text()).strip()


def review(desk: Desk, workspace: str, number: str, version: int = 1) -> Page:
    desk.go(f"/{workspace}/cases/{number}/setups/{version}/")
    return desk.page


def talk(page: Page) -> None:
    page.get_by_role("tab", name=re.compile("Conversation")).click()


def said(page: Page, words: str) -> Locator:
    """The words in the thread, not in the form that corrects them."""
    return page.locator("#thread").get_by_role("paragraph").filter(has_text=words)


def write(page: Page, words: str) -> None:
    page.locator("#compose textarea").fill(words)
    page.locator("#compose textarea").press("Control+Enter")
    expect(said(page, words)).to_be_visible()


@pytest.mark.slow
def test_a_comment_counts_as_read_when_it_was_seen_and_not_before(desks: dict[str, Desk], number: str) -> None:
    maren = review(desks["provider"], "provider", number)
    priya = review(desks["priya"], "collaborator", number)
    talk(priya)
    write(priya, "Look at 11 before you approve.")
    bubble = maren.locator("#tab-talk .ml-bubble")

    expect(bubble).to_contain_text("1", timeout=ARRIVES_WITHIN_MS)
    maren.reload()
    expect(bubble).to_contain_text("1")
    talk(maren)
    expect(bubble).to_have_count(0)
    expect(said(maren, "Look at 11 before you approve.")).to_be_visible()
    maren.reload()
    expect(maren.locator("#tab-talk")).to_be_visible()
    expect(bubble).to_have_count(0)


@pytest.mark.slow
def test_what_the_other_writes_arrives_by_itself_beside_a_draft_that_stays(desks: dict[str, Desk], number: str) -> None:
    maren = review(desks["provider"], "provider", number)
    priya = review(desks["priya"], "collaborator", number)
    talk(maren)
    talk(priya)
    maren.locator("#compose textarea").fill("Half a thought")
    write(priya, "The midline follows from stage 2 on.")

    expect(said(maren, "The midline follows from stage 2 on.")).to_be_visible(timeout=ARRIVES_WITHIN_MS)
    expect(maren.locator("#compose textarea")).to_have_value("Half a thought")
    desks["provider"].picture("conversation")


@pytest.mark.slow
def test_a_comment_that_is_being_corrected_is_not_replaced_by_what_arrives(desks: dict[str, Desk], number: str) -> None:
    maren = review(desks["provider"], "provider", number)
    priya = review(desks["priya"], "collaborator", number)
    talk(maren)
    talk(priya)
    own = maren.locator("#thread article").filter(has_text="Is the rotation of 21 enough?").first
    own.get_by_text("Edit or take back").first.click()
    own.locator("textarea").first.fill("Is the rotation of 21 enough at stage 3?")
    write(priya, "It came while somebody was writing.")
    maren.wait_for_timeout(6_000)

    expect(own.locator("textarea").first).to_have_value("Is the rotation of 21 enough at stage 3?")
    own.get_by_role("button", name="Save the change").first.click()
    expect(said(maren, "Is the rotation of 21 enough at stage 3?")).to_be_visible()
    expect(said(maren, "It came while somebody was writing.")).to_be_visible()


@pytest.mark.slow
def test_a_name_is_offered_behind_an_at_and_an_answer_stands_under_its_comment(desks: dict[str, Desk], number: str) -> None:
    maren = review(desks["provider"], "provider", number)
    talk(maren)
    first = maren.locator("#thread article").filter(has_text="Is the rotation of 21 enough?").first
    first.get_by_role("link", name="Reply").first.click()
    maren.keyboard.type("I think so, @pri")
    expect(maren.get_by_role("option", name="Priya Raghunathan")).to_be_visible()
    maren.keyboard.press("Enter")
    maren.keyboard.type("do you?")
    maren.keyboard.press("Control+Enter")

    expect(first.locator("article").filter(has_text="I think so,").locator(".ml-mention")).to_have_text("@Priya Raghunathan")
    expect(maren.locator("[data-reply-chip]")).to_be_hidden()


@pytest.mark.slow
def test_a_comment_whose_answer_was_lost_is_sent_again_and_stands_once(desks: dict[str, Desk], number: str) -> None:
    priya = review(desks["priya"], "collaborator", number)
    talk(priya)
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort()

    priya.route("**/comments/", lose, times=1)
    priya.locator("#compose textarea").fill("Sent on a bad line.")
    priya.locator("#compose").get_by_role("button", name=re.compile("Send")).click()
    expect(priya.locator("#compose textarea")).to_have_value("Sent on a bad line.")
    until = time.monotonic() + 10
    while not lost and time.monotonic() < until:
        priya.wait_for_timeout(100)
    assert lost == [200]
    priya.locator("#compose").get_by_role("button", name=re.compile("Send")).click()
    expect(priya.locator("#compose textarea")).to_have_value("")

    expect(said(priya, "Sent on a bad line.")).to_have_count(1)


@pytest.mark.slow
def test_a_request_from_a_pin_is_one_card_that_changes_while_it_is_looked_at(desks: dict[str, Desk], number: str) -> None:
    priya = review(desks["priya"], "collaborator", number)
    talk(priya)
    priya.get_by_role("button", name="Request a change here").first.click()
    line = priya.locator("#changes [data-change-line]").first
    expect(line.locator("[name=item_tooth]")).to_have_value("21")
    expect(line.locator("[name=item_stage]")).to_have_value("3")
    line.locator("[name=item_movement]").select_option("ipr")
    expect(line.get_by_text("before stage")).to_be_visible()
    line.locator("[name=item_tooth_b]").select_option("22")
    line.locator("[name=item_amount]").fill("much")
    priya.get_by_role("button", name="Propose changes").click()
    expect(priya.locator("#changes").get_by_text("“much” is no amount.").first).to_be_visible()
    expect(priya.locator("#changes [name=item_tooth_b]").first).to_have_value("22")
    priya.locator("#changes [name=item_amount]").first.fill("0.2")
    priya.get_by_role("button", name="Propose changes").click()
    priya.wait_for_url(re.compile(r"/setups/1/$"))
    talk(priya)
    card = priya.locator("[id^=request-]")
    expect(card).to_contain_text("not sent")
    expect(card).to_contain_text("21–22")

    maren = review(desks["provider"], "provider", number)
    maren.get_by_role("button", name=re.compile("Request changes")).click()
    maren.get_by_role("button", name="Send to the lab").click()
    maren.wait_for_url(re.compile(r"/setups/1/$"))
    expect(card).to_contain_text("Sent to the lab", timeout=ARRIVES_WITHIN_MS)
    expect(card).to_have_count(1)


@pytest.mark.slow
def test_an_open_review_leads_to_the_version_that_was_published_meanwhile(portal: Portal, desks: dict[str, Desk], number: str) -> None:
    maren = review(desks["provider"], "provider", number)
    expect(maren.locator("#decision")).to_be_visible()
    portal.manage("shell", "-c", PUBLISH)

    strip = maren.locator("#decision").get_by_role("status")
    expect(strip).to_contain_text("Version 2 is published.")
    desks["provider"].picture("newer-version")
    with maren.expect_download() as summary:
        maren.get_by_role("link", name="Summary (PDF)").first.click()
    assert summary.value.suggested_filename == f"{number}-v1-summary.pdf"
    strip.get_by_role("link", name="Open version 2").click()
    maren.wait_for_url(re.compile(r"/setups/2/$"))
    talk(maren)
    expect(maren.locator("[id^=request-]")).to_contain_text("Sent to the lab")


@pytest.mark.slow
def test_nothing_broke_on_the_way(desks: dict[str, Desk], number: str) -> None:
    for desk in desks.values():
        desk.check()
