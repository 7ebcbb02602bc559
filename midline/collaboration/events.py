"""What happens between a provider and a collaborator. The owner reads these lines; the collaborator is told by e-mail and bell."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from midline.activity.events import Happening
from midline.collaboration.models import Collaboration


@dataclass(frozen=True, kw_only=True)
class CollaborationHappening(Happening):
    collaboration: Collaboration | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, collaboration: Collaboration, by_id: int | None, workspace: str = "", **data: Any) -> Self:
        """data always holds person_id (None before they have an account), name and e-mail address."""
        who = {"person_id": collaboration.person_id, "name": collaboration.name, "email": collaboration.email}
        return cls(
            by_id=by_id,
            workspace=workspace,
            provider_id=collaboration.provider_id,
            subject_kind="collaboration",
            subject_id=collaboration.pk,
            data=who | data,
            collaboration=collaboration,
        )


class CollaboratorAdded(CollaborationHappening):
    """Invited. data: invitation (its id), registered (whether the address has an account)."""

    KIND: ClassVar[str] = "collaboration.added"


class InvitationSent(CollaborationHappening):
    """Sent again. data: invitation (its id), registered (whether the address has an account)."""

    KIND: ClassVar[str] = "collaboration.invitation_sent"


class InvitationAccepted(CollaborationHappening):
    """data: invitation (its id), terms (the version ticked), address (network address)."""

    KIND: ClassVar[str] = "collaboration.accepted"


class InvitationDeclined(CollaborationHappening):
    """data: invitation (its id), reason."""

    KIND: ClassVar[str] = "collaboration.declined"


class GrantsChanged(CollaborationHappening):
    """data: before and after, each a dictionary of what is granted."""

    KIND: ClassVar[str] = "collaboration.changed"


class CollaborationEnded(CollaborationHappening):
    """data: how (declined, withdrawn, expired, revoked, left), was (the state before)."""

    KIND: ClassVar[str] = "collaboration.ended"


@dataclass(frozen=True, kw_only=True)
class ConsentGiven(Happening):
    """A provider ticked the texts in force. data: texts, each as kind and version."""

    KIND: ClassVar[str] = "collaboration.consented"
