"""Writes on people, and the mail of their accounts. Mail is queued in the transaction of its cause."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.core import clock, languages
from midline.core.errors import NotAllowedNow, Refused
from midline.core.http import public_url
from midline.core.workspace import Workspace
from midline.jobs import services as jobs
from midline.jobs.posting import TRIES
from midline.people.addresses import address_of
from midline.people.events import AccountChanged, PersonRenamed
from midline.people.mails import NOTICES, WORDS, Mail, compose
from midline.people.models import User

NAME_MAX = 80


def name_checked(value: str, *, field: str, label: str) -> str:
    """A name as it is kept: one line, trimmed, 1 to 80 characters. Raises Refused.

    Names stand in the subjects of mails and in headers of pages, so a line break is refused and not folded.
    """
    text = value.strip(" ")
    if not text:
        raise Refused(_("%(field)s is empty. Enter it as it should appear to others.") % {"field": label}, field=field)
    if not text.isprintable():
        raise Refused(_("%(field)s holds a line break or another sign that cannot be shown. Remove it.") % {"field": label}, field=field)
    if len(text) > NAME_MAX:
        raise Refused(
            _("%(field)s has %(n)s characters. Shorten it to %(max)s.") % {"field": label, "n": len(text), "max": NAME_MAX}, field=field
        )
    return text


def choice_checked(value: str, choices: list[str], *, field: str) -> str:
    """`value` when it is one of `choices`. Raises Refused: a form offers nothing else."""
    if value not in choices:
        raise Refused(_("%(value)s is not offered here. Choose one of the list.") % {"value": value[:40]}, field=field)
    return value


def user_prepare(
    *,
    email: str,
    first_name: str,
    last_name: str,
    password: str | None,
    language: str,
    numbering: str = User.Numbering.FDI,
) -> User:
    """A checked account that is not saved yet. Hashing the password takes a while: call it before the transaction begins.

    `password` None: the account is signed in to with a passkey alone. Raises Refused naming the field.
    """
    user = User(
        email=address_of(email),
        first_name=name_checked(first_name, field="first_name", label=_("First name")),
        last_name=name_checked(last_name, field="last_name", label=_("Last name")),
        language=choice_checked(language, languages.codes(), field="language"),
        numbering=choice_checked(numbering, User.Numbering.values, field="numbering"),
    )
    if password is None:
        user.set_unusable_password()
        return user
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="password") from None
    user.set_password(password)
    return user


@transaction.atomic
def user_register(*, user: User, address_verified: bool) -> User:
    """Saves a prepared account. `address_verified`: the address was proved by a link that was mailed to it.

    Raises NotAllowedNow when the address got an account meanwhile.
    """
    try:
        with transaction.atomic():
            # An account of a passkey brings its number; writing over another row is never meant.
            user.save(force_insert=True)
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=address_verified)
    except IntegrityError:
        raise NotAllowedNow(_("This address has an account already. Sign in with it.")) from None
    return user


def session_begin(*, request: HttpRequest, user: User) -> None:
    """Signs a person in who has just set their password or made their passkey here, with a new session id."""
    passkey = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).first()
    if passkey is None:
        record_authentication(request, user, method="password", email=user.email)
    else:
        record_authentication(request, user, method="mfa", id=passkey.pk, type=passkey.type, passwordless=True)
    get_adapter(request).login(request, user)
    person_seen(user=user)


@transaction.atomic
def profile_save(
    *,
    by: User,
    first_name: str,
    last_name: str,
    language: str,
    numbering: str,
    theme: str,
    findable: str,
    single_keys: bool,
) -> User:
    """What a person says about themselves; nobody else can. Raises Refused naming the field."""
    user = User.objects.select_for_update().get(pk=by.pk)
    before = user.name
    user.first_name = name_checked(first_name, field="first_name", label=_("First name"))
    user.last_name = name_checked(last_name, field="last_name", label=_("Last name"))
    user.language = choice_checked(language, languages.codes(), field="language")
    user.numbering = choice_checked(numbering, User.Numbering.values, field="numbering")
    user.theme = choice_checked(theme, User.Theme.values, field="theme")
    user.findable = choice_checked(findable, User.Findable.values, field="findable")
    user.single_keys = single_keys
    user.save(update_fields=["first_name", "last_name", "language", "numbering", "theme", "findable", "single_keys"])
    if user.name != before:
        renamed(user=user, by=by)
    return user


def renamed(*, user: User, by: User) -> None:
    """Whoever writes a name calls this in the same transaction: lists hold copies of it to be sorted and searched by."""
    activity.record(PersonRenamed(by_id=by.pk, workspace=Workspace.ACCOUNT, subject_kind="person", subject_id=user.pk))


@transaction.atomic
def language_save(*, by: User, language: str) -> None:
    """The person's own language, for pages and e-mails. Raises Refused."""
    code = choice_checked(language, languages.codes(), field="language")
    User.objects.filter(pk=by.pk).update(language=code)


def person_seen(*, user: User) -> None:
    """Notes when the person was here last."""
    User.objects.filter(pk=user.pk).update(seen_at=clock.now())


def password_confirmed(*, request: HttpRequest, password: str) -> bool:
    """Whether `password` is that of the signed-in person; if so, the session counts as recently authenticated, as after allauth's page.

    Ten tries a minute for each person, then NotAllowedNow, right or wrong.
    """
    user = request.user
    if not isinstance(user, User):
        return False
    if not ratelimit.consume(request, action="reauthenticate", user=user):
        raise NotAllowedNow(_("The password was wrong too often. Wait a minute and enter it again."))
    if not user.check_password(password):
        return False
    reauthenticate_by_password(request)
    return True


def mail_queue(*, to: str, mail: Mail) -> None:
    """One mail, to one address, in the caller's transaction. It is sent at least once, with one Message-ID, if need be days later."""
    payload = {"to": address_of(to), "subject": mail.subject, "text": mail.text, "html": mail.html}
    jobs.enqueue("people.mail", payload, max_attempts=TRIES)


@transaction.atomic
def account_mail(*, prefix: str, to: str, context: dict[str, Any]) -> None:
    """What allauth wants to tell a person. What protects the account also stands in their bell, as an event that nobody else reads."""
    mail_queue(to=to, mail=compose(WORDS[prefix], context))
    user = context.get("user")
    if prefix in NOTICES and isinstance(user, User):
        activity.record(AccountChanged(by_id=user.pk, workspace=Workspace.ACCOUNT, data={"what": prefix}))


def address_proof_ask(*, user: User) -> None:
    """Mails a link that proves the person's address; until it is followed, signing in leads to a page that says so."""
    address = EmailAddress.objects.get(user=user, primary=True)
    url = public_url(reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key]))
    with translation.override(languages.spoken(user.language)):
        mail_queue(to=address.email, mail=compose(WORDS["account/email/email_confirmation"], {"activate_url": url}))


def reset_ask(*, email: str) -> None:
    """Somebody asked for a new password for `email`. The same single insert whether or not the address has an account."""
    payload: dict[str, Any] = {"email": address_of(email), "language": translation.get_language() or "en"}
    jobs.enqueue("people.reset", payload, max_attempts=TRIES)
