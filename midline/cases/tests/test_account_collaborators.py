"""My Account, Collaborator(s): consent first, adding, looking up, changing, ending; and that it is the provider's own."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from midline.activity.models import Access, Event
from midline.cases.models import CollaborationCount
from midline.cases.tests.factories import make_case, share
from midline.collaboration import queries, services
from midline.collaboration.models import Collaboration, ConsentRecord, ConsentText, Grant, Invitation, Lookup
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core import clock
from midline.core.workspace import Workspace
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.practices.tests.factories import PracticeFactory, ProviderFactory

pytestmark = pytest.mark.django_db

PAGE = "/account/collaborators/"
TICKS = {"consent": "1", "terms": "1"}
SOMEBODY = {
    "email": "yuki@example.org",
    "first_name": "Yuki",
    "last_name": "Ōtani",
    "relation": "staff",
    "scope": "none",
    "shows_identity": "on",
    "ends_on": "",
    "message": "",
}


@pytest.fixture
def practice():
    return PracticeFactory()


@pytest.fixture
def provider(practice):
    return practice.provider


@pytest.fixture
def browser(provider) -> Client:
    client = Client()
    client.force_login(provider.person)
    return client


def found(pattern: str, response) -> str:
    """What the pattern's first group, or the whole of it, finds in the page."""
    match = re.search(pattern, response.content.decode())
    assert match, pattern
    return match[match.re.groups]


def tick(provider) -> None:
    services.consent_give(by=Actor(provider.person, Workspace.ACCOUNT, provider.pk), address=None)


def bytes_of(response) -> str:
    plain = re.sub(r'(name="csrfmiddlewaretoken" value="|content="|X-CSRFToken": ")[A-Za-z0-9]{64}', r"\1", response.content.decode())
    return f"{response.status_code} {plain}"


# --- whose page


@pytest.mark.parametrize("who", ["with_every_grant", "with_no_grant", "technician", "stranger"])
def test_who_is_no_provider_finds_nothing_here(cast, who):
    client, row = cast.client_of(who), cast.with_every_grant.collaboration
    for address in (PAGE, f"{PAGE}{row.pk}/"):
        assert client.get(address).status_code == 404
    for address in (
        PAGE,
        f"{PAGE}lookup/",
        f"{PAGE}undo/1/",
        *(f"{PAGE}{row.pk}/{act}" for act in ("", "resend/", "withdraw/", "remove/")),
    ):
        assert client.post(address, SOMEBODY | TICKS).status_code == 404
    assert not Lookup.objects.exists()


def test_signed_out_leads_to_signing_in(client):
    assert client.get(PAGE)["Location"] == f"/account/login/?next={PAGE}"


def test_the_collaborators_of_another_provider_do_not_exist(cast):
    row = cast.with_every_grant.collaboration
    client = cast.other_provider.client
    assert client.get(f"{PAGE}{row.pk}/").status_code == 404
    for act in ("", "resend/", "withdraw/", "remove/"):
        answers = {bytes_of(client.post(f"{PAGE}{pk}/{act}", SOMEBODY)) for pk in (row.pk, 999999)}
        assert len(answers) == 1
        assert answers.pop().startswith("404")
    row.refresh_from_db()
    assert row.state == "active"
    assert cast.with_every_grant.user.name not in client.get(PAGE).content.decode()


# --- consent


def test_the_fields_are_disabled_until_both_boxes_are_ticked(browser, provider):
    assert re.search(r"<fieldset disabled", browser.get(PAGE).content.decode())

    tick(provider)

    page = browser.get(PAGE).content.decode()
    assert not re.search(r"<fieldset disabled", page)
    assert "Recorded" in page


@pytest.mark.parametrize("sent", [{}, {"consent": "1"}, {"terms": "1"}, {"consent": "1", "terms": "0"}, {"consent": "on", "terms": "on"}])
def test_the_server_adds_nobody_before_both_boxes_are_ticked(browser, sent):
    response = browser.post(PAGE, SOMEBODY | sent)

    assert response.status_code == 422
    assert b"Tick both boxes" in response.content
    assert not Collaboration.objects.exists()
    assert not ConsentRecord.objects.exists()


def test_without_javascript_the_first_post_ticks_and_enables(browser, provider):
    response = browser.post(PAGE, TICKS | {"confirm": "1"}, REMOTE_ADDR="192.0.2.1")

    assert response["Location"] == PAGE
    assert {record.address for record in ConsentRecord.objects.filter(provider=provider)} == {"192.0.2.1"}
    assert not re.search(r"<fieldset disabled", browser.get(PAGE).content.decode())


def test_ticking_an_older_version_than_the_one_in_force_is_not_enough(browser):
    ConsentText.objects.create(kind="terms", version=2, body="New.")

    assert browser.post(PAGE, SOMEBODY | TICKS).status_code == 422
    assert browser.post(PAGE, SOMEBODY | TICKS | {"terms": "2"}).status_code == 302


# --- adding


def test_ticking_and_adding_in_one_go_invites_with_what_was_chosen(browser, provider):
    response = browser.post(PAGE, SOMEBODY | TICKS | {"add_orders": "on", "decline_setups": "on"})

    row = Collaboration.objects.get()
    assert response["Location"] == f"{PAGE}?added={row.pk}"
    assert (row.provider, row.state, row.relation, row.evaluates) == (provider, "invited", "staff", False)
    assert row.granted == {Grant.ADD_ORDERS, Grant.DECLINE_SETUPS}
    assert b"Yuki" in browser.get(PAGE).content


def test_several_are_added_in_a_row(browser, provider):
    tick(provider)
    for n in range(3):
        response = browser.post(PAGE, SOMEBODY | {"email": f"p{n}@example.org"})
        page = browser.get(response["Location"]).content.decode()
        assert re.search(r'<input type="email" name="email"[^>]*autofocus', page)
        assert f'value="p{n}@' not in page.split("<datalist")[0]
        assert "<fieldset disabled" not in page
    assert Collaboration.objects.count() == 3
    assert "autofocus" not in found(r'<input type="email"[^>]*>', browser.get(PAGE))


def test_the_form_sent_twice_mails_one_link(browser, provider):
    tick(provider)
    key = found(r'name="key" value="([^"]+)"', browser.get(PAGE))

    for _n in range(2):
        assert browser.post(PAGE, SOMEBODY | {"key": key}).status_code == 302

    assert Invitation.objects.count() == 1
    assert browser.post(PAGE, SOMEBODY | {"key": "no key"}).status_code == 302
    assert Invitation.objects.count() == 2


def test_nothing_but_the_fields_of_the_form_is_taken(browser, provider):
    tick(provider)
    other = ProviderFactory()
    browser.post(
        PAGE,
        SOMEBODY
        | {"state": "active", "provider": other.pk, "provider_id": other.pk, "person": "1", "revision": "9", "accepted_at": "2020-01-01"},
    )

    row = Collaboration.objects.get()
    assert (row.provider, row.state, row.person_id, row.revision, row.accepted_at) == (provider, "invited", None, 1, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "a@example.org\r\nBcc: b@example.org"),
        ("email", "a@example.org,b@example.org"),
        ("email", ["a@example.org", "b@example.org"]),
        ("email", "mi\u212ae@example.org"),
        ("first_name", "Yuki\r\nSubject: x"),
        ("last_name", ""),
        ("relation", "owner"),
        ("ends_on", "31.06.2027"),
        ("ends_on", "2020-01-01"),
        ("scope", "all"),
        ("message", "x" * 1001),
    ],
)
def test_each_field_is_checked_and_named_and_what_was_typed_stays(browser, provider, field, value):
    tick(provider)

    response = browser.post(PAGE, SOMEBODY | {field: value})

    page = response.content.decode()
    assert response.status_code == 422
    assert "Nothing was saved" in page
    assert field in response.context["form"].errors
    assert 'value="yuki@example.org"' in page or field == "email"
    assert not Collaboration.objects.exists()


def test_inviting_oneself_is_refused_at_the_field(browser, provider):
    tick(provider)
    response = browser.post(PAGE, SOMEBODY | {"email": provider.person.email})
    assert response.status_code == 422
    assert "your own address" in response.content.decode()


def test_every_case_is_one_row_and_is_counted_as_a_standing_grant(browser, provider, practice):
    tick(provider)
    make_case(practice)

    browser.post(PAGE, SOMEBODY | {"scope": "every"})

    row = Collaboration.objects.get()
    assert row.every_case
    assert CollaborationCount.objects.filter(collaboration=row).count() > 0
    assert not CollaborationCount.objects.filter(collaboration=row, count__gt=0).exists()
    assert "every case" in browser.get(PAGE).content.decode()


def test_ending_a_standing_grant_in_the_form_counts_the_single_shares_again(browser, provider, practice):
    row = CollaborationFactory(provider=provider, every_case=True)
    share(make_case(practice), row)

    browser.post(f"{PAGE}{row.pk}/", {"relation": "clinician", "scope": "none", "ends_on": "", "shows_identity": "on", "revision": "1"})

    assert not Collaboration.objects.get().every_case
    assert sum(CollaborationCount.objects.filter(collaboration=row).values_list("count", flat=True)) == 1


def test_too_many_invitations_are_429(browser, provider):
    tick(provider)
    row = CollaborationFactory(provider=provider, state="invited", person=None)
    Invitation.objects.bulk_create(
        Invitation(collaboration=row, token_digest=f"{n:064}", email=row.email, expires_at=clock.now()) for n in range(100)
    )
    assert browser.post(PAGE, SOMEBODY).status_code == 429
    assert Collaboration.objects.count() == 1


# --- looking up


def look_up(client, email):
    return client.post(f"{PAGE}lookup/", {"email": email})


def test_a_whole_address_fills_in_name_and_clinic(browser):
    clinic = PracticeFactory(name="Tannlege Nord", provider__person__first_name="Hrafnhildur", provider__person__last_name="Björnsdóttir")

    page = look_up(browser, clinic.provider.person.email).content.decode()

    assert 'data-first="Hrafnhildur" data-last="Björnsdóttir"' in page
    assert "Tannlege Nord" in page
    assert clinic.provider.license_number not in page


def test_unknown_hidden_closed_and_own_address_answer_the_same_bytes(browser, provider):
    hidden, closed = UserFactory(findable="nobody"), UserFactory(is_active=False)
    addresses = [hidden.email, closed.email, provider.person.email, "nobody@example.org"]

    assert len({bytes_of(look_up(browser, address)) for address in addresses}) == 1
    assert b"An invitation will be sent" in look_up(browser, hidden.email).content


@pytest.mark.parametrize("part", ["h", "h.bjorns", "h.bjornsdottir@", "h.bjornsdottir@example", "%", "h*@example.org,x@example.org"])
def test_part_of_an_address_finds_nobody_and_is_not_counted(browser, part):
    UserFactory(email="h.bjornsdottir@example.org")
    response = look_up(browser, part)
    assert (response.status_code, response.content) == (422, b"")
    assert not Lookup.objects.exists()


def test_the_31st_look_up_within_an_hour_is_429_for_known_and_unknown(browser, provider):
    found = UserFactory()
    for n in range(30):
        assert look_up(browser, f"p{n}@example.org").status_code == 200
    assert len({bytes_of(look_up(browser, address)) for address in (found.email, "p@example.org")}) == 1
    assert look_up(browser, found.email).status_code == 429
    assert Lookup.objects.count() == 30
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        browser.force_login(provider.person)
        assert look_up(browser, found.email).status_code == 200


def test_people_this_provider_knows_are_filled_in_without_a_look_up(browser, provider):
    row = CollaborationFactory(provider=provider, first_name="Tomás", last_name="Arriaga", person=UserFactory(findable="nobody"))
    page = look_up(browser, row.email).content.decode()

    assert 'data-first="Tomás"' in page
    assert not Lookup.objects.exists()


def test_while_typing_only_people_this_provider_works_with_are_suggested(browser, provider):
    mine, theirs, nobody = CollaborationFactory(provider=provider), CollaborationFactory(), UserFactory()
    page = browser.get(PAGE).content.decode()
    options = page[page.index("<datalist") : page.index("</datalist>")]

    assert mine.email in options
    assert theirs.email not in page
    assert nobody.email not in page


def test_a_look_up_is_a_post_so_that_no_address_stands_in_a_log(browser):
    assert browser.get(f"{PAGE}lookup/?email=a@example.org").status_code == 405


# --- the list


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


# --- changing and ending


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
