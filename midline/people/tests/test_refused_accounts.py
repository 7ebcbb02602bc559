"""The demo's accounts in production settings: everybody knows their password."""

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.account.utils import user_pk_to_url_str
from django.core import mail
from django.core.cache import cache
from django.core.checks import run_checks
from django.test import Client, RequestFactory

from midline.jobs.services import run_all
from midline.people.models import User
from midline.people.tests.factories import PASSWORD, UserFactory
from midline.people.tests.test_views.steps import bytes_of, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


@pytest.fixture
def shut(settings) -> User:
    settings.PRODUCTION = True
    return UserFactory(email="lab@demo.example", is_staff=True, is_superuser=True)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session and client.get("/account/").status_code == 200


def test_outside_production_the_demo_signs_in(client):
    sign_in(client, UserFactory(email="lab@demo.example").email)

    assert is_signed_in(client)


@pytest.mark.parametrize("typed", ["lab@demo.example", "LAB@Demo.Example", " lab@demo.example "])
def test_the_right_password_answers_the_bytes_of_a_wrong_one(shut, typed):
    right, wrong = Client(), Client()
    answers = [bytes_of(sign_in(right, typed)), bytes_of(sign_in(wrong, typed, "not the password"))]

    assert answers[0] == answers[1]
    assert "do not match" in answers[0]
    assert not is_signed_in(right)


def test_everybody_else_signs_in_in_production(client, shut):
    sign_in(client, UserFactory(email="somebody@notdemo.example").email)

    assert is_signed_in(client)


def test_the_administration_has_no_door_of_its_own(client, shut):
    client.post("/administration/login/", {"username": shut.email, "password": PASSWORD})

    assert not is_signed_in(client)


def test_a_session_from_before_is_no_longer_one(client, settings):
    user = UserFactory(email="lab@demo.example")
    client.force_login(user)
    assert is_signed_in(client)

    settings.PRODUCTION = True

    assert not is_signed_in(client)


def test_no_way_in_without_a_password_passes(shut, client):
    """A passkey's sign-in comes through here, without the backend being asked."""
    request = RequestFactory().post("/account/2fa/webauthn/login/")
    request.session, request.user = client.session, shut

    response = perform_login(request, Login(user=shut))

    assert response["Location"] == "/account/inactive/"
    assert "_auth_user_id" not in request.session


def test_no_link_for_a_new_password_is_sent(client, shut):
    client.post("/account/password/reset/", {"email": shut.email})
    run_all()

    assert mail.outbox == []


def test_a_link_from_before_signs_nobody_in(client, shut):
    link = f"/account/password/reset/key/{user_pk_to_url_str(shut)}-{default_token_generator.make_token(shut)}/"
    page = client.get(link, follow=True)
    new = "another long password"
    client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})

    assert not is_signed_in(client)
    sign_in(client, shut.email, new)
    assert not is_signed_in(client)


def test_the_deploy_check_reports_them(shut):
    [found] = [message for message in run_checks(include_deployment_checks=True) if message.id == "people.E001"]

    assert "1 accounts of the demo" in found.msg


def test_the_deploy_check_is_silent_without_them(settings):
    UserFactory()
    settings.PRODUCTION = True

    assert "people.E001" not in {message.id for message in run_checks(include_deployment_checks=True)}
