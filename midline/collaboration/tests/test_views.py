"""The invited person's pages, as a browser meets them."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.test import Client

from midline.activity.models import Event
from midline.collaboration import queries, services
from midline.collaboration.models import Collaboration, ConsentRecord, ConsentText, Invitation
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core.workspace import Workspace
from midline.jobs.models import Job
from midline.jobs.services import run_all
from midline.people.models import User
from midline.people.policies import Actor
from midline.people.tests.factories import PASSWORD, UserFactory
from midline.practices.tests.factories import PracticeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


@pytest.fixture
def provider():
    provider = PracticeFactory(provider__person__first_name="Maren", provider__person__last_name="Østby", name="Grünerløkka").provider
    services.consent_give(by=acting(provider), address=None)
    return provider


def acting(provider) -> Actor:
    return Actor(provider.person, Workspace.ACCOUNT, provider.pk)


def invite(provider, email="yuki@example.org", **terms) -> Collaboration:
    return services.collaborator_add(by=acting(provider), **({"email": email, "first_name": "Yuki", "last_name": "Ōtani"} | terms))


def address(row: Collaboration, page: str = "") -> str:
    token = queries.token_of(Invitation.objects.filter(collaboration=row).latest("pk"))
    return f"/invitation/{token}/{page}"


def bytes_of(response) -> str:
    plain = re.sub(r'(name="csrfmiddlewaretoken" value="|content="|X-CSRFToken": ")[A-Za-z0-9]{64}', r"\1", response.content.decode())
    return f"{response.status_code} {plain}"


REGISTRATION = {
    "terms": "1",
    "first_name": "Yuki",
    "last_name": "Ōtani",
    "language": "de",
    "numbering": "palmer",
    "password": "twelve letters",
    "accept": "on",
    "revision": "1",
}


# --- reading it


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


# --- answering


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


# --- completing the registration


def test_registering_makes_account_proved_address_acceptance_and_session_at_once(client, provider):
    row = invite(provider)

    response = client.post(address(row, "register/"), REGISTRATION)

    user = User.objects.get(email="yuki@example.org")
    row.refresh_from_db()
    assert response["Location"] == "/collaborator/cases/"
    assert (user.name, user.language, user.numbering) == ("Yuki Ōtani", "de", "palmer")
    assert EmailAddress.objects.get(user=user).verified
    assert (row.state, row.person) == ("active", user)
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "elevenchars"),
        ("password", "password1234"),
        ("first_name", ""),
        ("last_name", "a\r\nb"),
        ("accept", ""),
        ("numbering", "x"),
    ],
)
def test_a_registration_with_an_error_makes_nothing(client, provider, field, value):
    row = invite(provider)
    people = User.objects.count()

    response = client.post(address(row, "register/"), REGISTRATION | {field: value})

    assert response.status_code == 422
    assert User.objects.count() == people
    assert Collaboration.objects.get().state == "invited"


def test_the_address_of_the_account_is_that_of_the_invitation_whatever_is_sent(client, provider):
    row = invite(provider)
    client.post(address(row, "register/"), REGISTRATION | {"email": "other@example.org", "is_staff": "on", "is_technician": "on"})

    user = User.objects.get(email="yuki@example.org")
    assert not user.is_staff
    assert not user.is_technician
    assert not User.objects.filter(email="other@example.org").exists()


def test_grants_that_moved_while_registering_make_no_account(client, provider):
    row = invite(provider)
    invite(provider, grants=["download"])

    assert client.post(address(row, "register/"), REGISTRATION).status_code == 409
    assert not User.objects.filter(email="yuki@example.org").exists()


def test_nobody_registers_over_an_account_that_exists(client, provider):
    row = invite(provider)
    UserFactory(email="yuki@example.org")

    response = client.post(address(row, "register/"), REGISTRATION)

    assert response["Location"] == address(row)
    assert not User.objects.get(email="yuki@example.org").check_password(REGISTRATION["password"])


def test_a_registration_link_works_once(client, provider):
    row = invite(provider)
    link = address(row, "register/")
    client.post(link, REGISTRATION)

    assert Client().post(link, REGISTRATION | {"password": "another password"}).status_code == 404
    assert not User.objects.get(email="yuki@example.org").check_password("another password")


# --- asking for it again, the texts


def test_asking_again_answers_and_queues_the_same_for_everybody(provider):
    invite(provider)
    answers, jobs = set(), []
    for email in ("yuki@example.org", "nobody@example.org"):
        before = Job.objects.count()
        answers.add(bytes_of(Client().post("/invitation/again/", {"email": email})))
        jobs.append(Job.objects.count() - before)
    assert len(answers) == 1
    assert jobs == [1, 1]


def test_asking_again_sends_a_link_that_replaces_the_earlier_one(client, provider):
    row = invite(provider)
    earlier = address(row)
    client.post("/invitation/again/", {"email": "yuki@example.org"})
    run_all()

    assert client.get(earlier).status_code == 404
    assert client.get(address(row)).status_code == 302


def test_asking_again_is_limited(settings):
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": "2/m/key"}
    statuses = [Client().post("/invitation/again/", {"email": "yuki@example.org"}).status_code for _n in range(3)]
    assert statuses == [200, 200, 429]


def test_the_texts_in_force_can_be_read_by_everybody(client):
    ConsentText.objects.create(kind="terms", version=2, body="Second terms.")

    assert b"Second terms." in client.get("/terms/").content
    assert b"What patients are told" in client.get("/terms/patients/").content


TEXTS = "/administration/collaboration/consenttext/"


def test_an_administrator_who_edits_a_text_writes_a_new_version_and_changes_none(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    first = ConsentText.objects.get(kind="terms")
    words = first.body

    response = client.post(f"{TEXTS}{first.pk}/change/", {"kind": "consent", "version": "9", "body": "Newer."})

    assert response.status_code == 302
    first.refresh_from_db()
    assert (first.version, first.body) == (1, words)
    second = ConsentText.objects.get(kind="terms", version=2)
    assert second.body.strip() == "Newer."
    assert LogEntry.objects.get().object_id == str(second.pk)
    assert b"Newer." in client.get("/terms/").content


def test_an_earlier_version_can_be_read_and_neither_edited_nor_deleted(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    first = ConsentText.objects.get(kind="terms")
    services.text_write(kind="terms", body="Newer.")

    page = client.get(f"{TEXTS}{first.pk}/change/")
    assert page.status_code == 200
    assert b"<textarea" not in page.content
    assert client.post(f"{TEXTS}{first.pk}/change/", {"body": "Changed."}).status_code == 403
    for text in ConsentText.objects.all():
        assert client.post(f"{TEXTS}{text.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ConsentText.objects.filter(kind="terms").count() == 2


def test_saving_the_same_words_makes_no_version(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    first = ConsentText.objects.get(kind="terms")
    client.post(f"{TEXTS}{first.pk}/change/", {"body": first.body.replace("\n", "\r\n")})

    assert ConsentText.objects.filter(kind="terms").count() == 1


def test_only_an_administrator_edits_the_texts(client, provider):
    first = ConsentText.objects.get(kind="terms")
    for user in (provider.person, UserFactory(is_technician=True), UserFactory(is_staff=True)):
        client.force_login(user)
        client.post(f"{TEXTS}{first.pk}/change/", {"body": "Mine."})
    assert ConsentText.objects.filter(kind="terms").count() == 1


# --- who shares with me


def test_a_collaborator_sees_who_shares_and_what_is_granted(client, provider):
    row = CollaborationFactory(provider=provider, download=True)
    client.force_login(row.person)

    page = client.get("/account/collaborations/").content.decode()

    assert "Maren Østby" in page
    assert "download records and models" in page


def test_an_open_invitation_waits_on_the_page_of_its_person(client, provider):
    user = UserFactory(email="yuki@example.org")
    row = invite(provider)
    client.force_login(user)

    assert address(row) in client.get("/account/collaborations/").content.decode()


def test_leaving_ends_it_at_once(client, provider):
    row = CollaborationFactory(provider=provider)
    client.force_login(row.person)

    client.post(f"/account/collaborations/{row.pk}/leave/")

    row.refresh_from_db()
    assert row.ended == "left"
    assert client.post(f"/account/collaborations/{row.pk}/leave/").status_code == 404


def test_nobody_leaves_for_somebody_else(client, provider):
    row = CollaborationFactory(provider=provider)
    for user in (UserFactory(), provider.person):
        client.force_login(user)
        assert client.post(f"/account/collaborations/{row.pk}/leave/").status_code == 404
    assert Collaboration.objects.get().state == "active"


def test_nobody_but_the_provider_makes_consent_records(client, provider):
    assert set(ConsentRecord.objects.values_list("person", flat=True)) == {provider.person_id}
