"""The rows that the services of this room lock before they write, always in this order: provider, collaboration, invitation."""

from django.core.exceptions import PermissionDenied

from midline.collaboration.models import Collaboration
from midline.core.workspace import Workspace
from midline.people.policies import Actor
from midline.practices.models import Provider


def provider_locked(by: Actor) -> Provider:
    """The confirmed provider that this person is, acting as such. Raises PermissionDenied."""
    if by.workspace not in {Workspace.PROVIDER, Workspace.ACCOUNT}:
        raise PermissionDenied
    mine = Provider.objects.select_for_update().filter(pk=by.provider_id or 0, person_id=by.user_id)
    found = mine.filter(state=Provider.State.CONFIRMED).first()
    if found is None:
        raise PermissionDenied
    return found


def collaboration_locked(collaboration_id: int, provider: Provider) -> Collaboration:
    """The provider's own collaboration, whatever its state. Raises PermissionDenied."""
    found = Collaboration.objects.select_for_update().filter(pk=collaboration_id, provider=provider).first()
    if found is None:
        raise PermissionDenied
    return found
