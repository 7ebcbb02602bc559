"""Where a message leads: from PUBLIC_URL alone, in the workspace in which its reader gets it."""

from typing import Any

from django.core import signing
from django.urls import reverse

from midline.collaboration.models import Invitation
from midline.collaboration.queries import invitation_link
from midline.core.http import public_url
from midline.core.workspace import Workspace
from midline.notify.kinds import KINDS, Page
from midline.notify.models import Delivery
from midline.people.models import User

UNSUBSCRIBE = "midline.notify.unsubscribe"


def path_of(delivery: Delivery) -> str:
    """The path of the page that the message is about; an invitation has none, its link exists only in the e-mail."""
    page, context = KINDS[delivery.kind].page, delivery.context
    match page:
        case Page.SETUP:
            return reverse("setups:review", args=[delivery.workspace, context["case"], context["version"]])
        case Page.CASE:
            return reverse("web:case", args=[delivery.workspace, context["case"]])
        case Page.CONVERSATION:
            return reverse("web:case_discussion", args=[delivery.workspace, context["case"]])
        case Page.CASES | Page.COLLABORATORS:
            return list_path(delivery.workspace, collaborators=page is Page.COLLABORATORS)
        case Page.SECURITY:
            return reverse("people:security")
    return reverse("web:start", args=[delivery.workspace])


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


def unsubscribe_address(person: User, row: str) -> str:
    """Where a mail program, or the person without signing in, switches off one row of Email Notifications, and nothing else.

    Signed, without an end: an old e-mail must still be able to stop the next one.
    """
    return public_url(reverse("notify:unsubscribe", args=[signing.Signer(salt=UNSUBSCRIBE).sign_object([person.pk, row])]))


def unsubscribe_read(token: str) -> tuple[User, str] | None:
    """The person and the row of such an address; None for anything that was not signed here."""
    try:
        person_id, row = signing.Signer(salt=UNSUBSCRIBE).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    person = User.objects.filter(pk=person_id, is_active=True).first()
    return (person, row) if person else None
