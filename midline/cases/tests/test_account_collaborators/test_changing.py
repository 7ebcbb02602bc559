"""My Account, Collaborator(s): the list, changing what is granted, ending."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from midline.activity.models import Access, Event
from midline.cases.tests.factories import make_case
from midline.cases.tests.test_account_collaborators.steps import PAGE, SOMEBODY, TICKS, bytes_of, found, tick
from midline.collaboration import queries, services
from midline.collaboration.models import Collaboration, Grant, Invitation
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core import clock
from midline.people.tests.factories import UserFactory
from midline.practices.tests.factories import PracticeFactory

pytestmark = pytest.mark.django_db


def test_the_list_tells_state_scope_grants_and_when_they_last_looked(cast):
    collaborator = cast.with_every_grant
    theirs = cast.with_no_grant
    newest = clock.now()
    for at in (newest - timedelta(days=2), newest):
        Access.objects.create(at=at, person=collaborator.user, workspace="collaborator", view="case", case_ids=[cast.case.pk])
    other = make_case(PracticeFactory(provider=cast.other_provider.user.provider))
    Access.objects.create(at=clock.now(), person=theirs.user, workspace="collaborator", view="case", case_ids=[other.pk])

    lines = {line.row.pk: line for line in cast.owner.client.get(PAGE).context["lines"]}

    assert lines[collaborator.collaboration.pk].cases == 1
    assert lines[collaborator.collaboration.pk].seen_at == newest
    assert lines[theirs.collaboration.pk].seen_at is None
    assert len(lines[collaborator.collaboration.pk].grants) == len(Grant)


def test_the_list_costs_at_most_one_read_for_each_collaborator(browser, provider):
    def reads() -> int:
        with CaptureQueriesContext(connection) as seen:
            browser.get(PAGE)
        return len(seen)

    CollaborationFactory(provider=provider)
    one = reads()
    for _n in range(6):
        CollaborationFactory(provider=provider)
    assert reads() - one <= 6


def change(client, row, **fields):
    given = {"relation": row.relation, "scope": "none", "ends_on": "", "shows_identity": "on", "revision": str(row.revision)}
    return client.post(f"{PAGE}{row.pk}/", given | fields)


def test_changing_takes_effect_at_once_and_offers_undo(browser, provider):
    row = CollaborationFactory(provider=provider, download=True, evaluates=False)

    assert change(browser, row, add_orders="on")["Location"] == PAGE

    row.refresh_from_db()
    assert row.granted == {Grant.ADD_ORDERS}
    undo = f"{PAGE}undo/{Event.objects.get(kind='collaboration.changed').pk}/"
    assert undo in browser.get(PAGE).content.decode()
    browser.post(undo)
    row.refresh_from_db()
    assert row.granted == {Grant.DOWNLOAD}


def test_hiding_identity_is_the_switch_off(browser, provider):
    row = CollaborationFactory(provider=provider)
    change(browser, row, shows_identity="")
    assert Collaboration.objects.get().hides_identity


def test_a_form_that_is_older_than_a_change_is_409_and_keeps_what_was_typed(browser, provider):
    """Two tabs with the same collaborator: the second one saves over nothing, shows both, and saves when asked again."""
    row = CollaborationFactory(provider=provider)
    change(browser, row, download="on")

    response = change(browser, row, publish_setups="on", ends_on="2030-06-30")

    page = response.content.decode()
    assert response.status_code == 409
    assert Collaboration.objects.get().granted == {Grant.DOWNLOAD}
    assert response.context["clash"] == [
        ("Ends on", "none", "30 Jun 2030"),
        ("Download records and models", "on", "off"),
        ("Publish setup versions", "off", "on"),
    ]
    assert re.search(r'name="publish_setups"[^>]*checked', page)
    assert 'value="2030-06-30"' in page
    row.refresh_from_db()
    assert change(browser, row, publish_setups="on", ends_on="2030-06-30").status_code == 302
    assert Collaboration.objects.get().granted == {Grant.PUBLISH_SETUPS}


def test_two_tabs_that_save_the_same_agree(browser, provider):
    row = CollaborationFactory(provider=provider)
    change(browser, row, download="on")

    assert change(browser, row, download="on").status_code == 302


def test_changing_somebody_who_was_removed_in_another_tab_is_409(browser, provider):
    row = CollaborationFactory(provider=provider)
    browser.post(f"{PAGE}{row.pk}/remove/")

    response = change(browser, row, download="on")

    assert response.status_code == 409
    assert b"has ended" in response.content


def test_list_and_detail_mark_who_was_added_under_an_earlier_text(browser, provider):
    tick(provider)
    browser.post(PAGE, SOMEBODY)
    row = Collaboration.objects.get()
    words = "Terms &amp; Conditions: added under version 1, version 2 in force"
    for address in (PAGE, f"{PAGE}{row.pk}/"):
        assert words not in browser.get(address).content.decode()

    services.text_write(kind="terms", body="Second terms.")

    for address in (PAGE, f"{PAGE}{row.pk}/"):
        page = browser.get(address).content.decode()
        assert words in page
        assert "consent: added under" not in page
    assert re.search(r"<fieldset disabled", browser.get(PAGE).content.decode())
    assert browser.post(PAGE, SOMEBODY | TICKS | {"terms": "2"}).status_code == 302
    assert words not in browser.get(PAGE).content.decode()


def test_withdrawing_and_removing_ask_first_and_say_what_happens(browser, provider):
    tick(provider)
    browser.post(PAGE, SOMEBODY)
    active = CollaborationFactory(provider=provider)
    page = browser.get(PAGE).content.decode()
    for words in ("Withdraw the invitation of Yuki Ōtani?", f"Remove {active.name}?", "can no longer answer", "sees none of your cases"):
        assert words in page
    detail = browser.get(f"{PAGE}{active.pk}/").content.decode()
    assert re.search(r"<details[^>]*>.*Remove collaborator</summary>.*sees none of your cases.*/remove/", detail, re.DOTALL)


def test_pressing_send_again_twice_mails_one_link(browser, provider):
    tick(provider)
    browser.post(PAGE, SOMEBODY)
    row = Collaboration.objects.get()
    seen = found(r'name="seen" value="(\d+)"', browser.get(PAGE))

    for _n in range(2):
        assert browser.post(f"{PAGE}{row.pk}/resend/", {"seen": seen}).status_code == 302

    assert Invitation.objects.count() == 2


def test_inviting_costs_the_same_reads_for_an_account_as_for_none(browser, provider):
    tick(provider)
    UserFactory(email="known@example.org", findable="nobody")
    browser.post(PAGE, SOMEBODY | {"email": "first@example.org"})
    statements = []
    for email in ("known@example.org", "unknown@example.org"):
        with CaptureQueriesContext(connection) as seen:
            assert browser.post(PAGE, SOMEBODY | {"email": email}).status_code == 302
        statements.append([query["sql"].split(" WHERE ")[0][:60] for query in seen if "SAVEPOINT" not in query["sql"]])
    assert statements[0] == statements[1]


def test_the_page_after_inviting_reads_the_same_for_an_account_as_for_none(browser, provider):
    """Neither the number of reads nor the words tell whether an address has an account."""
    tick(provider)
    UserFactory(email="known@example.org", findable="nobody")
    reads, pages = [], []
    for email in ("known@example.org", "unknown@example.org"):
        browser.post(PAGE, SOMEBODY | {"email": email})
        row = Collaboration.objects.get(email=email)
        browser.get(PAGE)
        for address in (PAGE, f"{PAGE}{row.pk}/"):
            with CaptureQueriesContext(connection) as seen:
                page = bytes_of(browser.get(address))
            reads.append(len(seen))
            pages.append(re.sub(r'(name="(?:key|seen)" value=")[^"]+|known@example.org|unknown@example.org', "", page))
        row.invitations.all().delete()
        row.delete()
    assert reads[:2] == reads[2:]
    assert pages[0].count("Invited") == pages[2].count("Invited")


def test_an_end_in_the_past_is_422_at_its_field(browser, provider):
    row = CollaborationFactory(provider=provider)
    response = change(browser, row, ends_on="2020-01-01")
    assert response.status_code == 422
    assert "ends_on" in response.context["form"].errors


def test_undo_of_another_providers_change_is_refused(cast):
    row = cast.with_no_grant.collaboration
    change(cast.owner.client, row, download="on")
    event = Event.objects.get(kind="collaboration.changed")

    known, unknown = (cast.other_provider.client.post(f"{PAGE}undo/{pk}/") for pk in (event.pk, 999999))
    assert known.status_code == unknown.status_code == 404
    row.refresh_from_db()
    assert row.granted == {Grant.DOWNLOAD}


def test_removing_is_final_and_a_new_invitation_begins_anew(browser, provider):
    tick(provider)
    row = CollaborationFactory(provider=provider, download=True)

    browser.post(f"{PAGE}{row.pk}/remove/")

    row.refresh_from_db()
    assert (row.state, row.ended) == ("ended", "revoked")
    assert change(browser, row, download="on").status_code == 409
    again = browser.get(f"{PAGE}?again={row.pk}").content.decode()
    assert f'value="{row.email}"' in again
    browser.post(PAGE, SOMEBODY | {"email": row.email})
    assert Collaboration.objects.exclude(pk=row.pk).get().granted == set()


def test_a_removed_collaborator_gets_404_on_the_next_request(cast):
    client, number = cast.with_every_grant.client, cast.case.number
    before = client.get(f"/collaborator/cases/{number}/")
    cast.owner.client.post(f"{PAGE}{cast.with_every_grant.collaboration.pk}/remove/")

    assert before.status_code == 200
    assert client.get(f"/collaborator/cases/{number}/").status_code == 404


def test_sending_again_and_withdrawing(browser, provider):
    tick(provider)
    browser.post(PAGE, SOMEBODY)
    row = Collaboration.objects.get()
    earlier = queries.token_of(Invitation.objects.get())

    browser.post(f"{PAGE}{row.pk}/resend/")
    assert queries.open_invitation(earlier) is None
    assert queries.open_invitation(queries.token_of(Invitation.objects.latest("pk"))) is not None

    browser.post(f"{PAGE}{row.pk}/withdraw/")
    row.refresh_from_db()
    assert row.ended == "withdrawn"
    assert browser.post(f"{PAGE}{row.pk}/resend/").status_code == 409


def test_withdrawing_what_was_accepted_is_409(browser, provider):
    row = CollaborationFactory(provider=provider)
    assert browser.post(f"{PAGE}{row.pk}/withdraw/").status_code == 409
    assert Collaboration.objects.get().state == "active"


def test_a_read_changes_nothing(browser, provider):
    row = CollaborationFactory(provider=provider)
    for address in (PAGE, f"{PAGE}{row.pk}/", f"{PAGE}?again={row.pk}", f"{PAGE}?again=nonsense", f"{PAGE}?again={'9' * 40}"):
        assert browser.get(address).status_code == 200
    for act in ("resend", "withdraw", "remove"):
        assert browser.get(f"{PAGE}{row.pk}/{act}/").status_code == 405
    assert not Event.objects.exists()
