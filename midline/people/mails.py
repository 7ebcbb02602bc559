"""The words of this room's mails: what allauth wants to say, in our sentences."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from midline.core.languages import spoken
from midline.people.models import User


@dataclass(frozen=True)
class Words:
    """A subject, what happened, what to do, and the button; `link` is the name of the address in allauth's context."""

    subject: StrPromise
    text: StrPromise
    after: StrPromise | str = ""
    button: StrPromise | str = ""
    link: str = ""


@dataclass(frozen=True)
class Mail:
    subject: str
    text: str
    html: str


NOT_YOU = gettext_lazy("If it was not you, choose a new password now and look at your sessions under My Account, Security.")

WORDS: Final[dict[str, Words]] = {
    "account/email/password_reset_key": Words(
        gettext_lazy("Choose a new password"),
        gettext_lazy("Somebody, most likely you, asked for a new password for this address. The link works once, for three days."),
        gettext_lazy("If it was not you, nothing needs to be done. Your password stays as it is."),
        gettext_lazy("Choose a new password"),
        "password_reset_url",
    ),
    "account/email/email_confirmation": Words(
        gettext_lazy("Confirm your e-mail address"),
        gettext_lazy(
            "This address was given for an account here. It is used from the moment you confirm it. The link works for three days."
        ),
        gettext_lazy("If you know nothing of it, nothing needs to be done."),
        gettext_lazy("Confirm this address"),
        "activate_url",
    ),
    "account/email/account_already_exists": Words(
        gettext_lazy("You already have an account"),
        gettext_lazy("Somebody, most likely you, registered with this address. It already has an account, so nothing new was made."),
        gettext_lazy("If you forgot your password, choose a new one."),
        gettext_lazy("Choose a new password"),
        "password_reset_url",
    ),
    "account/email/email_changed": Words(
        gettext_lazy("Your e-mail address was changed"),
        gettext_lazy("Your account has a new e-mail address. You sign in with that one, and mail goes there from now on."),
        NOT_YOU,
    ),
    "account/email/email_confirm": Words(
        gettext_lazy("Your e-mail address is confirmed"), gettext_lazy("The new e-mail address of your account is confirmed."), NOT_YOU
    ),
    "account/email/email_deleted": Words(
        gettext_lazy("An e-mail address was removed"), gettext_lazy("An e-mail address was removed from your account."), NOT_YOU
    ),
    "account/email/password_changed": Words(
        gettext_lazy("Your password was changed"), gettext_lazy("The password of your account was changed."), NOT_YOU
    ),
    "account/email/password_reset": Words(
        gettext_lazy("Your password was changed"), gettext_lazy("The password of your account was changed by a link sent to you."), NOT_YOU
    ),
    "people/signed_in": Words(
        gettext_lazy("New sign-in"),
        gettext_lazy("Somebody, most likely you, signed in to your account with a browser that was not used for it before."),
        NOT_YOU,
    ),
    "account/email/password_set": Words(
        gettext_lazy("Your account has a password"), gettext_lazy("A password was set for your account."), NOT_YOU
    ),
    "mfa/email/totp_activated": Words(
        gettext_lazy("An authenticator app was added"),
        gettext_lazy("Signing in now also asks for a code of your authenticator app."),
        NOT_YOU,
    ),
    "mfa/email/totp_deactivated": Words(
        gettext_lazy("The authenticator app was removed"),
        gettext_lazy("Signing in no longer asks for a code of your authenticator app."),
        NOT_YOU,
    ),
    "mfa/email/webauthn_added": Words(
        gettext_lazy("A passkey was added"), gettext_lazy("A passkey was added to your account. It can be used to sign in."), NOT_YOU
    ),
    "mfa/email/webauthn_removed": Words(
        gettext_lazy("A passkey was removed"), gettext_lazy("A passkey was removed from your account."), NOT_YOU
    ),
    "mfa/email/recovery_codes_generated": Words(
        gettext_lazy("New recovery codes were made"),
        gettext_lazy("New recovery codes were made for your account. The earlier ones no longer work."),
        NOT_YOU,
    ),
}

WORDS["account/email/email_confirmation_signup"] = WORDS["account/email/email_confirmation"]


# What protects an account: it always goes out at once, and stands in the bell as well.
NOTICES: Final = frozenset(prefix for prefix, words in WORDS.items() if words.after is NOT_YOU)


def compose(words: Words, context: dict[str, Any]) -> Mail:
    """The mail in plain and in HTML: in the language of context["user"], without one in the language that is active.

    Moments stand in UTC and say so: an account has no place. The browser's name for itself is anybody's text: it is cut and made one line.
    """
    user = context.get("user")
    language = spoken(user.language if isinstance(user, User) else translation.get_language())
    with translation.override(language):
        subject = " ".join(str(words.subject).splitlines())
        values = {
            "subject": subject,
            "rule": "=" * min(len(subject), 72),
            "paragraph": str(words.text),
            "after": str(words.after),
            "button": str(words.button),
            "address": str(context.get(words.link, "")) if words.link else "",
            "facts": _facts(context),
            "language": language,
            "lab_name": settings.MIDLINE_LAB_NAME,
        }
        text, html = render_to_string("people/mail.txt", values).strip() + "\n", render_to_string("people/mail.html", values)
    return Mail(subject, text, html)


def _facts(context: dict[str, Any]) -> list[tuple[str, str]]:
    facts = []
    if at := context.get("timestamp"):
        facts.append((_("When"), f"{date_format(at.astimezone(UTC), 'DATETIME_FORMAT')} UTC"))
    if context.get("ip"):
        facts.append((_("Network address"), str(context["ip"])))
    if browser := "".join(c for c in str(context.get("user_agent", "")) if c.isprintable())[:80]:
        facts.append((_("Browser"), browser))
    return facts
