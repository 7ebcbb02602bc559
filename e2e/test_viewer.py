"""The viewer on models that change: attachments that come as triangles, a tooth that is taken out, IPR at its contact, and leaving.

One case is imported by the product itself: layout 2, with a button bonded on 13 at stages 2 and 3 and nowhere else.
"""

import re
import textwrap
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from demo.portal.people import PASSWORD
from e2e.conftest import Desk
from e2e.portal import Portal

# What is drawn and pressed is the same whatever keeps the case.
pytestmark = [pytest.mark.slow, pytest.mark.once]
expect.set_options(timeout=20_000)
WORLD = """
import tempfile
from decimal import Decimal
from pathlib import Path
from uuid import uuid4
from meshes.tests.cases import case_files, tiny_case, zip_of
from meshes.tests.test_layouts import with_button
from midline.cases import services
from midline.cases.models import Case, CaseType, Order
from midline.core import clock
from midline.core.workspace import Workspace
from midline.conversation.services import Wanted
from midline.jobs.services import run_one
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.models import Provider
from midline.setups import services as setups
from midline.setups.models import Extraction, Pontic, SetupImport, SetupVersion
from midline.setups.services import decisions
from midline.setups.services.content import content_hash
from midline.setups.tests.factories import make_version

maren = Provider.objects.get(person__email="provider@demo.example")
owner, lab = Actor(maren.person, Workspace.PROVIDER, maren.pk), Actor(User.objects.get(email="lab@demo.example"), Workspace.LAB)


def begun(name):
    order = services.case_begin(practice=maren.practices.first(), kind=CaseType.ALIGNER, by=owner, key=uuid4(), values={"arches": "both"})
    services.patient_save(case=order.case, by=owner, first_name=name, last_name="Halvorsen", birth_on="1991-02-03", sex="female")
    move(order, "submit", owner)
    move(order, "take", lab)
    return order


def move(order, event, by, **more):
    services.order_move(order=Order.objects.select_related("case").get(pk=order.pk), event=event, by=by, **more)


bonded = begun("Bonded")
case = tiny_case()
lower = {name: content for name, content in case_files(case).items() if name.startswith("Mandibular")}
with tempfile.TemporaryDirectory() as folder:
    archive = zip_of(Path(folder) / "case.zip", {**with_button(case["upper"], 13), **lower})
    with archive.open("rb") as source:
        item = setups.import_begin(order=Order.objects.get(pk=bonded.pk), by=lab, source=source, filename="case.zip")
run_one(["setups.read"])
item = SetupImport.objects.get(pk=item.pk)
setups.import_map(item=item, mapping=[{k: row[k] for k in ("name", "arch", "stage")} for row in item.report["files"]], by=lab)
run_one(["setups.build"])
version = SetupImport.objects.get(pk=item.pk).version
setups.teeth_confirm(version=version, numbers={part.key: part.fdi for part in version.parts.filter(kind="tooth")}, by=lab)
attachments = [setups.AttachmentRow(tooth, "buccal", "Ellipsoid", "2.6 × 2.2 mm", 2, 4) for tooth in (13, 23)]
iprs = [setups.IprRow(11, 21, Decimal("0.20"), 2), setups.IprRow(12, 11, Decimal("0.10"), 3)]
setups.plan_write(version=SetupVersion.objects.get(pk=version.pk), by=lab, iprs=iprs, attachments=attachments)
setups.version_publish(version=SetupVersion.objects.get(pk=version.pk), by=lab)

gaps = begun("Gaps")
for number in (1, 2):
    version = make_version(Case.objects.get(pk=gaps.case_id), lab.user, number, published=False)
    if number == 2:
        Extraction.objects.create(version=version, tooth=12, before_stage=2)
        Pontic.objects.create(version=version, tooth=14, until_stage=None)
    frozen = dict(content_hash=content_hash(version), published_at=clock.now(), published_by=lab.user)
    SetupVersion.objects.filter(pk=version.pk).update(**frozen)
    move(gaps, "publish", lab, version=number)
    if number == 1:
        seen = SetupVersion.objects.get(pk=version.pk)
        wanted = [Wanted(tooth=12, movement="other", words="There is no room for it.")]
        told = dict(wanted=wanted, words="", ticked=frozenset(), key=uuid4())
        decisions.setup_decline(version=seen, by=owner, seen_hash=seen.content_hash, **told)
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


def opened(page: Page, world: Portal, patient: str, version: int) -> Page:
    """The review page of that patient's version, its models drawn."""
    page.goto(f"{world.url}/provider/orders/")
    number = page.locator("tr, li").filter(has_text=patient).locator(".ml-case").first.inner_text()
    page.goto(f"{world.url}/provider/cases/{number}/setups/{version}/")
    page.evaluate("() => window.midlineViewer.ready")
    return page


def told(page: Page, what: str) -> Any:
    return page.evaluate(f"() => window.midlineViewer.{what}()")


def drawn(page: Page) -> int:
    """How many geometries the graphics card holds once the models are drawn; before the first frame it holds none."""
    page.wait_for_function("() => window.midlineViewer.onCard().geometries > 0")
    page.wait_for_timeout(500)
    return int(told(page, "onCard")["geometries"])


def at_stage(page: Page, stage: int) -> None:
    page.evaluate(f"() => window.midlineViewer.setStage({stage})")


def test_an_attachment_that_the_models_carry_is_that_shape_and_another_is_a_marker(desk: Desk, world: Portal) -> None:
    page = opened(desk.page, world, "Bonded", 1)
    seen = {}
    for stage in (1, 2, 3, 4):
        at_stage(page, stage)
        marks = told(page, "marks")
        seen[stage] = (marks["shapes"], marks["markers"])
    assert seen == {1: (0, 0), 2: (1, 1), 3: (1, 1), 4: (0, 0)}
    expect(page.locator(".ml-seg [data-tool=attachments]").first).to_have_attribute("title", re.compile("shapes of the models"))
    page.locator(".ml-seg [data-tool=attachments]").first.click()
    at_stage(page, 2)
    assert told(page, "marks")["markers"] == 0
    desk.check()


def test_ipr_stands_at_its_contact_when_it_is_due_and_can_be_hidden(desk: Desk, world: Portal) -> None:
    page = opened(desk.page, world, "Bonded", 1)
    assert told(page, "marks")["strips"] == 1
    at_stage(page, 2)
    assert told(page, "marks")["strips"] == 2
    expect(page.locator(".mv-ipr[data-ipr-due]")).to_have_text("0.20")
    expect(page.locator(".mv-ipr[data-ipr-due]")).to_have_attribute("title", "IPR 11–21, 0.20 mm, before stage 2")
    page.locator(".ml-seg [data-tool=ipr]").first.click()
    assert told(page, "marks")["strips"] == 0
    expect(page.locator(".mv-ipr")).to_have_count(0)
    at_stage(page, 4)
    page.locator(".ml-seg [data-tool=ipr]").first.click()
    assert told(page, "marks")["strips"] == 0, "what is done is not drawn"
    desk.check()


def test_a_tooth_is_there_until_it_is_taken_out_and_its_start_can_be_outlined(desk: Desk, world: Portal) -> None:
    page = opened(desk.page, world, "Gaps", 2)
    expect(page.locator("[data-tooth='12']")).to_have_attribute("aria-label", "12, Upper right lateral incisor, Extraction")
    expect(page.locator("[data-tooth='14']")).to_have_attribute("aria-label", re.compile("Pontic"))
    at_stage(page, 1)
    assert told(page, "teethVisible") == 12
    expect(page.locator("[data-due]")).to_contain_text("Next, at stage 2: extraction of 12.")
    row = page.locator("[data-extraction-row]")
    expect(row).to_have_attribute("data-state", "next")
    page.locator(".ml-seg [data-tool=superimpose]").first.click()
    assert told(page, "outlined") == 6
    at_stage(page, 2)
    assert told(page, "teethVisible") == 11
    assert told(page, "outlined") == 6, "12 stands at the start and nowhere now"
    expect(page.locator("[data-due]")).to_contain_text("Due at stage 2: extraction of 12.")
    expect(row).to_have_attribute("data-state", "due")
    desk.picture("extraction")
    desk.check()


def test_the_decision_bar_leads_to_what_changed(desk: Desk, world: Portal) -> None:
    page = opened(desk.page, world, "Gaps", 2)
    link = page.locator("#decision a[data-open-tab]")
    expect(link).to_have_text("1 of 2 changes since version 1 are what you asked for.")
    link.click()
    expect(page.locator("#tab-versions")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#tab-versions")).to_be_focused()
    expect(page.locator(".ml-stage")).to_have_attribute("data-mode", "compare")
    expect(page.locator("#compare")).to_contain_text("before stage 2")
    desk.check()


def test_each_opening_holds_no_more_than_the_first(desk: Desk, world: Portal) -> None:
    page = opened(desk.page, world, "Gaps", 2)
    address = page.url
    first = drawn(page)
    for _ in range(5):
        page.goto(address)
        page.evaluate("() => window.midlineViewer.ready")
    assert drawn(page) <= first
    assert page.evaluate("() => window.midlineViewer.failure") is None
    page.goto(f"{world.url}/provider/orders/")
    page.go_back()
    expect(page.locator(".ml-stage[data-live] canvas.mv-canvas")).to_have_count(1)
    desk.check()


def test_a_finger_turns_the_models_drags_the_stage_and_chooses_a_tooth(chromium: Browser, world: Portal) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="en-GB")
    page = context.new_page()
    page.goto(f"{world.url}/account/login/")
    page.fill("input[name=login]", "provider@demo.example")
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/account/login" not in url)
    opened(page, world, "Gaps", 2)
    stage = page.locator("canvas.mv-canvas").bounding_box()
    slider = page.locator("[data-stage-slider]").bounding_box()
    assert stage
    assert slider
    finger = context.new_cdp_session(page)

    def swipe(*places: tuple[float, float]) -> None:
        for n, (x, y) in enumerate(places):
            finger.send("Input.dispatchTouchEvent", {"type": "touchMove" if n else "touchStart", "touchPoints": [{"x": x, "y": y}]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    middle = slider["y"] + slider["height"] / 2
    swipe((slider["x"] + 4, middle), (slider["x"] + slider["width"] / 2, middle), (slider["x"] + slider["width"] - 2, middle))
    expect(page.locator("[data-stage-label]")).to_have_text("4")
    page.evaluate("() => window.midlineViewer.select(null)")
    page.touchscreen.tap(stage["x"] + stage["width"] / 2 - 10, stage["y"] + stage["height"] / 2 - 20)
    expect(page.locator("[data-tooth][aria-pressed=true]")).to_have_count(1)
    x, y = stage["x"] + 200, stage["y"] + 150
    swipe((x, y), (x + 40, y + 5), (x + 90, y + 10))
    expect(page.locator("[data-view=front]")).to_have_attribute("aria-pressed", "false")
    context.close()
