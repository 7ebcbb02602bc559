"""The invitation's page, read and answered."""

import pytest
from django.test import Client

from midline.activity.models import Event
from midline.collaboration import services
from midline.collaboration.models import Collaboration, Invitation
from midline.collaboration.tests.test_views.steps import acting, address, bytes_of, invite
from midline.people.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def test_an_address_without_an_account_completes_the_registration(client, provider):
    row = invite(provider)

    assert client.get(address(row))["Location"] == address(row, "register/")
    page = client.get(address(row, "register/")).content.decode()
    for part in ("yuki@example.org", 'value="Yuki"', 'value="Ōtani"', "Maren Østby", "Grünerløkka"):
        assert part in page


def test_an_address_with_an_account_signs_in_first_and_comes_back(client, provider):
    user = UserFactory(email="yuki@example.org")
    row = invite(provider)

    response = client.get(address(row))
    assert response["Location"] == f"/account/login/?next={address(row)}"
    back = client.post("/account/login/", {"login": user.email, "password": PASSWORD, "next": address(row)})
    assert back["Location"] == address(row)


def test_what_is_granted_and_what_is_not_stands_before_the_answer(client, provider):
    user = UserFactory(email="yuki@example.org")
    row = invite(provider, grants=["add_orders"], hides_identity=True, message="Look at <b>bites</b>.")
    client.force_login(user)

    page = client.get(address(row)).content.decode()

    granted, _, withheld = page.partition("Not granted")
    assert "Add orders" in granted
    for name in ("See names and birth dates", "Decline a treatment setup", "Publish setup versions"):
        assert name in withheld
        assert name not in granted
    assert page.index("Not granted") < page.index("Accept responsibility")
    assert "Look at &lt;b&gt;bites&lt;/b&gt;." in page


def test_reading_an_invitation_changes_nothing(client, provider):
    row = invite(provider)
    user = UserFactory(email="known@example.org")
    known = invite(provider, "known@example.org")
    events = Event.objects.count()
    for browser in (client, Client()):
        for target in (row, known):
            for method in (browser.get, browser.head):
                for page in ("", "register/", "decline/"):
                    method(address(target, page))
        client.force_login(user)

    assert Event.objects.count() == events
    assert set(Collaboration.objects.values_list("state", flat=True)) == {"invited"}
    assert not Invitation.objects.exclude(used_at=None, withdrawn_at=None).exists()


def test_used_withdrawn_expired_and_invented_links_answer_the_same_bytes(client, provider):
    withdrawn, used, expired = invite(provider, "a@example.org"), invite(provider, "b@example.org"), invite(provider, "c@example.org")
    links = [address(row) for row in (withdrawn, used, expired)]
    services.invitation_withdraw(collaboration=withdrawn, by=acting(provider))
    user = UserFactory(email="b@example.org")
    services.invitation_accept(token=links[1].split("/")[2], by=user, seen_revision=1, accepts_terms=True)
    Invitation.objects.filter(collaboration=expired).update(expires_at=used.created_at)
    links.append(f"/invitation/{'A' * 43}/")

    for page in ("", "register/"):
        assert len({bytes_of(client.get(link + page)).replace(link, "") for link in links}) == 1
    assert len({bytes_of(client.post(link + "decline/")).replace(link, "") for link in links}) == 1
    assert client.get(links[0]).status_code == 404
    assert "yuki" not in client.get(links[0]).content.decode().lower()


def test_accepting_leads_to_the_collaborator_dashboard(client, provider):
    client.force_login(UserFactory(email="yuki@example.org"))
    row = invite(provider)

    response = client.post(address(row), {"revision": "1", "terms": "1", "accept": "on"}, REMOTE_ADDR="192.0.2.9")

    row.refresh_from_db()
    assert response["Location"] == "/collaborator/cases/"
    assert row.state == "active"
    assert Event.objects.get(kind="collaboration.accepted").data["address"] == "192.0.2.9"


def test_accepting_without_the_tick_is_422(client, provider):
    client.force_login(UserFactory(email="yuki@example.org"))
    row = invite(provider)

    response = client.post(address(row), {"revision": "1", "terms": "1"})

    assert response.status_code == 422
    assert b"Tick it to accept" in response.content
    assert Collaboration.objects.get().state == "invited"


def test_grants_that_moved_meanwhile_are_shown_again_with_409(client, provider):
    client.force_login(UserFactory(email="yuki@example.org"))
    row = invite(provider, grants=["download"])
    invite(provider, grants=["publish_setups"])
    row.refresh_from_db()

    response = client.post(address(row), {"revision": "1", "terms": "1", "accept": "on"})

    assert response.status_code == 409
    assert b'name="revision" value="2"' in response.content
    assert b"Publish a setup version" in response.content
    assert Collaboration.objects.get().state == "invited"
    assert client.post(address(row), {"revision": "2", "terms": "1", "accept": "on"}).status_code == 302


def test_somebody_else_gets_a_clear_page_and_nothing_of_the_invitation(client, provider):
    row = invite(provider, message="A private word.")
    client.force_login(UserFactory())

    for response in (
        client.get(address(row)),
        client.post(address(row), {"revision": "1", "terms": "1", "accept": "on"}),
        client.post(address(row, "decline/")),
    ):
        page = response.content.decode()
        assert response.status_code == 403
        assert "for somebody else" in page
        assert "A private word" not in page
        assert "yuki@example.org" not in page
    assert Collaboration.objects.get().state == "invited"


def test_declining_tells_the_reason(client, provider):
    client.force_login(UserFactory(email="yuki@example.org"))
    row = invite(provider)

    response = client.post(address(row, "decline/"), {"no-reason": "On leave"})

    row.refresh_from_db()
    assert response.status_code == 200
    assert (row.ended, row.ended_reason) == ("declined", "On leave")


def test_a_reason_that_is_too_long_is_422_and_answers_nothing(client, provider):
    row = invite(provider)
    assert client.post(address(row, "decline/"), {"no-reason": "x" * 501}).status_code == 422
    assert Collaboration.objects.get().state == "invited"


def test_a_link_alone_does_not_decline_for_a_person_with_an_account(client, provider):
    UserFactory(email="yuki@example.org")
    row = invite(provider)

    assert client.post(address(row, "decline/")).status_code == 403
    assert Collaboration.objects.get().state == "invited"


def test_answers_need_the_token_of_the_form(provider):
    user = UserFactory(email="yuki@example.org")
    row = invite(provider)
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(user)

    assert careful.post(address(row), {"revision": "1", "terms": "1", "accept": "on"}).status_code == 403
    assert careful.post(address(row, "decline/")).status_code == 403
    assert Collaboration.objects.get().state == "invited"


def test_declining_asks_first_on_a_page_of_its_own_and_answers_nothing_by_a_link(client, provider):
    client.force_login(UserFactory(email="yuki@example.org"))
    row = invite(provider)

    page = client.get(address(row, "decline/"))

    assert page.status_code == 200
    assert "Maren Østby is told" in page.content.decode()
    assert f'href="{address(row, "decline/")}"' in client.get(address(row)).content.decode()
    assert Collaboration.objects.get().state == "invited"


def test_the_page_that_asks_is_not_for_somebody_else(client, provider):
    UserFactory(email="yuki@example.org")
    row = invite(provider)

    assert client.get(address(row, "decline/"))["Location"].startswith("/account/login/")
    client.force_login(UserFactory())
    refused = client.get(address(row, "decline/"))
    assert refused.status_code == 403
    assert "Østby" not in refused.content.decode()
