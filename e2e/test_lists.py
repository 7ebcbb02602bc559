"""The two lists in a browser: they show what others do, by themselves; groups fold; everything works by keyboard.

Maren has cases of every kind and a collaborator, Priya, who sees them all; the lab moves one and a share ends while both lists are open.
"""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from demo.portal.people import PASSWORD
from e2e.conftest import Desk
from e2e.portal import Portal

expect.set_options(timeout=20_000)
WORLD = """
from uuid import uuid4
from demo.portal.people import person
from midline.cases import services
from midline.cases.models import Case, CaseType, Order
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.models import Provider

maren = Provider.objects.get(person__email="provider@demo.example")
owner = Actor(maren.person, Workspace.PROVIDER, maren.pk)
priya = person("priya", "Priya", "Raghunathan")
shared = Collaboration.objects.create(
    provider=maren, person=priya, email=priya.email, first_name="Priya", last_name="Raghunathan", state="active", relation="mentor",
    accepted_at=clock.now(),
)


def case(first_name, last_name, *events):
    order = services.case_begin(practice=maren.practices.first(), kind=CaseType.ALIGNER, by=owner, key=uuid4(), values={"arches": "both"})
    services.patient_save(case=order.case, by=owner, first_name=first_name, last_name=last_name, birth_on="1961-02-03", sex="female")
    for event in events:
        services.order_move(order=Order.objects.select_related("case").get(pk=order.pk), event=event, by=owner)
    return order.case


case("Aoife", "Begun")
case("Zofia", "Moves", "submit")
case("Emre", "Leaves", "submit")
case("Søren", "Stays", "submit")
services.cases_share(collaboration=shared, cases=Case.objects.filter(provider=maren), by=owner)
"""
TAKE = """
from midline.cases import services
from midline.cases.models import Order
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
lab = Actor(User.objects.get(email="lab@demo.example"), Workspace.LAB)
services.order_move(order=Order.objects.select_related("case").get(case__patient__last_name="Moves"), event="take", by=lab)
"""
ASK = """
from midline.cases import services
from midline.cases.models import Order, RecordNeed
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
lab = Actor(User.objects.get(email="lab@demo.example"), Workspace.LAB)
order = Order.objects.select_related("case").get(case__patient__last_name="Moves")
services.records_ask(order=order, asks=[services.Ask("upper_scan", RecordNeed.Kind.MISSING, "It is not there.")], by=lab)
"""
UNSHARE = """
from midline.cases import services
from midline.cases.models import Case
from midline.collaboration.models import Collaboration
from midline.core.workspace import Workspace
from midline.people.policies import Actor
shared = Collaboration.objects.select_related("provider__person").get(email="priya@demo.example")
owner = Actor(shared.provider.person, Workspace.PROVIDER, shared.provider_id)
services.cases_unshare(collaboration=shared, cases=Case.objects.filter(patient__last_name="Leaves"), by=owner)
"""


@pytest.fixture(scope="module")
def world(portal: Portal) -> None:
    portal.manage("shell", "-c", WORLD)


@pytest.fixture
def lists(world: None, desks: dict[str, Desk]) -> tuple[Desk, Desk]:
    for name, path in (("provider", "/provider/orders/"), ("priya", "/collaborator/cases/?sort=number")):
        fresh = name not in desks
        desk = desks[name]
        if fresh:
            desk.sign_in(f"{name}@demo.example", PASSWORD)
        desk.go(path)
    return desks["provider"], desks["priya"]


def row(page: Page, patient: str) -> Locator:
    return page.locator("tr[data-row]", has_text=patient)


def test_a_list_shows_what_others_do_and_keeps_what_the_reader_holds(portal: Portal, lists: tuple[Desk, Desk]) -> None:
    maren, priya = lists
    page = maren.page
    row(page, "Moves").locator("input[data-select]").check()
    row(page, "Stays").locator("[data-open]").focus()
    row(page, "Stays").locator("[data-collaborators]").click()
    expect(page.locator("#ml-collaborators")).to_contain_text("Priya")

    portal.manage("shell", "-c", TAKE)

    expect(row(page, "Moves")).to_contain_text("Setup in production")
    expect(page.locator("#ml-collaborators")).to_be_visible()
    expect(row(page, "Moves").locator("input[data-select]")).to_be_checked()
    expect(page.locator("#ml-news")).to_have_count(0)
    expect(row(priya.page, "Moves")).to_contain_text("Setup in production")
    page.keyboard.press("Escape")

    action_needed = page.locator(".ml-tabs a", has_text="Action Needed").locator(".ml-count")
    before = int(action_needed.inner_text())
    portal.manage("shell", "-c", ASK)

    expect(row(page, "Moves")).to_contain_text("Your turn")
    expect(action_needed).to_have_text(str(before + 1))
    # It stays where it stands until the reader asks.
    expect(page.locator("#group-progress tr", has_text="Moves")).to_have_count(1)
    expect(page.locator("#ml-news")).to_contain_text("1 case changed")
    maren.picture("changed")
    page.locator("#ml-news button").click()
    expect(page.locator("#group-action tr", has_text="Moves")).to_have_count(1)
    expect(row(page, "Moves").locator("input[data-select]")).to_be_checked()
    expect(page.locator("#ml-news")).to_have_count(0)
    maren.check()


def test_a_case_that_is_no_longer_shared_leaves_with_a_note(portal: Portal, lists: tuple[Desk, Desk]) -> None:
    _maren, priya = lists
    row(priya.page, "Leaves").locator("[data-open]").focus()
    every = priya.page.locator(".ml-tabs a", has_text="All").locator(".ml-count")
    before = int(every.inner_text())

    portal.manage("shell", "-c", UNSHARE)

    expect(row(priya.page, "Leaves")).to_have_count(0)
    expect(priya.page.locator("#ml-toasts")).to_contain_text("is no longer in your list.")
    expect(every).to_have_text(str(before - 1))
    focused = priya.page.evaluate("document.activeElement.closest('tr[data-row]') !== null")
    assert focused, "whoever works by keyboard stays in the list"
    priya.check()


def test_groups_fold_by_keyboard_and_are_remembered_in_this_tab(lists: tuple[Desk, Desk]) -> None:
    page = lists[0].page
    group = page.locator("button[data-fold=progress]")
    group.focus()
    page.keyboard.press("Enter")
    expect(group).to_have_attribute("aria-expanded", "false")
    expect(row(page, "Stays")).to_be_hidden()
    page.locator("input[data-select-all]").check()
    expect(row(page, "Stays").locator("input[data-select]")).not_to_be_checked()

    page.reload()
    expect(row(page, "Stays")).to_be_hidden()
    page.keyboard.press("j")
    for _ in range(5):
        page.keyboard.press("j")
    expect(page.locator("tr[data-row][data-focus]")).to_be_visible()

    page.locator("button[data-fold=progress]").focus()
    page.keyboard.press("Space")
    expect(row(page, "Stays")).to_be_visible()


def test_a_list_is_worked_through_by_keyboard_alone(lists: tuple[Desk, Desk]) -> None:
    page = lists[0].page
    rows = page.locator("tr[data-row]")
    page.keyboard.press("j")
    expect(rows.nth(0).locator("[data-open]")).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(page.locator("input[data-select]:checked")).to_have_count(3)
    expect(page.locator("[data-selection-count]")).to_have_text("3")
    page.keyboard.press("k")
    expect(rows.nth(1).locator("[data-open]")).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator("#ml-collaborators")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("jxc?")
    expect(page.locator("[data-search]")).to_have_value("jxc?")
    expect(page.locator("input[data-select]:checked")).to_have_count(3)
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.locator("#ml-keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile("/provider/collaborators/"))
    page.wait_for_load_state()
    page.go_back()
    expect(page.locator("[data-selection-count]")).to_have_text("3")
    page.keyboard.press("j")
    expect(page.locator("tr[data-row][data-focus] [data-open]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/provider/cases/\d{7}/"))
    lists[0].check()


@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_phone_shows_the_list_without_sliding_sideways(lists: tuple[Desk, Desk], width: int) -> None:
    for desk in lists:
        desk.page.set_viewport_size({"width": width, "height": 800})
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
        desk.picture(f"phone-{width}")
        desk.page.set_viewport_size({"width": 1440, "height": 900})
