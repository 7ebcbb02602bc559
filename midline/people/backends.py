"""Who may be signed in at all: the one backend behind passwords, passkeys, sessions and the administration."""

from typing import Any, Final

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet

from midline.core.prepared import Slot, prepared
from midline.core.whole import columns_of, objects
from midline.people.models import User

# Everybody can read the password of the demo's accounts.
DEMO_DOMAIN: Final = "@demo.example"


def _whom() -> QuerySet[User, Any]:
    return User.objects.filter(pk=Slot("person")).values_list(*columns_of(User))


def is_refused(email: str) -> bool:
    """Whether an account of this address stays shut: those of the demo do in production settings."""
    return bool(settings.PRODUCTION) and email.lower().endswith(DEMO_DOMAIN)


class PortalBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's, for whom a refused account is as good as an inactive one. Asked at every request, so that a session ends with it too."""

    def get_user(self, user_id: int) -> User | None:
        """Who a session belongs to, while their account is open. Read at every request."""
        found = objects(User, prepared("user", _whom), person=user_id)
        return found[0] if found and self.user_can_authenticate(found[0]) else None

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        return super().user_can_authenticate(user) and not is_refused(getattr(user, "email", ""))
