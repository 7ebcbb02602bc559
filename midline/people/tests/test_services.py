"""Accounts: what is taken, what is refused, and the mail that goes through the queue."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.exceptions import ValidationError

from midline.core.errors import NotAllowedNow, Refused
from midline.jobs.models import Job
from midline.jobs.services import run_all
from midline.people import services
from midline.people.addresses import address_of
from midline.people.mails import Mail
from midline.people.models import User
from midline.people.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

GIVEN = {"email": "new@example.org", "first_name": "Nina", "last_name": "Ny", "password": "twelve letters", "language": "en"}


def register(**changes) -> User:
    return services.user_register(user=services.user_prepare(**(GIVEN | changes)), address_verified=True)


def test_an_account_keeps_one_spelling_of_its_address():
    user = register(email=" New@Example.ORG ")

    assert user.email == "new@example.org"
    assert EmailAddress.objects.get(user=user).verified
    assert user.check_password("twelve letters")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "nobody",
        "a@b",
        "a@example.org,b@example.org",
        "a@example.org b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org\n",
        "\u212a@example.org",
        "a@exam\u017fple.org",
        "ａ@example.org",
        "Name <a@example.org>",
        "a" * 250 + "@example.org",
    ],
)
def test_what_is_no_plain_address_is_refused(typed):
    with pytest.raises(Refused) as refused:
        address_of(typed)
    assert refused.value.field == "email"
    assert "\n" not in refused.value.reason


@pytest.mark.parametrize("password", ["elevenchars", "password1234", "new@example.org"])
def test_short_common_and_own_passwords_are_refused(password):
    with pytest.raises(Refused) as refused:
        register(password=password)
    assert refused.value.field == "password"


def test_a_password_of_100_characters_with_spaces_and_other_letters_works():
    phrase = "løse tenner " * 9
    assert register(password=phrase).check_password(phrase)


@pytest.mark.parametrize(
    ("field", "value"),
    [("first_name", ""), ("first_name", "a\r\nb"), ("last_name", "x" * 81), ("language", "xx"), ("numbering", "roman")],
)
def test_each_field_of_an_account_is_checked(field, value):
    with pytest.raises(Refused) as refused:
        register(**{field: value})
    assert refused.value.field == field


def test_an_address_has_one_account():
    register()
    with pytest.raises(NotAllowedNow):
        register()
    assert User.objects.count() == 1


def test_a_profile_changes_only_what_the_person_may_say_of_themselves():
    user = UserFactory()
    services.profile_save(
        by=user,
        first_name="Ola",
        last_name="Nordmann",
        language="de",
        numbering="palmer",
        theme="dark",
        findable="nobody",
        single_keys=False,
    )
    user.refresh_from_db()

    assert (user.name, user.language, user.numbering, user.theme, user.findable, user.single_keys) == (
        "Ola Nordmann",
        "de",
        "palmer",
        "dark",
        "nobody",
        False,
    )
    assert not user.is_technician


@pytest.mark.parametrize("field", ["language", "numbering", "theme", "findable"])
def test_a_profile_takes_only_what_is_offered(field):
    given = {"language": "en", "numbering": "fdi", "theme": "system", "findable": "exact"} | {field: "other"}
    with pytest.raises(Refused) as refused:
        services.profile_save(by=UserFactory(), first_name="A", last_name="B", single_keys=True, **given)
    assert refused.value.field == field


# --- mail


def test_mail_waits_in_the_queue_and_goes_out_once_with_one_message_id():
    services.mail_queue(to="a@example.org", mail=Mail("Subject", "Text", "<p>Text</p>"))
    assert mail.outbox == []

    run_all()

    sent = mail.outbox[0]
    assert (sent.to, sent.subject, len(sent.message().get_payload())) == (["a@example.org"], "Subject", 2)
    assert sent.extra_headers["Message-ID"].startswith("<account-")
    assert len(mail.outbox) == 1


def test_what_was_sent_leaves_the_queue():
    services.mail_queue(to="a@example.org", mail=Mail("S", "https://portal.example/secret", "<p>"))
    run_all()

    assert Job.objects.get().payload == {}


@pytest.mark.parametrize("to", ["a@example.org, b@example.org", "a@example.org\nBcc: b@example.org"])
def test_mail_goes_to_one_address_or_not_at_all(to):
    with pytest.raises(Refused):
        services.mail_queue(to=to, mail=Mail("S", "T", "<p>"))


def test_a_reset_reaches_the_registered_address_only():
    UserFactory(email="known@example.org")
    services.reset_ask(email="KNOWN@example.org")
    services.reset_ask(email="unknown@example.org")
    run_all()

    assert [sent.to for sent in mail.outbox] == [["known@example.org"]]


def test_a_reset_link_comes_from_the_public_address_and_sets_a_password(client, settings):
    settings.PUBLIC_URL = "http://testserver"
    user = UserFactory(email="known@example.org")
    services.reset_ask(email=user.email)
    run_all()
    link = next(line for line in mail.outbox[0].body.splitlines() if line.startswith("http"))

    page = client.get(link, follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "a quite new password", "password2": "a quite new password"})

    user.refresh_from_db()
    assert link.startswith("http://testserver/account/password/reset/key/")
    assert user.check_password("a quite new password")
    assert client.get(link, follow=True).context["token_fail"]


def test_a_closed_account_gets_no_reset():
    UserFactory(email="closed@example.org", is_active=False)
    services.reset_ask(email="closed@example.org")
    run_all()

    assert mail.outbox == []


# --- showing again that it is oneself


@pytest.fixture
def signed_request(client, rf):
    user = UserFactory()
    client.force_login(user)
    request = rf.post("/")
    request.user, request.session = user, client.session
    return request


def test_the_right_password_counts_as_a_recent_authentication(signed_request):
    from midline.people.policies import is_recently_authenticated

    assert not is_recently_authenticated(signed_request)
    assert not services.password_confirmed(request=signed_request, password="wrong")
    assert not is_recently_authenticated(signed_request)
    assert services.password_confirmed(request=signed_request, password=PASSWORD)
    assert is_recently_authenticated(signed_request)


def test_a_recent_authentication_holds_five_minutes(signed_request):
    import time_machine

    from midline.people.policies import is_recently_authenticated

    with time_machine.travel("2026-11-22T10:00:00Z", tick=False):
        services.password_confirmed(request=signed_request, password=PASSWORD)
    with time_machine.travel("2026-11-22T10:04:59Z", tick=False):
        assert is_recently_authenticated(signed_request)
    with time_machine.travel("2026-11-22T10:05:01Z", tick=False):
        assert not is_recently_authenticated(signed_request)


def test_the_eleventh_try_within_a_minute_is_stopped_right_or_wrong(signed_request, settings):
    settings.ACCOUNT_RATE_LIMITS = {}
    for _n in range(10):
        services.password_confirmed(request=signed_request, password="wrong")
    with pytest.raises(NotAllowedNow):
        services.password_confirmed(request=signed_request, password=PASSWORD)


def test_the_validators_of_django_are_those_of_the_forms():
    from django.contrib.auth.password_validation import validate_password

    with pytest.raises(ValidationError):
        validate_password("elevenchars")
