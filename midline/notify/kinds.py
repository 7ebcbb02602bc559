"""Every message that a person may get, in one table: what is told to whom, in which words, and what can be switched off.

Whoever edits `KINDS` changes what is sent. A message names the case by its number and people by their names; it never holds a patient's
name, nor a word that somebody typed (a reason, a comment), because such words may hold one: they stand behind the link.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django_stubs_ext import StrPromise

from midline.cases.actions import Action
from midline.core.workspace import Workspace
from midline.people.mails import NOTICES, WORDS

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
    SECURITY = "security"


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

    def subject_in(self, context: dict[str, Any]) -> str:
        """The subject: one line, whatever people are called."""
        return " ".join(str((self.subject or self.title) % context).split())

    def title_in(self, context: dict[str, Any]) -> str:
        return str(self.title % context)

    def says_in(self, context: dict[str, Any]) -> str:
        return str(self.says % context)


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
        title=ngettext_lazy("%(by)s shared %(count)s case with you", "%(by)s shared %(count)s cases with you", "count"),
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
    # Messages about a case that one may not see any more name its number and lead to the list: they are not about the case (action None).
    "case.unshared": Kind(
        to=COLLABORATOR,
        action=None,
        subject=_("Case %(case)s: no longer shared with you"),
        title=_("%(by)s no longer shares case %(case)s with you"),
        says=_("You do not see it any more. What you wrote stays with the case, under your name."),
        button=_("Open the Collaborator Dashboard"),
        page=Page.CASES,
        topic="access",
    ),
    "case.unshared_singled": Kind(
        to=COLLABORATOR,
        action=None,
        subject=_("Case %(case)s: no longer shared with you"),
        title=_("%(by)s no longer shares case %(case)s with you"),
        says=_("The other cases stay shared. New cases do not join them by themselves any more."),
        button=_("Open the Collaborator Dashboard"),
        page=Page.CASES,
        topic="access",
    ),
    "cases.unshared": Kind(
        to=COLLABORATOR,
        action=None,
        title=ngettext_lazy("%(by)s no longer shares %(count)s case with you", "%(by)s no longer shares %(count)s cases with you", "count"),
        says=_("The cases that are still shared stand in your Collaborator Dashboard."),
        button=_("Open the Collaborator Dashboard"),
        page=Page.CASES,
        topic="access",
    ),
    "cases.unshared_all": Kind(
        to=COLLABORATOR,
        action=None,
        title=_("%(by)s no longer shares every case with you"),
        says=_("You keep the cases that were shared with you one by one. New cases do not join them any more."),
        button=_("Open the Collaborator Dashboard"),
        page=Page.CASES,
        topic="access",
    ),
    "access.withheld": Kind(
        to=COLLABORATOR,
        action=Action.VIEW,
        subject=_("Case %(case)s: what you may do was changed"),
        title=_("%(by)s changed what you may do on case %(case)s"),
        says=_("It holds from now on, on this case alone."),
        button=_("Open the case"),
        page=Page.CASE,
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


def account_kind(prefix: str) -> str:
    """The kind under which the bell tells what `people` mails about an account; `prefix` is its name there."""
    return f"account.{prefix.rpartition('/')[2]}"


# The e-mails are those of `people`: here only the bell's line, in the same words.
KINDS.update({
    account_kind(prefix): Kind(
        to=(Workspace.ACCOUNT,),
        action=None,
        title=WORDS[prefix].subject,
        says=WORDS[prefix].text,
        button=_("Open Security"),
        page=Page.SECURITY,
        mail=False,
    )
    for prefix in sorted(NOTICES)
})  # fmt: skip
