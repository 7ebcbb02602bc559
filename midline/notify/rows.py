"""The lines of Email Notifications: what a person can switch, and which message each line switches."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from midline.notify.kinds import KINDS

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
    "collaborator.access": Row(_("Access changed or ends soon"), _("Also single cases; 14 days and 1 day before the end")),
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


def label_of(row: str) -> StrPromise | None:
    """What a row of Email Notifications is called; None when there is no such row. The daily summary is one of its own."""
    if row == SUMMARY:
        return _("Daily summary")
    return ROWS[row].label if row in ROWS else None
