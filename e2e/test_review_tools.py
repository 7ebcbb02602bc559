"""The review page with its tools: what changed, outlines, what is due, contacts, pins and their view, without WebGL, on a phone, by axe.

Version 1 was sent back with three lines; version 2 takes six stages instead of four, so that its moving teeth end 0.2 mm further.
"""

import json
import re
import textwrap
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from demo.portal.people import PASSWORD
from e2e.conftest import FLAGS, Desk
from e2e.portal import ROOT, Portal

# What is drawn and pressed is the same whatever keeps the case.
pytestmark = [pytest.mark.slow, pytest.mark.once]
expect.set_options(timeout=20_000)
WORLD = """
from decimal import Decimal
from uuid import uuid4
from midline.cases import services
from midline.cases.models import Case, CaseType, Order
from midline.conversation.models import ChangeItem
from midline.conversation.services import Wanted, item_answer, requests_send
from midline.core import clock
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.models import Provider
from midline.setups.models import IPR, Attachment, SetupVersion
from midline.setups.services.content import content_hash
from midline.setups.tests.factories import make_version

maren = Provider.objects.get(person__email="provider@demo.example")
owner, lab = Actor(maren.person, Workspace.PROVIDER, maren.pk), Actor(User.objects.get(email="lab@demo.example"), Workspace.LAB)
order = services.case_begin(practice=maren.practices.first(), kind=CaseType.ALIGNER, by=owner, key=uuid4(), values={"arches": "both"})
services.patient_save(case=order.case, by=owner, first_name="Tove", last_name="Halvorsen", birth_on="1991-02-03", sex="female")


def move(event, by, **more):
    services.order_move(order=Order.objects.select_related("case").get(pk=order.pk), event=event, by=by, **more)


def publish(number, stages, amount, attached):
    version = make_version(Case.objects.get(pk=order.case_id), lab.user, number, published=False, stages=stages)
    IPR.objects.create(version=version, tooth_a=21, tooth_b=22, amount_mm=Decimal(amount), before_stage=2)
    for tooth in attached:
        Attachment.objects.create(version=version, tooth=tooth, shape="Ellipsoid", size="3 × 2 mm", added_stage=1, removed_stage=stages)
    now = clock.now()
    pictures = version.pictures | {"right": version.pictures["front"], "right_start": version.pictures["start"]}
    frozen = dict(content_hash=content_hash(version), published_at=now, published_by=lab.user, pictures=pictures)
    SetupVersion.objects.filter(pk=version.pk).update(**frozen)
    move("publish", lab, version=number)


move("submit", owner)
move("take", lab)
publish(1, 4, "0.20", (13, 43))
wanted = [Wanted(tooth=13, movement="buccal"), Wanted(tooth=22, movement="ipr"), Wanted(tooth=33, movement="extrude")]
requests_send(case=Case.objects.get(pk=order.case_id), version=1, by=owner, wanted=wanted, words="", ticked=frozenset(), key=uuid4())
for item, words in zip(ChangeItem.objects.order_by("pk"), ("", "", "The bone is thin.")):
    item_answer(item=item, answer="not_possible" if words else "done", words=words, by=lab)
publish(2, 6, "0.10", (13,))
"""


@pytest.fixture(scope="module")
def world(portal: Portal) -> Portal:
    portal.manage("shell", "-v0", "-c", textwrap.dedent(WORLD))
    return portal


@pytest.fixture(scope="module")
def desk(world: Portal, desks: dict[str, Desk]) -> Desk:
    found = desks["provider"]
    found.sign_in("provider@demo.example", PASSWORD)
    return found


def opened(page: Page, world: Portal, more: str = "") -> Page:
    """The review page of version 2, its models drawn."""
    page.goto(f"{world.url}/provider/orders/")
    number = page.locator(".ml-case").first.inner_text()
    page.goto(f"{world.url}/provider/cases/{number}/setups/2/{more}")
    page.evaluate("() => window.midlineViewer.ready")
    return page


def told(page: Page, what: str) -> object:
    return page.evaluate(f"() => window.midlineViewer.{what}()")


def test_the_list_of_what_changed_drives_the_view(desk: Desk, world: Portal) -> None:
    page = opened(desk.page, world)
    page.locator("#tab-versions").click()
    rows = page.locator("details[data-change]")
    expect(page.locator("#compare")).to_contain_text("IPR changed at 1 contact.")
    expect(page.locator("#compare")).to_contain_text("The upper arch takes 6 stages instead of 4.")
    expect(rows.filter(has_text="Attachment").filter(has_text="none").locator("summary")).to_contain_text("not asked for")
    expect(rows.filter(has_text="IPR").locator("summary")).not_to_contain_text("not asked for")
    expect(page.locator("#compare")).to_contain_text("The bone is thin.")
    expect(page.locator(".ml-stage")).to_have_attribute("data-mode", "compare")

    # By keyboard: opening a row selects its tooth at a stage where the change is seen, and closes the row before.
    page.evaluate("() => window.midlineViewer.setStage(0)")
    first, second = rows.nth(0), rows.nth(1)
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(first).to_have_attribute("open", "")
    tooth = (first.get_attribute("data-teeth") or "").split()[0]
    expect(page.locator(f"[data-tooth='{tooth}']")).to_have_attribute("aria-pressed", "true")
    assert told(page, "stage") == 6
    page.wait_for_timeout(800)
    assert told(page, "outlined") == 6, "the teeth that stand elsewhere, and no others"
    second.locator("summary").click()
    expect(first).not_to_have_attribute("open", "")
    expect(page.locator("[data-overlay-words]").last).to_contain_text("lies in the same frame")

    page.locator("[data-compare-show=other]").click()
    page.wait_for_timeout(300)
    assert told(page, "outlined") == 0
    expect(page.locator("[data-legend-row=this]")).to_be_hidden()
    page.locator("[data-compare-show=both]").click()
    page.locator("[data-in-compare] [data-compare-only]").last.click()
    expect(page.locator("[data-in-compare] [data-compare-only]").last).to_have_attribute("aria-pressed", "true")
    desk.picture("what-changed")
    page.locator("#tab-plan").click()
    expect(page.locator(".ml-stage")).to_have_attribute("data-mode", "plan")
    desk.check()


def test_any_stage_and_any_version_can_be_superimposed(desk: Desk, world: Portal) -> None:
    page = opened(desk.page, world)
    page.locator("[popovertarget=outline-choice]").click()
    page.locator("[data-outline-stage]").select_option("6")
    expect(page.locator("[data-outline-words]")).to_have_text("Superimpose planned end")
    page.wait_for_timeout(500)
    assert told(page, "outlined") == 6
    page.evaluate("() => window.midlineViewer.setStage(6)")
    assert told(page, "outlined") == 0, "where nothing stands elsewhere there is no line"
    page.locator("[data-outline-version]").select_option("1")
    expect(page.locator("[data-outline-words]")).to_have_text("Superimpose version 1")
    expect(page.locator("#outline-choice [data-overlay-words]")).to_contain_text("nothing was moved")
    page.wait_for_timeout(800)
    assert told(page, "outlined") == 6, "version 1 has ended at stage 4"
    desk.check()


def test_the_table_tells_the_step_of_a_stage_and_the_line_what_is_due(desk: Desk, world: Portal) -> None:
    page = opened(desk.page, world)
    page.evaluate("() => { window.midlineViewer.select(13); window.midlineViewer.setStage(2); }")
    row = page.locator("tr[data-movement=buccal]")
    expect(row.locator("[data-now]")).to_have_text(re.compile(r"0\.2"))
    page.locator("[data-movement-mode=stage]").click()
    expect(row.locator("[data-now]")).to_have_text(re.compile(r"0\.10"))
    expect(page.locator("[data-movement-last]")).to_have_text("In total")
    due = page.locator("[data-due]")
    expect(due).to_have_attribute("role", "status")
    expect(due).to_contain_text("Due at stage 2: IPR 21–22 0.10 mm.")
    expect(due).to_contain_text("Next, at stage 6: attachments off 13.")
    expect(due.locator("[data-due-tooth]")).to_have_text("13, Upper right canine. ")
    page.locator("[data-stage-slider]").focus()
    page.keyboard.press("ArrowLeft")
    expect(due).to_contain_text("Due at stage 1: attachments on 13.")
    expect(page.locator("#pane-plan")).to_contain_text("The tooth axes are estimated")
    desk.check()


def test_contacts_are_worked_out_in_a_worker_under_the_strict_policy(desk: Desk, world: Portal) -> None:
    page = opened(desk.page, world)
    page.locator(".ml-seg [data-tool=contacts]").first.click()
    expect(page.locator("#pane-plan [data-contacts-title]")).to_have_text("Contacts at stage 0, as exported")
    expect(page.locator("[data-contacts-rows] tr")).to_have_count(12)
    expect(page.locator(".ml-legend [data-contacts-legend] li")).to_have_count(5)
    expect(page.locator(".ml-legend [data-contacts-legend]")).to_be_visible()
    page.locator("[data-step='1']").first.click()
    expect(page.locator("#pane-plan [data-contacts-title]")).to_have_text("Contacts at stage 1, as exported")
    page.locator(".ml-seg [data-tool=contacts]").first.click()
    expect(page.locator("#pane-plan [data-contacts]")).to_be_hidden()
    desk.check()


def test_a_pin_opens_the_view_it_was_made_in(desk: Desk, world: Portal) -> None:
    page = opened(desk.page, world)
    box = page.locator("canvas.mv-canvas").bounding_box()
    assert box
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.4)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 120, middle[1] + 40, steps=6)
    page.mouse.up()
    expect(page.locator("[data-view=front]")).to_have_attribute("aria-pressed", "false")
    page.locator("[data-tool=pin]").first.click()
    page.mouse.click(*middle)
    made = json.loads(page.locator("#compose input[name=camera]").input_value())
    page.locator("#compose textarea").fill("Seen from here the contact is open.")
    page.locator("#compose button.btn-primary").click()
    expect(page.locator("#thread")).to_contain_text("Seen from here the contact is open.")
    opened(page, world)
    page.locator("#tab-talk").click()
    page.locator("[data-show-pin]").last.click()
    page.locator("[data-tool=pin]").first.click()
    page.mouse.click(middle[0] - 60, middle[1])
    again = json.loads(page.locator("#compose input[name=camera]").input_value())
    assert again["direction"] == pytest.approx(made["direction"], abs=0.01)
    assert again["height_mm"] == pytest.approx(made["height_mm"], rel=0.01)
    desk.check()


def test_the_conversation_opens_at_what_is_newest(desk: Desk, world: Portal) -> None:
    page = opened(desk.page, world)
    page.locator("#tab-talk").click()
    for n in range(7):
        page.locator("#compose textarea").fill(f"Note {n}. " + "It goes on for a while. " * 14)
        page.locator("#compose button.btn-primary").click()
        expect(page.locator("#thread")).to_contain_text(f"Note {n}.")
    opened(page, world)
    page.locator("#tab-talk").click()
    expect(page.locator("#thread article p").filter(has_text="Note 6.")).to_be_in_viewport()
    assert page.evaluate("() => document.getElementById('thread').scrollTop") > 0
    desk.check()


def test_leaving_frees_the_graphics_card(desk: Desk, world: Portal) -> None:
    page = opened(desk.page, world)
    page.locator("#tab-versions").click()
    page.wait_for_timeout(800)
    page.locator("#tab-plan").click()
    page.locator(".ml-seg [data-tool=contacts]").first.click()
    expect(page.locator("[data-contacts-rows] tr")).to_have_count(12)
    held = told(page, "onCard")
    assert isinstance(held, dict)
    assert held["geometries"] > 10
    page.evaluate("() => window.midlineViewer.dispose()")
    assert told(page, "onCard") == {"geometries": 0, "textures": 0}
    assert page.locator("canvas.mv-canvas").count() == 0
    desk.check()


# --- without WebGL, on a phone, by axe ------------------------------------------------------------------------------


def signed_in(context: BrowserContext, world: Portal) -> Page:
    page = context.new_page()
    page.goto(f"{world.url}/account/login/")
    page.fill("input[name=login]", "provider@demo.example")
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/account/login" not in url)
    return page


@pytest.fixture
def flat(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium without WebGL."""
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, "--disable-3d-apis"])
    yield browser
    browser.close()


def test_without_webgl_tables_play_bar_and_pictures_work(flat: Browser, world: Portal) -> None:
    page = opened(signed_in(flat.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB"), world), world)
    picture = page.locator("img[data-viewer-fallback]")
    expect(picture).to_be_visible()
    expect(picture).to_have_attribute("src", re.compile("/picture/start.webp"))
    expect(page.get_by_text("This browser cannot draw in 3D")).to_be_visible()
    page.locator("[data-go=end]").click()
    expect(picture).to_have_attribute("src", re.compile("/picture/front.webp"))
    page.locator("[data-view=right]").click()
    expect(picture).to_have_attribute("src", re.compile("/picture/right.webp"))
    expect(page.locator("[data-view=upper]")).to_be_hidden()
    expect(page.locator("[data-stage-label]")).to_have_text("6")
    page.locator("[data-tooth='13']").click()
    expect(page.locator("tr[data-movement=buccal] [data-now]")).to_have_text(re.compile(r"0\.6"))
    page.locator("#tab-versions").click()
    expect(page.locator("details[data-change]").first).to_be_visible()


def test_a_finger_reaches_every_tool_on_a_phone(chromium: Browser, world: Portal) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, locale="en-GB")
    page = opened(signed_in(context, world), world)
    expect(page.locator("[data-stage-label]")).to_be_visible()
    page.locator("[popovertarget=view-tools]").tap()
    for tool in ("numbers", "attachments", "contacts", "grid", "measure"):
        button = page.locator(f"#view-tools [data-tool={tool}]")
        expect(button).to_be_visible()
        size = button.bounding_box()
        assert size
        assert size["height"] >= 40
    page.locator("#view-tools [data-arch=upper]").tap()
    assert told(page, "teethVisible") == 6
    page.locator("#view-tools [data-tool=measure]").tap()
    expect(page.locator("#view-tools")).to_be_hidden()
    expect(page.get_by_text("Click two points on the model")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_on_the_review_page(chromium: Browser, world: Portal, theme: str, width: int) -> None:
    scheme: Literal["dark", "light"] = "dark" if theme == "dark" else "light"
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, locale="en-GB")
    page = opened(signed_in(context, world), world)
    page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text())
    for tab in ("#tab-plan", "#tab-talk", "#tab-versions"):
        page.locator(tab).click()
        page.wait_for_timeout(400)
        if tab == "#tab-versions":
            page.locator("details[data-change] summary").first.click()
        found = page.evaluate("() => axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
        assert [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found["violations"]] == [], tab
    context.close()
