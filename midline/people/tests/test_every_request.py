"""What every request reads anew: its session and its person. Nothing is kept from the request before."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from midline.people.models import User
from midline.people.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client) -> User:
    user: User = UserFactory()
    client.force_login(user)
    assert signed_in(client)
    return user


def signed_in(client) -> bool:
    return bool(client.get("/account/").status_code == 200)


def test_a_session_that_was_deleted_ends_at_once(client, person):
    Session.objects.all().delete()
    assert not signed_in(client)


def test_a_session_that_has_run_out_is_none(client, person):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not signed_in(client)


def test_an_account_that_was_closed_meanwhile_is_signed_out(client, person):
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert not signed_in(client)


def test_a_password_changed_elsewhere_ends_the_session(client, person):
    person.set_password("another long password")
    person.save()
    assert not signed_in(client)


def test_the_person_of_a_request_is_read_whole(client, person):
    User.objects.filter(pk=person.pk).update(first_name="Another", theme="dark")
    user, stored = client.get("/account/").wsgi_request.user, User.objects.get(pk=person.pk)
    assert (user.first_name, user.theme) == ("Another", "dark")
    assert {field.attname: getattr(user, field.attname) for field in User._meta.concrete_fields} == {
        field.attname: getattr(stored, field.attname) for field in User._meta.concrete_fields
    }
    assert not user.get_deferred_fields()


def test_somebody_elses_session_key_that_is_no_key_is_nobody(client, person):
    client.cookies["sessionid"] = "x" * 32
    assert not signed_in(client)
