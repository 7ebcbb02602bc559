"""Working in two capacities, in a browser: one person's tabs in two workspaces, an order begun for somebody else, a hidden identity.

Anselm owns cases of his own, collaborates with Maren and works in the lab. Noor plans for Maren and never learns a patient's name.
"""

import re
import textwrap

import pytest
from playwright.sync_api import Page, expect

from demo.models.expand import scan_stl
from demo.portal.people import PASSWORD
from e2e.conftest import Desk
from e2e.portal import Portal, link_in, text_of

# A loaded machine may be slow; what is expected comes in the end.
expect.set_options(timeout=20_000)
PATIENT = "Quirinia Zyxwvutowska"
WORLD = f"""
from uuid import uuid4
from demo.portal.people import person
from midline.cases import services
from midline.cases.models import Case, CaseType, Order, Patient
from midline.cases.policies import providers_for
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.models import Practice, Provider
from midline.setups.tests.factories import make_version

maren = Provider.objects.get(person__email="provider@demo.example")
anselm = person("anselm", "Anselm", "Vogt", is_technician=True)
own = Provider.objects.create(person=anselm, license_number="DE-1", country="DE", state="confirmed")
Practice.objects.create(provider=own, name="Vogt Kieferorthopädie", country="DE", time_zone="Europe/Berlin")
noor = person("noor", "Noor", "Haddad")


def works_with(provider, who, **granted):
    return Collaboration.objects.create(
        provider=provider, person=who, email=who.email, first_name=who.first_name, last_name=who.last_name, state="active",
        relation="mentor", accepted_at=clock.now(), every_case=True, **granted
    )


def case(provider, first_name, last_name, *events):
    owner, lab = Actor(provider.person, Workspace.PROVIDER, provider.pk), Actor(User.objects.get(email="lab@demo.example"), Workspace.LAB)
    practice, answers = provider.practices.first(), {{"arches": "both"}}
    order = services.case_begin(practice=practice, kind=CaseType.ALIGNER, by=owner, key=uuid4(), values=answers)
    services.patient_save(case=order.case, by=owner, first_name=first_name, last_name=last_name, birth_on="1961-02-03", sex="female")
    for event in events:
        fresh = Order.objects.select_related("case").get(pk=order.pk)
        if event == "publish":
            make_version(Case.objects.get(pk=fresh.case_id), lab.user)
        by = lab if event in {{"take", "publish"}} else owner
        services.order_move(order=fresh, event=event, by=by, **({{"version": 1}} if event == "publish" else {{}}))


works_with(maren, anselm, add_orders=True, decline_setups=True)
every = dict(add_orders=True, decline_setups=True, edit_records=True, download=True, publish_setups=True)
works_with(maren, noor, hides_identity=True, **every)
case(maren, *"{PATIENT}".split(), "submit", "take", "publish")
case(own, "Bo", "Lindgren", "submit")
"""


@pytest.fixture(scope="module")
def world(portal: Portal) -> Portal:
    portal.manage("shell", "-v0", "-c", textwrap.dedent(WORLD))
    return portal


def links_of(page: Page) -> list[str]:
    """Every address that the page can lead or post to, or fetch from."""
    script = """() => [...document.querySelectorAll('[href],form,[data-src],[hx-get],[hx-post],[data-updates],[data-uploads],img[src]')]
        .filter(one => !one.closest('#ml-account'))
        .flatMap(one => ['href', 'action', 'formaction', 'data-src', 'hx-get', 'hx-post', 'data-updates', 'data-uploads', 'src']
            .map(name => one.getAttribute(name)).filter(Boolean))
        .map(address => new URL(address, location.href).pathname)"""
    found: list[str] = page.evaluate(script)
    return found


def stays_in(page: Page, workspace: str) -> None:
    others = {"provider", "collaborator", "lab"} - {workspace}
    assert not [path for path in links_of(page) if path.split("/")[1] in others], page.url
    expect(page.locator("header .ml-ws, header [popovertarget=ml-account]").first).to_contain_text(workspace.capitalize())


def test_two_tabs_in_two_workspaces_never_mix(world: Portal, desks: dict[str, Desk]) -> None:
    desk = desks["anselm"]
    desk.sign_in("anselm@demo.example", PASSWORD)
    mine, theirs = desk.page, desk.context.new_page()
    desk.go("/provider/orders/")
    theirs.goto(f"{world.url}/collaborator/cases/")
    expect(mine.locator("main")).to_contain_text("Bo Lindgren")
    expect(theirs.locator("main")).to_contain_text(PATIENT)
    expect(mine.locator("main")).not_to_contain_text(PATIENT)
    for page, workspace in ((mine, "provider"), (theirs, "collaborator"), (mine, "provider")):
        page.reload()
        stays_in(page, workspace)
    number = theirs.locator(".ml-case").first.inner_text()

    with mine.expect_response(lambda answer: "/updates" in answer.url) as asked:
        mine.goto(f"{world.url}/provider/cases/{mine.locator('.ml-case').first.inner_text()}/")
        stays_in(mine, "provider")
    assert "/provider/" in asked.value.url
    with theirs.expect_response(lambda answer: "/updates" in answer.url) as asked:
        theirs.goto(f"{world.url}/collaborator/cases/{number}/")
        stays_in(theirs, "collaborator")
    assert "/collaborator/" in asked.value.url
    assert desk.status_of(f"/provider/cases/{number}/") == 404, "what one may as a collaborator gives nothing as a provider"

    # A draft is discarded in one tab; the other one loads first, and is told nothing.
    mine.goto(f"{world.url}/provider/orders/add/")
    mine.get_by_role("button", name="Start the order").click()
    mine.get_by_role("button", name="Discard this draft").first.click()
    mine.route("**/provider/orders/", lambda route: (theirs.reload(), route.continue_()))
    mine.locator("dialog[open]").get_by_role("button", name=re.compile("Discard draft")).click()
    expect(mine.locator("#ml-toasts")).to_contain_text("was discarded")
    expect(theirs.locator("#ml-toasts")).not_to_contain_text("was discarded")
    mine.unroute("**/provider/orders/")

    # The sign and My Account lead back to the workspace of their own tab, also after a reload.
    for page, workspace in ((theirs, "collaborator"), (mine, "provider")):
        page.locator("[popovertarget=ml-account]").first.click()
        page.get_by_role("link", name="My Account").first.click()
        page.wait_for_url(re.compile(rf"/account/\?from={workspace}"))
        page.reload()
        page.locator("nav[aria-label='My Account']").first.get_by_role("link", name="Security").click()
        page.wait_for_url(re.compile(rf"from={workspace}"))
    for page, workspace in ((theirs, "collaborator"), (mine, "provider")):
        page.get_by_role("link", name=f"Back to {workspace.capitalize()}").first.click()
        page.wait_for_url(re.compile(rf"/{workspace}/"))
        stays_in(page, workspace)
    theirs.locator("[popovertarget=ml-account]").first.click()
    theirs.get_by_role("link", name=re.compile("^Lab")).click()
    theirs.wait_for_url(re.compile("/lab/"))
    stays_in(theirs, "lab")
    theirs.close()
    desk.check()


def test_an_order_begun_for_somebody_else_is_worked_on_by_both(world: Portal, desks: dict[str, Desk], tmp_path) -> None:
    anselm, maren = desks["anselm"], desks["maren"]
    maren.sign_in("provider@demo.example", PASSWORD)
    page = anselm.page
    anselm.go("/collaborator/cases/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Add Order").click()
    expect(page.locator("select[name=provider] option")).to_have_text(["Maren Østby"])
    page.get_by_role("radio", name=re.compile("Fjordgata")).check()
    page.get_by_role("button", name="Start the order").click()
    page.get_by_label("First name").fill("Elif")
    page.get_by_label("Last name").fill("Demir")
    page.get_by_label("Birth date").fill("1991-04-17")
    complaint = page.get_by_label(re.compile("Chief complaint"))
    complaint.fill("Crowding below.")
    complaint.blur()
    expect(page.locator("#saved")).to_contain_text(re.compile("Saved", re.IGNORECASE))

    mail = world.mailbox.wait("provider@demo.example", "order created on your behalf")
    assert "Demir" not in text_of(mail) + str(mail["Subject"])
    link = link_in(mail, "/provider/")
    maren.go(link)
    expect(maren.page.locator("main")).to_contain_text("Anselm Vogt")
    number = re.findall(r"/cases/(\d+)/", link)[0]
    step = page.url.replace("/collaborator/", "/provider/")

    # Both have the field before them; the second to save sees both values, and nothing is lost.
    maren.go(step)
    expect(maren.page.get_by_label(re.compile("Chief complaint"))).to_have_value("Crowding below.")
    theirs = maren.page.get_by_label(re.compile("Chief complaint"))
    theirs.fill("Crowding above and below.")
    theirs.blur()
    expect(maren.page.locator("#saved")).to_contain_text(re.compile("Saved", re.IGNORECASE))
    complaint.fill("A gap in front.")
    complaint.blur()
    expect(page.get_by_text("Crowding above and below.").first).to_be_visible()
    expect(page.get_by_role("button", name="Keep theirs")).to_be_visible()
    anselm.picture("01-clash")
    page.get_by_role("button", name="Keep theirs").click()
    expect(page.get_by_label(re.compile("Chief complaint"))).to_have_value("Crowding above and below.")

    # The provider adds a scan, the collaborator the other one, and submits.
    for desk, arch in ((maren, "upper"), (anselm, "lower")):
        path = tmp_path / f"{arch}.stl"
        path.write_bytes(scan_stl(arch))
        workspace = "provider" if desk is maren else "collaborator"
        desk.go(step.replace("/provider/", f"/{workspace}/").replace("/step/1/", "/step/2/").removeprefix(world.url))
        with desk.page.expect_file_chooser() as chooser:
            desk.page.locator(f"[data-place={arch}_scan] [data-pick]").click()
        chooser.value.set_files(path)
        expect(desk.page.locator(f"[data-place={arch}_scan][data-state=filled]")).to_be_visible(timeout=30_000)
    anselm.go(step.replace("/provider/", "/collaborator/").replace("/step/1/", "/step/5/").removeprefix(world.url))
    expect(page.locator("main")).to_contain_text("Maren Østby sees that you made the order.")
    anselm.picture("02-review")
    page.get_by_role("button", name="Submit the order").click()
    page.wait_for_url(re.compile(rf"/collaborator/cases/{number}/$"))
    expect(page.locator("#ml-toasts")).to_contain_text("was submitted")

    maren.go(f"/provider/cases/{number}/history/")
    told = maren.page.locator("main").inner_text()
    assert re.search(r"Anselm Vogt\s+began the order", told)
    assert re.search(r"Anselm Vogt\s+submitted the order", told)
    maren.go("/provider/orders/")
    expect(maren.page.get_by_role("row").filter(has_text=number)).to_contain_text("Submitted")
    for desk in (anselm, maren):
        desk.check()


def test_with_hidden_identity_no_page_names_the_patient_and_nothing_approves(world: Portal, desks: dict[str, Desk]) -> None:
    desk = desks["noor"]
    desk.sign_in("noor@demo.example", PASSWORD)
    page = desk.page
    answers: list[tuple[str, bytes]] = []
    page.on("response", lambda answer: answers.append((answer.url, answer.body())) if answer.status == 200 else None)
    desk.go("/collaborator/cases/?group=evaluate")
    row = page.get_by_role("row").filter(has_text="Identity hidden")
    expect(row).to_contain_text("65 years, female")
    expect(row).to_contain_text("Your turn")
    number = row.locator(".ml-case").inner_text()
    desk.picture("03-hidden-list")
    page.locator("[data-search]").fill("Zyxwvutowska")
    page.locator("[data-search]").press("Enter")
    expect(page.get_by_text("No case matches")).to_be_visible()
    assert "Zyxwvutowska" not in page.url

    base = f"/collaborator/cases/{number}/"
    for part in ("", "prescription/", "records/", "setups/", "discussion/", "orders/", "history/", "setups/1/"):
        desk.go(base + part)
        page.wait_for_load_state("networkidle" if part == "setups/1/" else "load")
        for name in PATIENT.split():
            assert name not in page.content().replace('value="Zyxwvutowska"', ""), part
            assert name not in page.title(), part
        assert page.get_by_text(re.compile(r"\bApprove\b")).count() == 0, "absent, not disabled"
        assert not [path for path in links_of(page) if "approve" in path], part
    desk.picture("04-hidden-review")
    page.get_by_role("button", name="Ready for Approval", exact=True).click()
    expect(page.get_by_text("You hold version 1 ready").first).to_be_visible()
    page.get_by_role("button", name=re.compile("Take .*back|Back to Evaluating")).first.click()
    expect(page.get_by_text("Check version 1").first).to_be_visible()
    searched = f"{world.url}/collaborator/cases/?"
    named = [url for url, body in answers if not url.startswith(searched) and any(part.encode() in body for part in PATIENT.split())]
    assert named == []
    assert desk.status_of(f"{base}setups/1/original.zip") in {403, 404}
    desk.check()
