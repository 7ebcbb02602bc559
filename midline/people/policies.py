"""Who acts, and in which capacity; and whether they have shown lately that it is still them."""

from dataclasses import dataclass

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest

from midline.core.workspace import Workspace
from midline.people.models import User


@dataclass(frozen=True)
class Actor:
    """A person in a workspace. What a person is in one workspace gives nothing in another.

    provider_id is set when the workspace is that of a provider (their own), and on the account pages of one.
    """

    user: User
    workspace: Workspace
    provider_id: int | None = None

    @property
    def user_id(self) -> int:
        return int(self.user.pk)


def is_recently_authenticated(request: HttpRequest) -> bool:
    """Whether the person confirmed by password, passkey or code within the last 5 minutes (ACCOUNT_REAUTHENTICATION_TIMEOUT).

    Having signed in does not count: a session left open must not be enough.
    """
    return bool(did_recently_reauthenticate(request))


def require_recent_authentication(request: HttpRequest) -> None:
    """The second line of a view whose act needs the person again: goes on, or sends them away to confirm and back to the same address.

    Raises ReauthenticationRequired, which allauth's middleware turns into a redirect; a POST is repeated after the confirmation.
    """
    if not is_recently_authenticated(request):
        raise ReauthenticationRequired
