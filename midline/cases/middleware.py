"""Turns the address into an actor: a person in the workspace that the address names."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from midline.collaboration.models import Collaboration
from midline.core.prepared import Slot, prepared
from midline.core.workspace import Workspace, workspace_of
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.queries import provider_id_of


class WorkspaceMiddleware:
    """Sets `request.actor` on every address inside a workspace; a workspace that is not the person's own is a 404.

    Nothing is kept in the session: two tabs may show two workspaces.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> None:
        workspace = workspace_of(request.path_info)
        if workspace is None or not isinstance(request.user, User):
            return
        request.actor = actor_in(request.user, workspace)  # type: ignore[attr-defined]


def actor_in(user: User, workspace: Workspace) -> Actor:
    """The person in this workspace. Raises Http404 when they have no place in it.

    A former collaborator keeps the (empty) workspace: each case in it answers 404 by the policy. Who never accepted has none.
    """
    provider = provider_id_of(user.pk) if workspace in {Workspace.PROVIDER, Workspace.ACCOUNT} else None
    match workspace:
        case Workspace.PROVIDER if provider is None:
            raise Http404
        case Workspace.LAB if not user.is_technician:
            raise Http404
        case Workspace.COLLABORATOR if not prepared("accepted", _accepted).rows(person=user.pk):
            raise Http404
    return Actor(user, workspace, provider)


def _accepted() -> QuerySet[Collaboration, Any]:
    """A collaboration that this person accepted, whatever became of it."""
    return Collaboration.objects.filter(person_id=Slot("person"), accepted_at__isnull=False).order_by().values_list("pk")[:1]
