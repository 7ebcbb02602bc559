"""Mail of accounts, sent by the worker."""

from urllib.parse import urlsplit

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import translation

from midline.core.http import public_url
from midline.core.ids import digest
from midline.core.languages import spoken
from midline.jobs.models import Job
from midline.jobs.posting import HEADERS, post
from midline.jobs.services import Claim, handler
from midline.people.backends import is_refused
from midline.people.mails import WORDS, Mail, compose
from midline.people.models import User


def _send(claim: Claim, to: str, mail: Mail) -> None:
    """One Message-ID for all tries of a job, so that a mail that went out twice shows once."""
    message_id = f"<account-{claim.id}-{digest(f'{claim.kind}:{claim.id}')[:16]}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    headers = {"Message-ID": message_id, **HEADERS}
    message = EmailMultiAlternatives(mail.subject, mail.text, settings.DEFAULT_FROM_EMAIL, [to], headers=headers)
    message.attach_alternative(mail.html, "text/html")
    post(claim, message)


@handler("people.mail")
def mail(claim: Claim) -> None:
    """Sends a rendered mail, then drops its words from the queue: they may hold a link that opens an account."""
    payload = claim.payload
    if not payload.get("to"):
        return
    _send(claim, payload["to"], Mail(payload["subject"], payload["text"], payload["html"]))
    Job.objects.filter(pk=claim.id).update(payload={})


@handler("people.reset")
def reset(claim: Claim) -> None:
    """Mails a link for a new password to the registered address, if there is one. The link exists only in that mail."""
    user = User.objects.filter(email=claim.payload.get("email", ""), is_active=True).first()
    if user is not None and not is_refused(user.email):
        key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"}).replace("UID-KEY", key)
        with translation.override(spoken(user.language)):
            words = compose(WORDS["account/email/password_reset_key"], {"password_reset_url": public_url(path)})
        _send(claim, user.email, words)
