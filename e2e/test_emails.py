"""Email Notifications in a browser: switched off, the events wait for the daily summary; on again, they come; links know their place.

Anselm owns cases of his own, collaborates with Maren and works in the lab: the hardest reader of a link.
"""

import re
import textwrap
from datetime import datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from demo.portal.people import PASSWORD
from e2e.conftest import Desk
from e2e.portal import Portal, link_in, text_of

PROVIDER, BOTH, COLLEAGUE = "provider@demo.example", "anselm@demo.example", "noor@demo.example"
# Of the demo's case, which both collaborators see.
PATIENT = ("Zofia", "Dąbrowska")
WORLD = f"""
from demo.portal.people import person
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.practices.models import Practice, Provider

maren = Provider.objects.get(person__email="{PROVIDER}")
anselm = person("anselm", "Anselm", "Vogt", is_technician=True)
own = Provider.objects.create(person=anselm, license_number="DE-1", country="DE", state="confirmed")
Practice.objects.create(provider=own, name="Vogt Kieferorthopädie", country="DE", time_zone="Europe/Berlin")
for who in (anselm, person("noor", "Noor", "Haddad")):
    Collaboration.objects.create(
        provider=maren, person=who, email=who.email, first_name=who.first_name, last_name=who.last_name, state="active",
        relation="mentor", accepted_at=clock.now(), every_case=True,
    )
"""
ROUND = "from midline.jobs.services import enqueue; enqueue('notify.daily', {})"


@pytest.fixture(scope="module")
def world(portal: Portal) -> Portal:
    portal.manage("shell", "-v0", "-c", textwrap.dedent(WORLD))
    return portal


def settle(desk: Desk, *, instantly: bool, hours_ago: int = 0) -> None:
    """Sets the master switch, and the summary to this very minute of Oslo or some hours before it, when its hour is over, and saves."""
    page = desk.page
    desk.go("/account/email-notifications/")
    page.locator("input[name=instantly]").set_checked(instantly)
    at = datetime.now(ZoneInfo("Europe/Oslo")) - timedelta(hours=hours_ago)
    page.locator("input[name=summary_at]").fill(at.strftime("%H:%M"))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Email Notifications saved.")).to_be_visible()
    expect(page.locator("input[name=instantly]")).to_be_checked(checked=instantly)


def comment(desk: Desk, number: str, words: str) -> None:
    page = desk.page
    desk.go(f"/collaborator/cases/{number}/discussion/")
    page.locator("textarea[name=body][placeholder]").first.fill(words)
    page.locator("form:has(textarea[name=body][placeholder])").first.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text(words).first).to_be_visible()


def nameless(mail: EmailMessage) -> EmailMessage:
    assert not any(name in mail.as_string() + text_of(mail) for name in PATIENT)
    return mail


def test_what_is_switched_off_waits_for_the_daily_summary_and_every_link_opens_its_workspace(world: Portal, desks: dict[str, Desk]) -> None:
    provider, colleague = desks["provider"], desks["colleague"]
    provider.sign_in(PROVIDER, PASSWORD)
    provider.go("/provider/orders/")
    number = provider.page.locator("table .ml-case").first.inner_text().strip()
    settle(provider, instantly=False, hours_ago=3)
    earlier = world.mailbox.to(PROVIDER)
    provider.picture("01-switched-off")

    colleague.sign_in(COLLEAGUE, PASSWORD)
    comment(colleague, number, "Tooth 13 stands too far out.")
    told = nameless(world.mailbox.wait(BOTH, f"{number}: new comment"))
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert len(world.mailbox.to(PROVIDER)) == len(earlier)

    if earlier:  # Between seven and eight in Oslo the day's summary came as the portal started.
        return
    settle(provider, instantly=False)
    world.manage("shell", "-v0", "-c", ROUND)
    summary = nameless(world.mailbox.wait(PROVIDER, "What happened|wait"))
    assert f"Noor Haddad commented on case {number}" in text_of(summary)
    assert len(world.mailbox.to(PROVIDER)) == 1

    both = desks["both"]
    both.go(link_in(told, f"/collaborator/cases/{number}/"))
    both.page.fill("input[name=login]", BOTH)
    both.page.fill("input[name=password]", PASSWORD)
    both.page.get_by_role("button", name="Sign in", exact=True).click()
    both.page.wait_for_url(re.compile(f"/collaborator/cases/{number}/"))
    expect(both.page.get_by_text("Tooth 13 stands too far out.").first).to_be_visible()
    provider.go(link_in(summary, f"/provider/cases/{number}/discussion/"))
    expect(provider.page.get_by_text("Tooth 13 stands too far out.").first).to_be_visible()

    settle(provider, instantly=True)
    comment(colleague, number, "And 23 as well.")
    nameless(world.mailbox.wait(PROVIDER, f"{number}: new comment"))
    assert [mail["Subject"] for mail in world.mailbox.to(PROVIDER)].count(f"Case {number}: new comment") == 1

    stop = re.search(r"<(\S+)>", str(told["List-Unsubscribe"]))
    assert stop
    anybody = desks["anybody"]
    anybody.go(stop[1])
    expect(anybody.page.get_by_text("Nothing has changed yet.")).to_be_visible()
    anybody.picture("02-unsubscribe")
    anybody.page.get_by_role("button", name="Switch off").click()
    expect(anybody.page.get_by_role("heading", name=re.compile("is off"))).to_be_visible()
    both.go("/account/email-notifications/")
    expect(both.page.locator("input[name='conversation.comment'][value=never]")).to_be_checked()
    both.picture("03-off-by-the-link")
    for desk in desks.values():
        desk.check()
