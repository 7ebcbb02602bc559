"""Completing the registration from an invitation."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from midline.collaboration.models import Collaboration
from midline.collaboration.tests.test_views.steps import REGISTRATION, address, invite
from midline.people.models import User
from midline.people.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


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
