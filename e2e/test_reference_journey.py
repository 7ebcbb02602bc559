"""The whole journey of the reference, walked by four people in a browser against the served product.

Provider, collaborator and technician act through pages alone; e-mails are read from the mail server that received them.
"""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from demo.models.expand import expand_case, scan_stl
from demo.models.photos import photo
from demo.portal.people import PASSWORD
from e2e.conftest import Desk
from e2e.portal import Portal, link_in, text_of

COLLABORATOR = "priya.raghunathan@example.org"
SECRET = "a quiet orchard in spring"
DOUBTFUL = "export (7).stl"
TOLD = (
    "began the order",
    "submitted the order",
    "took the order",
    "published version 1",
    "commented on tooth",
    "requested changes to version 1",
    "published version 2",
    "marked version 2 Ready for Approval",
    "pushed version 2 back",
    "approved version 2",
)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scans, photos and two ZIPs of staged models; in the first, one file's name says neither arch nor stage clearly."""
    folder = tmp_path_factory.mktemp("material")
    for arch in ("upper", "lower"):
        (folder / f"{arch}_scan.stl").write_bytes(scan_stl(arch))
    for kind in ("front_bite", "upper_occlusal"):
        (folder / f"{kind}.jpg").write_bytes(photo(kind))
    first = expand_case("crowding", folder / "first.zip")
    with zipfile.ZipFile(first) as source, zipfile.ZipFile(folder / "version_1.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for name in source.namelist():
            target.writestr(DOUBTFUL if name == "Maxillary_stage_07.stl" else name, source.read(name))
    expand_case("crowding-v2", folder / "version_2.zip")
    return folder


def button(page: Page, name: str | re.Pattern[str]):
    return page.get_by_role("button", name=name, exact=isinstance(name, str))


def test_the_reference_journey(portal: Portal, desks: dict[str, Desk], material: Path) -> None:
    provider, collaborator, lab = desks["provider"], desks["collaborator"], desks["lab"]
    provider.sign_in("provider@demo.example", PASSWORD)
    _adds_a_collaborator(provider)
    _completes_registration(collaborator, portal)
    _shares_a_case_from_manage_orders(provider)
    number = _adds_an_order_with_scans_and_photos(provider, material)
    lab.sign_in("lab@demo.example", PASSWORD)
    _takes_uploads_and_publishes(lab, number, material / "version_1.zip", 1)
    link = _tells_everybody(portal, number, 1)
    _evaluates_and_declines(collaborator, link, number)
    _waits_for_the_next_setup(provider, collaborator, number)
    _publishes_again(lab, number, material / "version_2.zip")
    link = _tells_everybody(portal, number, 2)
    _marks_ready(collaborator, link, 2)
    _pushes_back_and_is_answered(provider, collaborator, portal, number)
    _approves(provider, number)
    _is_told_by_the_history(provider, lab, number)
    _orders_as_a_collaborator(collaborator, provider, portal)
    _is_removed(provider, collaborator, number)
    for desk in desks.values():
        desk.check()


def _adds_a_collaborator(desk: Desk) -> None:
    page = desk.page
    button(page, re.compile("Maren Østby")).click()
    page.get_by_role("link", name="My Account").first.click()
    page.get_by_role("link", name="Collaborator(s)").click()
    expect(page.get_by_label("E-mail address")).to_be_disabled()
    desk.picture("01-collaborators-closed")
    page.get_by_role("checkbox", name=re.compile("consented")).check()
    page.get_by_role("checkbox", name=re.compile("I accept the")).check()
    expect(page.get_by_label("E-mail address")).to_be_enabled()
    page.get_by_label("E-mail address").fill(COLLABORATOR)
    page.get_by_label("First name").fill("Priya")
    page.get_by_label("Last name").fill("Raghunathan")
    page.get_by_label("Add orders").check()
    page.get_by_label(re.compile("Decline")).check()
    desk.picture("02-collaborators-open")
    button(page, "Add Collaborator").click()
    listed = page.get_by_role("listitem").filter(has_text="Priya Raghunathan")
    expect(listed).to_contain_text("Invited")


def _completes_registration(desk: Desk, portal: Portal) -> None:
    mail = portal.mailbox.wait(COLLABORATOR, "complete registration")
    assert "Dąbrowska" not in text_of(mail)
    page = desk.page
    desk.go(link_in(mail, "/invitation/"))
    desk.picture("03-invitation")
    if page.get_by_role("link", name=re.compile("registration|account", re.IGNORECASE)).count():
        page.get_by_role("link", name=re.compile("registration|account", re.IGNORECASE)).first.click()
    page.locator("input[name=password]").fill(SECRET)
    page.locator("input[name=accept]").check()
    desk.picture("04-complete-registration")
    button(page, "Create account and accept").click()
    page.wait_for_url(re.compile("/collaborator/cases/"))
    desk.picture("05-collaborator-dashboard-empty")
    portal.mailbox.wait("provider@demo.example", "accepted")


def _shares_a_case_from_manage_orders(desk: Desk) -> None:
    page = desk.page
    desk.go("/provider/orders/")
    icon = page.locator("table .ml-collab").first
    icon.click()
    box = page.locator("input[name=collaboration]:visible")
    expect(box).not_to_be_checked()
    desk.picture("06-popover")
    box.check()
    button(page, "SAVE").click()
    expect(page.locator("table .ml-collab").first).to_have_text(re.compile("1"))
    desk.picture("07-shared")


def _adds_an_order_with_scans_and_photos(desk: Desk, material: Path) -> str:
    page = desk.page
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Add Order").click()
    desk.picture("08-add-order")
    button(page, "Start the order").click()
    page.get_by_label("First name").fill("Łukasz")
    page.get_by_label("Last name").fill("Wiśniewski")
    page.get_by_label("Birth date").fill("1991-04-17")
    page.get_by_label(re.compile("Chief complaint")).fill("My upper front teeth overlap.")
    desk.picture("09-order-patient")
    page.locator("button[form=order-form][name=go][value='2']").last.click()
    with page.expect_file_chooser() as chooser:
        page.locator("[data-place=upper_scan] [data-pick]").click()
    chooser.value.set_files(material / "upper_scan.stl")
    with page.expect_file_chooser() as chooser:
        page.locator("[data-place=lower_scan] [data-pick]").click()
    chooser.value.set_files(material / "lower_scan.stl")
    for kind in ("front_bite", "upper_occlusal"):
        with page.expect_file_chooser() as chooser:
            page.locator(f"[data-place={kind}] [data-pick]").first.click()
        chooser.value.set_files(material / f"{kind}.jpg")
    for slot in ("upper_scan", "lower_scan", "front_bite", "upper_occlusal"):
        expect(page.locator(f"[data-place={slot}][data-state=filled]")).to_be_visible(timeout=60_000)
    desk.picture("10-order-records")
    for step in ("3", "4", "5"):
        page.locator(f"button[form=order-form][name=go][value='{step}']").last.click()
        desk.picture(f"11-order-step-{step}")
    page.get_by_label(re.compile("Priya Raghunathan")).check()
    button(page, "Submit the order").click()
    page.wait_for_url(lambda url: "/step/" not in url and "/submit/" not in url)
    desk.go("/provider/orders/")
    row = page.get_by_role("row").filter(has_text="Łukasz Wiśniewski")
    expect(row).to_contain_text("Submitted")
    expect(row.locator(".ml-collab")).to_have_text(re.compile("1"))
    return row.get_by_role("link").first.inner_text().strip()


def _takes_uploads_and_publishes(desk: Desk, number: str, path: Path, version: int) -> None:
    page = desk.page
    desk.go("/lab/queue/")
    expect(page.get_by_text("Wiśniewski")).to_have_count(0)
    desk.picture("12-queue")
    button(page, f"Take {number}").click()
    _uploads(desk, number, path)
    row = page.locator("tr").filter(has_text=DOUBTFUL)
    expect(row).to_be_visible(timeout=90_000)
    desk.picture("13-mapping")
    row.locator("select").select_option("upper")
    row.locator("input[name^=stage]").fill("7")
    row.get_by_text("Confirm", exact=True).click()
    _builds_and_confirms(desk, version)
    page.get_by_role("link", name="Preview in 3D").click()
    _sees_the_model(desk)
    desk.picture("15-preview")
    page.go_back()
    _publishes(desk, version)


def _uploads(desk: Desk, number: str, path: Path) -> None:
    page = desk.page
    desk.go(f"/lab/cases/{number}/")
    page.get_by_role("link", name="Upload a setup").click()
    page.locator("input[type=file]").set_input_files(path)
    button(page, "Upload").click()
    page.wait_for_url(re.compile(r"/imports/\d+/"))


def _builds_and_confirms(desk: Desk, version: int) -> None:
    page = desk.page
    button(page, "Save and build").click()
    confirm = button(page, "Confirm the numbers")
    expect(confirm).to_be_visible(timeout=180_000)
    desk.picture(f"14-built-version-{version}")
    confirm.click()
    expect(page.get_by_role("link", name=f"Publish version {version}")).to_be_visible()


def _publishes(desk: Desk, version: int) -> None:
    page = desk.page
    page.get_by_role("link", name=f"Publish version {version}").click()
    button(page, f"Publish version {version}").click()
    expect(page.get_by_text("Published").first).to_be_visible()


def _publishes_again(desk: Desk, number: str, path: Path) -> None:
    desk.go(f"/lab/cases/{number}/changes/")
    desk.picture("22-change-requests")
    _uploads(desk, number, path)
    expect(button(desk.page, "Save and build")).to_be_visible(timeout=90_000)
    _builds_and_confirms(desk, 2)
    _publishes(desk, 2)


def _tells_everybody(portal: Portal, number: str, version: int) -> str:
    subject = rf"{number}.*version {version} is ready for review"
    portal.mailbox.wait("provider@demo.example", subject)
    mail = portal.mailbox.wait(COLLABORATOR, subject)
    assert "Wiśniewski" not in text_of(mail) + str(mail["Subject"])
    return link_in(mail, "/collaborator/")


def _sees_the_model(desk: Desk) -> None:
    """The models are drawn: not the fallback, and every tooth is there."""
    page = desk.page
    page.wait_for_function("() => window.midlineViewer")
    page.evaluate("() => window.midlineViewer.ready")
    assert page.evaluate("() => window.midlineViewer.failure") in (None, "")
    assert page.evaluate("() => window.midlineViewer.teethVisible()") >= 28


def _evaluates_and_declines(desk: Desk, link: str, number: str) -> None:
    page = desk.page
    desk.go(link)
    _sees_the_model(desk)
    desk.picture("16-review")
    button(
        page,
        "End",
    ).click()
    assert page.evaluate("() => window.midlineViewer.stage()") == 14
    button(page, "Start").click()
    button(page, "Play").click()
    page.wait_for_function("() => window.midlineViewer.stage() >= 1")
    button(page, "Pause").click()
    page.evaluate("() => { window.midlineViewer.setStage(8); window.midlineViewer.select(21); }")
    _pins_a_comment(desk, "Rotation of 21 runs ahead of its space.")
    desk.picture("17-pinned")
    button(page, "Decline setup").click()
    drawer = page.locator("#changes")
    drawer.locator("select[name=item_tooth]").first.select_option("21")
    drawer.locator("select[name=item_movement]").first.select_option("rotate_mesial")
    drawer.locator("input[name=item_amount]").first.fill("3")
    drawer.get_by_label("In words optional").fill("Too much IPR in the lower arch.")
    desk.picture("18-decline")
    button(page, "Decline and send to the lab").click()
    expect(page.get_by_text("The lab works on your changes").first).to_be_visible()
    desk.portal.mailbox.wait("provider@demo.example", f"{number}.*declined")


def _pins_a_comment(desk: Desk, words: str) -> None:
    """A click on the model in pin mode fills the form; the comment stands with its tooth and stage."""
    page = desk.page
    button(page, "Pin comment").click()
    box = page.locator("[data-viewer]").bounding_box()
    assert box
    for across in (0.53, 0.56, 0.47, 0.44, 0.6):
        page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * 0.42)
        if page.locator("[data-pin-form] input[name=part]").input_value():
            break
    page.locator("[data-pin-form] textarea").fill(words)
    button(page, "Send").click()
    expect(page.locator("#thread")).to_contain_text(words)
    expect(page.locator("#thread")).to_contain_text("stage 8")
    expect(page.locator("[data-pin-chip]")).to_be_hidden()


def _waits_for_the_next_setup(provider: Desk, collaborator: Desk, number: str) -> None:
    collaborator.go("/collaborator/cases/")
    collaborator.picture("19-dashboard-awaiting")
    provider.go("/provider/orders/")
    row = provider.page.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text("Setup in production")
    expect(row).to_contain_text("Awaiting Setup")
    provider.picture("20-orders-in-production")
    provider.go(f"/provider/cases/{number}/")
    provider.picture("21-case")


def _marks_ready(desk: Desk, link: str, version: int) -> None:
    desk.go(link)
    button(desk.page, "Ready for Approval").click()
    expect(desk.page.get_by_text(f"You hold version {version} ready").first).to_be_visible()


def _pushes_back_and_is_answered(provider: Desk, collaborator: Desk, portal: Portal, number: str) -> None:
    portal.mailbox.wait("provider@demo.example", f"{number}.*Ready for Approval")
    page = provider.page
    provider.go(f"/provider/cases/{number}/setups/2/")
    button(page, "Push back").click()
    page.locator("#push-back-body").fill("Look at 12 once more before I approve.")
    provider.picture("23-push-back")
    page.locator("#push-back").get_by_role("button", name="Push back").click()
    portal.mailbox.wait(COLLABORATOR, f"{number}.*pushed back")
    _collaborator_answers(collaborator, number)
    expect(page.get_by_text("Ready, says Priya Raghunathan").first).to_be_visible(timeout=15_000)


def _collaborator_answers(desk: Desk, number: str) -> None:
    page = desk.page
    desk.go(f"/collaborator/cases/{number}/setups/2/")
    page.get_by_role("tab", name=re.compile("Conversation")).click()
    expect(page.locator("#thread")).to_contain_text("Look at 12 once more before I approve.")
    page.locator("[data-pin-form] textarea").fill("Done: 12 is where it should be.")
    button(page, "Send").click()
    expect(page.locator("#thread")).to_contain_text("Done: 12 is where it should be.")
    button(page, "Ready for Approval").click()
    expect(page.get_by_text("You hold version 2 ready").first).to_be_visible()


def _approves(desk: Desk, number: str) -> None:
    page = desk.page
    desk.go(f"/provider/cases/{number}/setups/2/")
    button(page, "Approve version 2").first.click()
    dialog = page.locator("#approve")
    dialog.get_by_label("Your password").fill("not the password")
    dialog.get_by_role("button", name="Approve version 2").click()
    expect(page.get_by_text("That is not your password")).to_be_visible()
    dialog.get_by_label("Your password").fill(PASSWORD)
    desk.picture("24-approve")
    dialog.get_by_role("button", name="Approve version 2").click()
    expect(page.get_by_text("approved this version; it is frozen").first).to_be_visible()
    desk.go("/provider/orders/")
    expect(page.get_by_role("row").filter(has_text=number)).to_contain_text("Approved")


def _is_told_by_the_history(provider: Desk, lab: Desk, number: str) -> None:
    provider.go(f"/provider/cases/{number}/history/")
    provider.picture("25-history")
    told = provider.page.locator("main").inner_text()
    for words in TOLD:
        assert words in told, f"The history does not tell: {words}"
    lab.go(f"/lab/cases/{number}/history/")
    assert "commented" not in lab.page.locator("main").inner_text()


def _orders_as_a_collaborator(desk: Desk, provider: Desk, portal: Portal) -> None:
    page = desk.page
    for link, kind in (("Add Order", "aligner"), ("Add Retainer", "retainer")):
        desk.go("/collaborator/cases/")
        page.get_by_role("navigation", name="Main").get_by_role("link", name=link).click()
        if page.locator("select[name=provider]").input_value() == "":
            page.locator("select[name=provider]").select_option(label="Maren Østby")
        page.get_by_role("radio", name=re.compile("Fjordgata")).check()
        desk.picture(f"26-collaborator-{kind}")
        button(page, "Start the order").click()
        page.get_by_label("First name").fill("Elif" if kind == "aligner" else "Noor")
        page.get_by_label("Last name").fill("Demir")
        page.get_by_role("button", name="Save and leave").click()
        page.wait_for_url(lambda url: "/step/" not in url)
        portal.mailbox.wait("provider@demo.example", "order created on your behalf")
    provider.go("/provider/orders/")
    for name in ("Elif Demir", "Noor Demir"):
        expect(provider.page.get_by_role("row").filter(has_text=name)).to_contain_text("Draft")


def _is_removed(provider: Desk, collaborator: Desk, number: str) -> None:
    """The open page, its files and its live updates are 404 from the moment the collaborator is removed."""
    page = collaborator.page
    base = f"/collaborator/cases/{number}/"
    collaborator.go(f"{base}setups/2/")
    files = [f"{base}setups/2/full.glb", f"{base}setups/2/picture/front.webp", f"{base}updates?after=0", base, f"{base}setups/2/"]
    assert [collaborator.status_of(path) for path in files] == [200] * len(files)
    provider.go("/account/collaborators/")
    button(provider.page, re.compile("Actions for Priya")).click()
    button(provider.page, re.compile("Remove")).first.click()
    provider.picture("27-remove")
    provider.page.locator("dialog[open]").get_by_role("button", name=re.compile("Remove")).click()
    provider.page.wait_for_load_state()
    assert [collaborator.status_of(path) for path in files] == [404] * len(files)
    expect(page.get_by_role("heading", name=re.compile("not|found|available", re.IGNORECASE)).first).to_be_visible(timeout=15_000)
    collaborator.picture("28-gone")
    collaborator.go("/collaborator/cases/")
    expect(page.get_by_text(number)).to_have_count(0)
