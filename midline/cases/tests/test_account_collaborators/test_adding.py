"""My Account, Collaborator(s): it is the provider's own; consent first, then adding."""

import re

import pytest

from midline.cases.models import CollaborationCount
from midline.cases.tests.factories import make_case, share
from midline.cases.tests.test_account_collaborators.steps import PAGE, SOMEBODY, TICKS, bytes_of, found, tick
from midline.collaboration.models import Collaboration, ConsentRecord, ConsentText, Grant, Invitation, Lookup
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core import clock
from midline.practices.tests.factories import ProviderFactory

pytestmark = pytest.mark.django_db


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
