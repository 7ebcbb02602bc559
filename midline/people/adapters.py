"""How allauth behaves here: links from PUBLIC_URL, mail through the queue, sign-up by invitation or registration only."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from midline.core.http import is_own_path, public_url
from midline.people import services
from midline.people.backends import is_refused
from midline.people.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("E-mail address and password do not match. Check both, or use “Forgot password”."),
        "too_many_login_attempts": _("Signing in failed too often. Try again in 5 minutes, or use “Forgot password”."),
        "incorrect_password": _("The password is not right. Check it and enter it again."),
        "incorrect_code": _("The code is not right. Enter the newest code of your app, or a recovery code that is still unused."),
        "enter_current_password": _("The current password is not right. Enter it again."),
        "rate_limited": _("That was too often. Wait a minute and try again."),
        "email_taken": _("This address cannot be used here. Enter another one."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """The bare sign-up form is closed: people come by an invitation or by the provider registration."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only paths of this portal: the Host header is whatever the client typed."""
        return is_own_path(url or "")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """A refused account answers as a wrong password does. allauth would let it in to be told that it is inactive."""
        user: User | None = super().authenticate(request, **credentials)
        if user is None or not is_refused(user.email):
            return user
        self.authentication_failed(request, **credentials)
        return None

    def pre_login(self, request: HttpRequest, user: User, **hooks: Any) -> HttpResponse | None:
        """The ways in without a password (passkey, link for a new password) meet a refused account here."""
        if is_refused(user.email):
            clear_login(request)
            shut: HttpResponse = self.respond_user_inactive(request, user)
            return shut
        refused: HttpResponse | None = super().pre_login(request, user, **hooks)
        return refused

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queues the mail instead of sending it: a slow mail server must not slow the page, nor its duration tell who has an account."""
        services.account_mail(prefix=template_prefix, to=email, context=context)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """The same, with the person: the mail is in their language, and the bell is theirs."""
        super().send_notification_mail(template_prefix, user, {"user": user, **(context or {})}, email)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return public_url(reverse("account_confirm_email", args=[emailconfirmation.key]))

    def post_login(self, request: HttpRequest, user: User, **hooks: Any) -> HttpResponse:
        """A browser that the person has not used here before is told to them by mail; a first sign-in is not."""
        if user.seen_at and not UserSession.objects.filter(user=user, user_agent=self.get_http_user_agent(request)[:200]).exists():
            self.send_notification_mail("people/signed_in", user)
        services.person_seen(user=user)
        response: HttpResponse = super().post_login(request, user, **hooks)
        return response
