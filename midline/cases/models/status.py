"""The life cycle of an order: the table is the rule."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from midline.cases.actions import Action


class Group(models.TextChoices):
    ACTION = "action", _("Action Needed")
    PROGRESS = "progress", _("In Progress")
    CLOSED = "closed", _("Closed")

    @property
    def tone(self) -> str:
        return {"action": "act", "progress": "lab", "closed": "idle"}[self.value]


class Turn(models.TextChoices):
    PROVIDER = "provider", _("Provider")
    COLLABORATOR = "collaborator", _("Collaborator")
    LAB = "lab", _("Lab")
    NOBODY = "nobody", _("Nobody")

    @property
    def tone(self) -> str:
        return {"provider": "act", "collaborator": "peer", "lab": "lab", "nobody": "idle"}[self.value]

    @property
    def icon(self) -> str:
        return {"provider": "user", "collaborator": "users", "lab": "flask-conical", "nobody": "minus"}[self.value]


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    RECORDS_NEEDED = "records_needed", _("Records needed")
    IN_PRODUCTION = "in_production", _("Setup in production")
    AWAITING_APPROVAL = "awaiting_approval", _("Setup awaiting approval")
    APPROVED = "approved", _("Approved")
    IN_MANUFACTURING = "in_manufacturing", _("In manufacturing")
    SHIPPED = "shipped", _("Shipped")
    IN_TREATMENT = "in_treatment", _("In treatment")
    ON_HOLD = "on_hold", _("On hold")
    CANCELLED = "cancelled", _("Cancelled")
    COMPLETED = "completed", _("Completed")

    @property
    def group(self) -> Group:
        if self in {Status.DRAFT, Status.RECORDS_NEEDED, Status.AWAITING_APPROVAL}:
            return Group.ACTION
        return Group.CLOSED if self.is_closed else Group.PROGRESS

    @property
    def is_closed(self) -> bool:
        return self in {Status.CANCELLED, Status.COMPLETED}

    @property
    def turn(self) -> Turn:
        """Whose turn it is; for AWAITING_APPROVAL the marks decide (see queries), and the provider is the default."""
        if self.group is Group.ACTION:
            return Turn.PROVIDER
        lab = {Status.SUBMITTED, Status.IN_PRODUCTION, Status.APPROVED, Status.IN_MANUFACTURING}
        return Turn.LAB if self in lab else Turn.NOBODY

    @property
    def tone(self) -> str:
        return _TONES[self.value][0]

    @property
    def icon(self) -> str:
        return _TONES[self.value][1]


_TONES: Final = {
    "draft": ("idle", "circle-dashed"),
    "submitted": ("lab", "send"),
    "records_needed": ("act", "file-warning"),
    "in_production": ("lab", "drafting-compass"),
    "awaiting_approval": ("act", "scan-eye"),
    "approved": ("good", "circle-check"),
    "in_manufacturing": ("lab", "factory"),
    "shipped": ("lab", "truck"),
    "in_treatment": ("good", "smile"),
    "on_hold": ("idle", "circle-pause"),
    "cancelled": ("idle", "circle-slash"),
    "completed": ("good", "circle-check-big"),
}


class CaseType(models.TextChoices):
    """What an order is; the case shows the type of its current order."""

    ALIGNER = "aligner", _("Aligner")
    REVISION = "revision", _("Revision")
    RETAINER = "retainer", _("Retainer")
    REPLACEMENT = "replacement", _("Replacement")

    @property
    def uses_setups(self) -> bool:
        return self in {CaseType.ALIGNER, CaseType.REVISION}


class CollaboratorStatus(models.TextChoices):
    AWAITING_SETUP = "awaiting", _("Awaiting Setup")
    EVALUATING = "evaluating", _("Evaluating Treatment Setup")
    READY = "ready", _("Ready for Approval")
    APPROVED = "approved", _("Approved")

    @property
    def tone(self) -> str:
        return COLLABORATOR_STATUS_TONES[self.value][0]

    @property
    def icon(self) -> str:
        return COLLABORATOR_STATUS_TONES[self.value][1]


COLLABORATOR_STATUS_TONES: Final = {
    "awaiting": ("idle", "clock-3"),
    "evaluating": ("peer", "scan-eye"),
    "ready": ("good", "badge-check"),
    "approved": ("good", "circle-check"),
}

# Statuses in which the setups of an order exist or come: the others have no collaborator status.
SETUP_STATUSES: Final = frozenset(Status) - {Status.DRAFT, Status.CANCELLED}

_S = Status
_OPEN_BEYOND_DRAFT: Final = (
    _S.SUBMITTED, _S.RECORDS_NEEDED, _S.IN_PRODUCTION, _S.AWAITING_APPROVAL, _S.APPROVED, _S.IN_MANUFACTURING, _S.SHIPPED, _S.IN_TREATMENT,
)  # fmt: skip
_UP_TO_APPROVED: Final = (
    _S.DRAFT,
    _S.SUBMITTED,
    _S.RECORDS_NEEDED,
    _S.IN_PRODUCTION,
    _S.AWAITING_APPROVAL,
    _S.APPROVED,
)
_LATER: Final = (_S.IN_MANUFACTURING, _S.SHIPPED, _S.IN_TREATMENT)

# (from, event) → (to, the action that allows it). `to` None: the state held (resume), or the state that the guard chooses.
TRANSITIONS: Final[dict[tuple[Status, str], tuple[Status | None, Action]]] = {
    (_S.DRAFT, "submit"): (_S.SUBMITTED, Action.ADD_ORDER),
    (_S.SUBMITTED, "take"): (_S.IN_PRODUCTION, Action.TAKE),
    (_S.IN_PRODUCTION, "hand_over"): (_S.SUBMITTED, Action.TAKE),
    (_S.SUBMITTED, "ask_records"): (_S.RECORDS_NEEDED, Action.ASK_RECORDS),
    (_S.IN_PRODUCTION, "ask_records"): (_S.RECORDS_NEEDED, Action.ASK_RECORDS),
    (_S.RECORDS_NEEDED, "records_complete"): (None, Action.EDIT_RECORDS),
    (_S.IN_PRODUCTION, "publish"): (_S.AWAITING_APPROVAL, Action.PUBLISH_SETUP),
    (_S.AWAITING_APPROVAL, "send_changes"): (_S.IN_PRODUCTION, Action.DECLINE_SETUP),
    (_S.AWAITING_APPROVAL, "approve"): (_S.APPROVED, Action.APPROVE),
    (_S.APPROVED, "start_manufacturing"): (_S.IN_MANUFACTURING, Action.MANUFACTURE),
    (_S.SUBMITTED, "start_manufacturing"): (_S.IN_MANUFACTURING, Action.MANUFACTURE),
    (_S.IN_MANUFACTURING, "ship"): (_S.SHIPPED, Action.MANUFACTURE),
    (_S.SHIPPED, "receive"): (_S.IN_TREATMENT, Action.RECEIVE),
    (_S.SHIPPED, "complete"): (_S.COMPLETED, Action.RECEIVE),
    (_S.IN_TREATMENT, "complete"): (_S.COMPLETED, Action.RECEIVE),
    **{(state, "hold"): (_S.ON_HOLD, Action.HOLD) for state in _OPEN_BEYOND_DRAFT},
    (_S.ON_HOLD, "resume"): (None, Action.HOLD),
    **{(state, "cancel"): (_S.CANCELLED, Action.CANCEL) for state in _UP_TO_APPROVED},
    **{(state, "cancel"): (_S.CANCELLED, Action.CANCEL_LATE) for state in _LATER},
}

EVENT_NAMES: Final = sorted({event for _state, event in TRANSITIONS})
