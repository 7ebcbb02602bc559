"""A technician's import in the browser: an export of single teeth matched by keyboard, and a ZIP that breaks off and is made whole."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from demo.portal.people import PASSWORD
from e2e.conftest import Desk
from e2e.portal import Portal
from midline.setups.tests.zips import staged_files, tooth_files, zipped

pytestmark = pytest.mark.once
expect.set_options(timeout=25_000)
WORLD = """
from midline.cases.tests.factories import make_case, move
from midline.people.models import User
from midline.practices.models import Provider

maren = Provider.objects.get(person__email="provider@demo.example")
for name in ("Teeth", "Broken"):
    case = make_case(maren.practices.first(), last_name=name)
    order = move(case, "submit", "take", technician=User.objects.get(email="lab@demo.example")).current_order
    print(name, case.number, order.pk)
"""
LAST = "case_lower_02.stl"


@pytest.fixture(scope="module")
def orders(portal: Portal, desks: dict[str, Desk]) -> dict[str, tuple[str, str]]:
    """The two orders in the technician's hands by the patient's name: case number and id; the technician is signed in."""
    portal.manage("shell", "-c", WORLD)
    desks["lab"].sign_in("lab@demo.example", PASSWORD)
    desks["lab"].go("/lab/queue/?tab=yours")
    numbers = sorted(set(re.findall(r"/lab/cases/(\d{7})/orders/(\d+)/", desks["lab"].page.content())))
    return dict(zip(("Teeth", "Broken"), numbers, strict=True))


def upload(desk: Desk, order: tuple[str, str], path: Path) -> Page:
    desk.go(f"/lab/cases/{order[0]}/orders/{order[1]}/imports/add/")
    desk.page.set_input_files("input[type=file]", path)
    desk.page.get_by_role("button", name="Upload", exact=True).click()
    desk.page.wait_for_url(re.compile(r"/imports/\d+/"))
    return desk.page


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(words))


def test_teeth_in_single_files_are_matched_by_keyboard_and_built(orders, desks, tmp_path):
    files = {name.replace("/Tooth_24.", "/hinten."): content for name, content in tooth_files(1).items()}
    path = tmp_path / "teeth.zip"
    path.write_bytes(zipped(files).getvalue())
    desk = desks["lab"]
    page = upload(desk, orders["Teeth"], path)
    heading(page, "check what the files are")
    expect(page.get_by_text("2 files to confirm")).to_be_visible()

    row = page.locator("tr[data-row]")
    expect(row).to_have_count(1)
    row.focus()
    page.keyboard.press("u")
    expect(page.locator("[data-mapping-said]")).to_contain_text("Upper")
    row.locator("select[name^=fdi]").focus()
    page.keyboard.type("24")
    row.locator("input[value=take]").focus()
    page.keyboard.press("Space")
    desk.picture("teeth_matched_by_keyboard")
    page.locator(".ml-bar").get_by_role("button", name="Save and build").focus()
    page.keyboard.press("Enter")
    heading(page, "check the setup")
    page.get_by_role("button", name="Confirm the numbers").press("Enter")
    expect(page.get_by_role("link", name="Publish version 1")).to_be_visible()
    numbers = page.locator("select[name^=tooth-upper]").evaluate_all("fields => fields.map((field) => field.value)")
    assert sorted(numbers) == ["11", "12", "13", "14", "21", "22", "23", "24"]
    desk.check()


def test_a_zip_that_breaks_off_goes_on_and_the_lost_file_is_added(orders, desks, tmp_path):
    files = staged_files(2)
    whole = zipped(files).getvalue()
    path, lost = tmp_path / "cut.zip", tmp_path / LAST
    path.write_bytes(whole[: whole.rindex(b"PK\x03\x04") + 2_000])
    lost.write_bytes(files[LAST])
    desk = desks["lab"]
    page = upload(desk, orders["Broken"], path)
    heading(page, "import failed")
    expect(page.get_by_role("heading", name="The ZIP is damaged after file 5")).to_be_visible()
    desk.picture("broken_zip")
    page.get_by_role("button", name="Go on with 5 files").press("Enter")
    heading(page, "check what the files are")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add the file").press("Enter")
    chooser.value.set_files(lost)
    expect(page.locator("[data-strip=lower] [data-state=found]")).to_have_count(3)
    heading(page, "check what the files are")
    page.locator(".ml-bar").get_by_role("button", name="Save and build").press("Enter")
    heading(page, "check the setup")
    expect(page.get_by_text("upper 2, lower 2")).to_be_visible()
    desk.check()
