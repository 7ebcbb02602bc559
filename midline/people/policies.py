"""Who acts, and in which capacity."""

from dataclasses import dataclass

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
