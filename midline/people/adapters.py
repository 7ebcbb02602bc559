"""How allauth behaves here: links from PUBLIC_URL, sign-up by invitation or registration only."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """The bare sign-up form is closed: people come by an invitation or by the provider registration."""
        return False
