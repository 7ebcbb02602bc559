"""Every message that a person may get, in one table: what is told to whom, in which words, and what can be switched off.

Whoever edits `KINDS` changes what is sent. A message names the case by its number and people by their names; it never holds a patient's
name, nor a word that somebody typed (a reason, a comment), because such words may hold one: they stand behind the link.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from midline.cases.actions import Action
from midline.core.workspace import Workspace

PROVIDER: Final = (Workspace.PROVIDER,)
COLLABORATOR: Final = (Workspace.COLLABORATOR,)
BOTH: Final = (Workspace.PROVIDER, Workspace.COLLABORATOR)


class Page(models.TextChoices):
    """Where the button leads; links.py knows the addresses."""

    CASE = "case"
    SETUP = "setup"
    CONVERSATION = "conversation"
    CASES = "cases"
    COLLABORATORS = "collaborators"
    INVITATION = "invitation"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One message.

    action: who is told, everybody in the workspaces `to` who may do this on the case (None: the two sides of a collaboration).
    title is the heading and the line in the bell, subject the e-mail's, says what happened, in one or two sentences.
    topic: the row of Email Notifications that switches it; None: it always goes out, at once.
    """

    to: tuple[Workspace, ...]
    action: Action | None
    title: StrPromise
    says: StrPromise
    button: StrPromise
    page: Page
    subject: StrPromise | None = None
    topic: str | None = None
    mail: bool = True

    def subject_in(self, context: Mapping[str, Any]) -> str:
        """The subject: one line, whatever people are called."""
        return " ".join((str(self.subject or self.title) % context).split())

    def title_in(self, context: Mapping[str, Any]) -> str:
        return str(self.title) % context


KINDS: Final[dict[str, Kind]] = {
    # --- becoming a collaborator ---
    "invitation.register": Kind(
        to=COLLABORATOR,
        action=None,
        subject=_("Complete registration: %(provider)s asks you to collaborate"),
        title=_("%(provider)s asks you to collaborate"),
        says=_("Complete your registration to read what is granted, and to accept or decline. The link works once, until %(until)s."),
        button=_("Complete registration"),
        page=Page.INVITATION,
    ),
    "invitation.accept": Kind(
        to=COLLABORATOR,
        action=None,
        subject=_("Accept responsibility: %(provider)s asks you to collaborate"),
        title=_("%(provider)s asks you to collaborate"),
        says=_(
            "Sign in, read what is granted, and accept responsibility as a collaborator, or decline. The link works once, until %(until)s."
        ),
        button=_("Accept responsibility"),
        page=Page.INVITATION,
    ),
    "collaborator.added": Kind(
        to=COLLABORATOR,
        action=None,
        title=_("You are now a collaborator of %(provider)s"),
        says=_("The cases shared with you stand in your Collaborator Dashboard, and future ones join them there."),
        button=_("Open the Collaborator Dashboard"),
        page=Page.CASES,
        topic="added",
    ),
    "case.shared": Kind(
        to=COLLABORATOR,
        action=Action.VIEW,
        subject=_("Case %(case)s: shared with you"),
        title=_("%(by)s shared case %(case)s with you"),
        says=_("You see its prescription, records, every setup and the conversation."),
        button=_("Open the case"),
        page=Page.CASE,
        topic="added",
    ),
    "cases.shared": Kind(
        to=COLLABORATOR,
        action=None,
        title=_("%(by)s shared cases with you: %(count)s"),
        says=_("They stand in your Collaborator Dashboard."),
        button=_("Open the Collaborator Dashboard"),
        page=Page.CASES,
        topic="added",
    ),
    "cases.shared_all": Kind(
        to=COLLABORATOR,
        action=None,
        title=_("%(by)s shares every case with you, present and future"),
        says=_("They stand in your Collaborator Dashboard."),
        button=_("Open the Collaborator Dashboard"),
        page=Page.CASES,
        topic="added",
    ),
    "access.changed": Kind(
        to=COLLABORATOR,
        action=None,
        title=_("%(provider)s changed what you may do"),
        says=_("It holds from now on, on every case that is shared with you."),
        button=_("Open the Collaborator Dashboard"),
        page=Page.CASES,
        topic="access",
    ),
    "access.ends_soon": Kind(
        to=COLLABORATOR,
        action=None,
        title=_("Your access to the cases of %(provider)s ends on %(until)s"),
        says=_("Finish what you have begun, or ask %(provider)s to give you more time."),
        button=_("Open the Collaborator Dashboard"),
        page=Page.CASES,
        topic="access",
    ),
    "access.ended": Kind(
        to=COLLABORATOR,
        action=None,
        title=_("Your access to the cases of %(provider)s has ended"),
        says=_("What you wrote stays with the cases, under your name. Nothing more is sent to you about them."),
        button=_("Open the Collaborator Dashboard"),
        page=Page.CASES,
        topic="access",
    ),
    # --- what the provider hears of collaborators ---
    "invitation.accepted": Kind(
        to=PROVIDER,
        action=None,
        title=_("%(collaborator)s accepted your invitation"),
        says=_("%(collaborator)s now sees the cases that you share, and is told of them."),
        button=_("Share cases"),
        page=Page.COLLABORATORS,
        topic="invitation_answered",
    ),
    "invitation.declined": Kind(
        to=PROVIDER,
        action=None,
        title=_("%(collaborator)s declined your invitation"),
        says=_("Nothing was shared. You can invite the same person again."),
        button=_("Open Manage Collaborators"),
        page=Page.COLLABORATORS,
        topic="invitation_answered",
    ),
    "collaborator.left": Kind(
        to=PROVIDER,
        action=None,
        title=_("%(collaborator)s has left"),
        says=_("%(collaborator)s sees none of your cases any more. What was written stays with the cases."),
        button=_("Open Manage Collaborators"),
        page=Page.COLLABORATORS,
        topic="invitation_answered",
    ),
    "order.created": Kind(
        to=PROVIDER,
        action=Action.VIEW,
        subject=_("Case %(case)s: order created on your behalf"),
        title=_("%(by)s created an order on your behalf: case %(case)s"),
        says=_("You both see the draft, and either of you can complete and submit it."),
        button=_("Open the order"),
        page=Page.CASE,
        topic="order_created",
    ),
    "order.submitted": Kind(
        to=PROVIDER,
        action=Action.VIEW,
        title=_("%(by)s submitted the order of case %(case)s"),
        says=_("The lab has it now."),
        button=_("Open the case"),
        page=Page.CASE,
        mail=False,
    ),
    # --- treatment setups ---
    "setup.ready_for_review": Kind(
        to=BOTH,
        action=Action.VIEW,
        subject=_("Case %(case)s: version %(version)s is ready for review"),
        title=_("Version %(version)s of case %(case)s is ready for review"),
        says=_("%(by)s has published a treatment setup."),
        button=_("Review setup"),
        page=Page.SETUP,
        topic="setup_ready",
    ),
    "setup.ready_for_approval": Kind(
        to=PROVIDER,
        action=Action.READ_CONVERSATION,
        subject=_("Case %(case)s: version %(version)s is Ready for Approval"),
        title=_("%(by)s holds version %(version)s of case %(case)s Ready for Approval"),
        says=_("Look at it and approve it, request changes, or push it back."),
        button=_("Review setup"),
        page=Page.SETUP,
        topic="decided",
    ),
    "setup.declined": Kind(
        to=PROVIDER,
        action=Action.READ_SENT_REQUESTS,
        subject=_("Case %(case)s: version %(version)s was declined"),
        title=_("%(by)s declined version %(version)s of case %(case)s"),
        says=_("The changes wanted were sent to the lab, which works on the next version."),
        button=_("Read the changes"),
        page=Page.SETUP,
        topic="decided",
    ),
    "setup.pushed_back": Kind(
        to=COLLABORATOR,
        action=Action.MARK_READY,
        subject=_("Case %(case)s: version %(version)s was pushed back"),
        title=_("%(by)s pushed version %(version)s of case %(case)s back"),
        says=_("The reason stands in the conversation. The version is yours to evaluate again."),
        button=_("Read the reason"),
        page=Page.SETUP,
        topic="pushed_back",
    ),
    "setup.approved": Kind(
        to=COLLABORATOR,
        action=Action.VIEW,
        title=_("%(by)s approved version %(version)s of case %(case)s"),
        says=_("It is the version that will be made."),
        button=_("Open the setup"),
        page=Page.SETUP,
        mail=False,
    ),
    "changes.proposed": Kind(
        to=PROVIDER,
        action=Action.READ_PROPOSED_REQUESTS,
        title=_("%(by)s proposes changes to version %(version)s of case %(case)s"),
        says=_("Nothing was sent to the lab. You choose what is."),
        button=_("Read the changes"),
        page=Page.SETUP,
        mail=False,
    ),
    # --- the lab ---
    "records.needed": Kind(
        to=BOTH,
        action=Action.VIEW,
        subject=_("Case %(case)s: records needed"),
        title=_("The lab needs records for case %(case)s"),
        says=_("The work goes on when they are there. The reasons stand at each record."),
        button=_("Open the case"),
        page=Page.CASE,
        topic="records_needed",
    ),
    "order.shipped": Kind(
        to=BOTH,
        action=Action.VIEW,
        subject=_("Case %(case)s: shipped"),
        title=_("The order of case %(case)s is on its way"),
        says=_("%(by)s has shipped it."),
        button=_("Open the case"),
        page=Page.CASE,
        topic="shipped",
    ),
    # --- the conversation ---
    "conversation.mention": Kind(
        to=BOTH,
        action=Action.READ_CONVERSATION,
        subject=_("Case %(case)s: you are mentioned"),
        title=_("%(by)s mentions you on case %(case)s"),
        says=_("The comment stands in the conversation of the case."),
        button=_("Read the comment"),
        page=Page.CONVERSATION,
        topic="mention",
    ),
    "conversation.comment": Kind(
        to=BOTH,
        action=Action.READ_CONVERSATION,
        subject=_("Case %(case)s: new comment"),
        title=_("%(by)s commented on case %(case)s"),
        says=_("The comment stands in the conversation of the case."),
        button=_("Read the comment"),
        page=Page.CONVERSATION,
        topic="comment",
    ),
}

SUMMARY: Final = "daily.summary"


@dataclass(frozen=True)
class Row:
    """A line of Email Notifications."""

    label: StrPromise
    help: StrPromise


# What a person can switch, in the order of the page. A key is group.topic; the group of a case message is its reader's workspace.
ROWS: Final[dict[str, Row]] = {
    "provider.setup_ready": Row(_("Treatment setup ready for review"), _("A version is published")),
    "provider.decided": Row(_("Ready for Approval, or declined"), _("A collaborator has decided")),
    "provider.records_needed": Row(_("Records needed"), _("Missing or unusable")),
    "provider.order_created": Row(_("Order created on your behalf"), _("By a collaborator you allowed it")),
    "provider.invitation_answered": Row(_("Invitation accepted or declined"), _("By a person you added, also when they leave")),
    "provider.shipped": Row(_("Shipped"), _("With the tracking number")),
    "collaborator.added": Row(_("Added as a collaborator"), _("Someone shares cases with you")),
    "collaborator.setup_ready": Row(_("Treatment setup ready for review"), _("On a case shared with you")),
    "collaborator.pushed_back": Row(_("Pushed back"), _("A provider wants you to look again")),
    "collaborator.records_needed": Row(_("Records needed"), _("On a case shared with you")),
    "collaborator.shipped": Row(_("Shipped"), _("On a case shared with you")),
    "collaborator.access": Row(_("Access changed or ends soon"), _("14 days and 1 day before")),
    "conversation.mention": Row(_("You are mentioned"), _("Someone writes your name with an @")),
    "conversation.comment": Row(_("Other comments"), _("On cases you take part in")),
}


def row_of(kind: str, workspace: str) -> str | None:
    """The line of Email Notifications that switches this message for a reader in `workspace`; None: it always goes out."""
    topic = KINDS[kind].topic if kind in KINDS else None
    if topic is None:
        return None
    shared = f"conversation.{topic}"
    return shared if shared in ROWS else f"{workspace}.{topic}"
