"""Registering, confirming, practices."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.exceptions import PermissionDenied

from midline.activity.models import Event
from midline.core.errors import NotAllowedNow, Refused
from midline.core.workspace import Workspace
from midline.jobs.services import run_all
from midline.people.models import User
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.practices import services
from midline.practices.models import Practice, Provider
from midline.practices.tests.factories import PracticeFactory, ProviderFactory

pytestmark = pytest.mark.django_db

CLINIC = {"license_number": "NO-99", "country": "NO", "practice_name": "Nord", "time_zone": "Europe/Oslo"}
PERSON = {"email": "new@example.org", "first_name": "Nina", "last_name": "Ny", "password": "twelve letters", "language": "en"}


@pytest.mark.parametrize(("setting", "state"), [("open", "confirmed"), ("reviewed", "pending")])
def test_the_setting_says_whether_a_registration_waits(settings, setting, state):
    settings.MIDLINE_REGISTRATION = setting

    provider = services.provider_register(by=UserFactory(), **CLINIC)

    assert (provider.state, provider.practices.get().time_zone) == (state, "Europe/Oslo")
    assert Event.objects.get(kind="provider.registered").data["state"] == state


def test_a_closed_registration_makes_nothing(settings):
    settings.MIDLINE_REGISTRATION = "closed"
    with pytest.raises(NotAllowedNow):
        services.provider_register(by=UserFactory(), **CLINIC)
    with pytest.raises(NotAllowedNow):
        services.clinician_register(**PERSON, **CLINIC)
    assert not Provider.objects.exists()
    assert User.objects.count() == 1


def test_nobody_registers_twice():
    with pytest.raises(NotAllowedNow):
        services.provider_register(by=ProviderFactory().person, **CLINIC)


@pytest.mark.parametrize(
    ("field", "value"),
    [("license_number", ""), ("license_number", "x" * 61), ("country", "ZZ"), ("practice_name", ""), ("time_zone", "Mars/Base")],
)
def test_each_field_of_a_registration_is_checked_and_nothing_is_half_done(field, value):
    with pytest.raises(Refused) as refused:
        services.clinician_register(**PERSON, **(CLINIC | {field: value}))
    assert refused.value.field == ("name" if field == "practice_name" else field)
    assert not User.objects.exists()


def test_a_new_clinician_proves_the_address_before_signing_in():
    services.clinician_register(**PERSON, **CLINIC)
    run_all()

    user = User.objects.get()
    assert not EmailAddress.objects.get(user=user).verified
    assert (mail.outbox[0].to, mail.outbox[0].subject) == (["new@example.org"], "Confirm your e-mail address")


def test_an_address_that_has_an_account_is_told_by_mail_and_the_caller_learns_nothing():
    UserFactory(email="new@example.org")

    services.clinician_register(**PERSON, **CLINIC)
    run_all()

    assert not Provider.objects.exists()
    assert mail.outbox[0].subject == "You already have an account"


def test_an_administrator_confirms_and_the_person_is_told():
    provider = ProviderFactory(state="pending")
    admin = UserFactory(is_staff=True)

    services.provider_decide(provider=provider, confirm=True, by=admin)
    services.provider_decide(provider=provider, confirm=True, by=admin)
    run_all()

    provider.refresh_from_db()
    assert provider.state == "confirmed"
    assert Event.objects.get(kind="provider.confirmed").person == admin
    assert [sent.to for sent in mail.outbox] == [[provider.person.email]]


def test_an_administrator_refuses():
    provider = ProviderFactory(state="pending")
    services.provider_decide(provider=provider, confirm=False, by=UserFactory(is_staff=True))

    assert Provider.objects.get().state == "refused"
    assert Event.objects.filter(kind="provider.refused").exists()


def test_nobody_confirms_themselves():
    provider = ProviderFactory(state="pending")
    with pytest.raises(PermissionDenied):
        services.provider_decide(provider=provider, confirm=True, by=provider.person)


# --- practices

WHERE = {"street": "Storgata 1", "city": "0155 Oslo", "country": "NO", "phone": "+47 22", "time_zone": "Europe/Oslo"}


def acting(provider) -> Actor:
    return Actor(provider.person, Workspace.ACCOUNT, provider.pk)


def test_a_further_practice_stands_last():
    first = PracticeFactory()
    added = services.practice_add(by=acting(first.provider), name="Zweite", **WHERE)

    assert list(first.provider.practices.all()) == [first, added]


def test_a_provider_changes_only_their_own_practices():
    practice = PracticeFactory()
    with pytest.raises(PermissionDenied):
        services.practice_save(practice=practice, by=acting(ProviderFactory()), name="Mine", **WHERE)
    with pytest.raises(PermissionDenied):
        services.practice_save(practice=practice, by=Actor(UserFactory(), Workspace.ACCOUNT, practice.provider_id), name="Mine", **WHERE)
    services.practice_save(practice=practice, by=acting(practice.provider), name="Ours", **WHERE)

    assert Practice.objects.get().name == "Ours"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a\nb"),
        ("name", "x" * 121),
        ("street", "x" * 161),
        ("city", "x" * 121),
        ("phone", "1\r\n2"),
        ("country", "XX"),
        ("time_zone", ""),
    ],
)
def test_each_field_of_a_practice_is_checked(field, value):
    with pytest.raises(Refused) as refused:
        services.practice_add(by=acting(ProviderFactory()), **({"name": "N", **WHERE} | {field: value}))
    assert refused.value.field == field
