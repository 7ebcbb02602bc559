"""Completing a registration with a passkey in the password's place: the whole account or none."""

import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from fido2.utils import websafe_encode

from midline.collaboration import queries, services
from midline.collaboration.models import Collaboration, Invitation
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.people.tests.device import HAS_KEY, PRESENT, passkey_for
from midline.people.tests.factories import UserFactory
from midline.practices.tests.factories import PracticeFactory

pytestmark = pytest.mark.django_db

ADDRESS = "yuki@example.org"


@pytest.fixture
def browser() -> Client:
    """On localhost: a passkey needs a host name that the browser trusts."""
    cache.clear()
    return Client(SERVER_NAME="localhost")


def invite(email: str = ADDRESS) -> Collaboration:
    provider = PracticeFactory().provider
    by = Actor(provider.person, Workspace.ACCOUNT, provider.pk)
    services.consent_give(by=by, address=None)
    return services.collaborator_add(by=by, email=email, first_name="Yuki", last_name="Ōtani")


def address(row: Collaboration, page: str) -> str:
    return f"/invitation/{queries.token_of(Invitation.objects.filter(collaboration=row).latest('pk'))}/{page}/"


def begin(browser: Client, row: Collaboration) -> dict[str, Any]:
    options: dict[str, Any] = json.loads(browser.post(address(row, "passkey")).content)
    return options


def register(browser: Client, row: Collaboration, credential: object, **changes: str):
    given = {
        "first_name": "Yuki", "last_name": "Ōtani", "language": "en", "numbering": "fdi", "accept": "on", "revision": "1", "terms": "1",
        "how": "passkey", "credential": credential if isinstance(credential, str) else json.dumps(credential),
    }  # fmt: skip
    return browser.post(address(row, "register"), given | changes)


def test_registering_with_a_passkey_makes_account_passkey_acceptance_and_session_at_once(browser):
    row = invite()

    response = register(browser, row, passkey_for(begin(browser, row)))

    user = User.objects.get(email=ADDRESS)
    row.refresh_from_db()
    assert response["Location"] == "/collaborator/cases/"
    assert (row.state, row.person) == ("active", user)
    assert not user.has_usable_password()
    assert EmailAddress.objects.get(user=user).verified
    kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    assert kinds == {Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES}
    assert Authenticator.objects.get(user=user, type="webauthn").wrap().is_passwordless
    assert browser.get("/account/security/").status_code == 200


def test_the_passkey_holds_the_number_of_the_account(browser):
    row = invite()
    options = begin(browser, row)
    later = UserFactory()

    register(browser, row, passkey_for(options))

    user = User.objects.get(email=ADDRESS)
    assert options["publicKey"]["user"]["id"] == handle_of(user)
    assert user.pk != later.pk
    assert UserFactory().pk not in {user.pk, later.pk}


def handle_of(user: User) -> str:
    return websafe_encode(user_pk_to_url_str(user).encode())


def test_asking_twice_is_for_the_same_account(browser):
    row = invite()
    first, second = begin(browser, row), begin(browser, row)

    assert first["publicKey"]["user"]["id"] == second["publicKey"]["user"]["id"]
    assert first["publicKey"]["challenge"] != second["publicKey"]["challenge"]
    assert register(browser, row, passkey_for(first)).status_code == 422
    assert register(browser, row, passkey_for(begin(browser, row))).status_code == 302


HOSTILE = ["", "{}", "[]", "null", "x", '{"response": {}}', '{"id": 1, "rawId": [], "response": "x", "type": "public-key"}', "9" * 20_001]


@pytest.mark.parametrize("sent", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_passkey_makes_nothing(browser, sent):
    row = invite()
    begin(browser, row)

    assert register(browser, row, sent).status_code == 422
    assert not User.objects.filter(email=ADDRESS).exists()


def test_a_passkey_that_was_not_asked_for_makes_nothing(browser):
    row, other = invite(), invite("else@example.org")
    options = begin(browser, row)

    assert register(Client(SERVER_NAME="localhost"), row, passkey_for(options)).status_code == 422
    assert register(browser, other, passkey_for(options)).status_code == 422
    assert register(browser, row, passkey_for(options, origin="https://elsewhere.example")).status_code == 422
    assert not User.objects.filter(email__in=[ADDRESS, "else@example.org"]).exists()


def test_a_passkey_without_a_verified_person_is_refused(browser):
    """With it alone somebody signs in: a key that is merely plugged in is not enough."""
    row = invite()

    assert register(browser, row, passkey_for(begin(browser, row), flags=PRESENT | HAS_KEY)).status_code == 422
    assert not User.objects.filter(email=ADDRESS).exists()


@pytest.mark.parametrize(
    ("field", "value", "status"), [("first_name", "", 422), ("accept", "", 422), ("revision", "2", 409), ("terms", "2", 409)]
)
def test_a_passkey_with_an_answer_that_cannot_be_taken_makes_nothing(browser, field, value, status):
    row = invite()

    assert register(browser, row, passkey_for(begin(browser, row)), **{field: value}).status_code == status
    assert not User.objects.filter(email=ADDRESS).exists()
    assert not Authenticator.objects.exists()
    assert Collaboration.objects.get().state == "invited"


def test_a_registration_without_either_way_is_refused(browser):
    row = invite()
    assert register(browser, row, "", how="password").status_code == 422
    assert register(browser, row, "", how="nothing").status_code == 422
    assert not User.objects.filter(email=ADDRESS).exists()


def test_nothing_is_begun_for_a_closed_invitation_an_account_or_somebody_signed_in(browser):
    closed, known, open_one = invite("a@example.org"), invite(UserFactory().email), invite("c@example.org")
    link = address(closed, "passkey")
    Invitation.objects.filter(collaboration=closed).update(withdrawn_at=closed.created_at)
    signed_in = Client()
    signed_in.force_login(UserFactory())

    assert browser.post(link).status_code == 404
    assert browser.post(address(known, "passkey")).status_code == 404
    assert signed_in.post(address(open_one, "passkey")).status_code == 404
    assert browser.get(address(open_one, "passkey")).status_code == 405


def test_reading_the_page_begins_nothing(browser):
    browser.get(address(invite(), "register"))
    assert not Session.objects.exists()


def test_passkeys_are_asked_for_at_most_as_often_as_registrations(browser, settings):
    settings.ACCOUNT_RATE_LIMITS = {"signup": "2/m/ip"}
    row = invite()
    assert [browser.post(address(row, "passkey")).status_code for _n in range(3)] == [200, 200, 429]
