"""Where a message leads: from PUBLIC_URL alone, in the workspace in which its reader gets it."""

from typing import Any

from django.urls import reverse

from midline.collaboration.models import Invitation
from midline.collaboration.queries import invitation_link
from midline.core.http import public_url
from midline.core.workspace import Workspace
from midline.notify.kinds import KINDS, Page
from midline.notify.models import Delivery


def path_of(delivery: Delivery) -> str:
    """The path of the page that the message is about; an invitation has none, its link exists only in the e-mail."""
    page, context = KINDS[delivery.kind].page, delivery.context
    match page:
        case Page.SETUP:
            return reverse("setups:review", args=[delivery.workspace, context["case"], context["version"]])
        case Page.CASE:
            return reverse("web:case", args=[delivery.workspace, context["case"]])
        case Page.CONVERSATION:
            return reverse("web:case", args=[delivery.workspace, context["case"]]) + "#conversation"
        case Page.CASES | Page.COLLABORATORS:
            return list_path(delivery.workspace, collaborators=page is Page.COLLABORATORS)
    return reverse("web:dashboard", args=[delivery.workspace])


def list_path(workspace: str, *, collaborators: bool = False) -> str:
    """The list of cases of a workspace, or the provider's Manage Collaborators."""
    if workspace == Workspace.COLLABORATOR:
        return reverse("cases:collaborator_cases")
    return reverse("cases:manage_collaborators" if collaborators else "cases:manage_orders")


def address_of(delivery: Delivery) -> str:
    """The whole address under the button. An invitation's is made anew for each try: its token is kept nowhere."""
    if KINDS[delivery.kind].page is Page.INVITATION:
        return invitation_link(Invitation.objects.get(pk=delivery.context["invitation"]))
    return public_url(path_of(delivery))


def settings_address() -> str:
    return public_url(reverse("notify:email_notifications"))


def case_address(workspace: str, number: Any) -> str:
    return public_url(reverse("web:case", args=[workspace, number]))
