"""The Dashboard in a browser: its numbers lead to their cases, the keyboard alone is enough, and axe finds nothing in any dress."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Desk
from e2e.portal import ROOT

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
DRESSES = {
    "desk": ({"width": 1440, "height": 1000}, "light"),
    "desk-dark": ({"width": 1440, "height": 1000}, "dark"),
    "phone": ({"width": 390, "height": 844}, "light"),
    "phone-dark": ({"width": 390, "height": 844}, "dark"),
    "narrow": ({"width": 320, "height": 700}, "light"),
}
PLACE = "/provider/dashboard/"


@pytest.fixture(scope="module")
def provider(desks: Mapping[str, Desk]) -> Desk:
    desk = desks["provider"]
    desk.sign_in("provider@demo.example", "midline-demo")
    return desk


def faults_of(page: Page) -> list[Any]:
    """What axe finds against WCAG 2.2 AA."""
    page.evaluate(AXE)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(tags)}}})")
    return [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in found["violations"]]


def tab_to(page: Page, name: str, steps: int = 60) -> None:
    """Presses Tab until the link or button with this name has the focus."""
    for _step in range(steps):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText || ''").strip().startswith(name):
            return
    raise AssertionError(f"Tab never reached {name!r}.")


def test_a_number_leads_to_its_cases_and_back(provider):
    page = provider.page
    provider.go("/provider/orders/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Dashboard").click()
    page.wait_for_url(f"**{PLACE}")
    expect(page.get_by_role("heading", name="Dashboard", exact=True)).to_be_visible()

    page.get_by_role("link", name="Drafts 1 order").click()
    page.wait_for_url("**/provider/orders/?status=draft")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.go_back()
    expect(page.get_by_text("What waits longest")).to_be_visible()


def test_the_keyboard_alone_chooses_a_period_and_opens_a_case(provider):
    page = provider.page
    provider.go(PLACE)
    tab_to(page, "Month")
    page.keyboard.press("Enter")
    page.wait_for_url("**?period=month")
    tab_to(page, "0100")
    page.keyboard.press("Enter")
    page.wait_for_url("**/provider/cases/0100*/")
    provider.go("/provider/orders/")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url(f"**{PLACE}")


@pytest.mark.parametrize("dress", DRESSES)
def test_it_is_accessible_and_fits_in_every_dress(provider, dress):
    page = provider.page
    size, scheme = DRESSES[dress]
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    provider.go(f"{PLACE}?period=year")
    for summary in page.locator("main details > summary").all():
        summary.click()

    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert faults_of(page) == []
    provider.picture(f"dashboard-{dress}")
    provider.check()
