"""Who may be signed in at all: the one backend behind passwords, passkeys, sessions and the administration."""

from typing import Final

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser

# Everybody can read the password of the demo's accounts.
DEMO_DOMAIN: Final = "@demo.example"


def is_refused(email: str) -> bool:
    """Whether an account of this address stays shut: those of the demo do in production settings."""
    return bool(settings.PRODUCTION) and email.lower().endswith(DEMO_DOMAIN)


class PortalBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's, for whom a refused account is as good as an inactive one. Asked at every request, so that a session ends with it too."""

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        return super().user_can_authenticate(user) and not is_refused(getattr(user, "email", ""))
