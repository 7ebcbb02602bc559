"""Patients, cases, orders and shares."""

from midline.cases.models.case import Case, CaseQuerySet, CaseUnread, Patient
from midline.cases.models.clinician import ClinicianName
from midline.cases.models.counts import CollaborationCount, ProviderCount
from midline.cases.models.milestone import Milestone
from midline.cases.models.order import Order, RecordNeed
from midline.cases.models.share import ReadyMark, Share, ShareBatch
from midline.cases.models.status import (
    COLLABORATOR_STATUS_TONES,
    EVENT_NAMES,
    SETUP_STATUSES,
    TRANSITIONS,
    CaseType,
    CollaboratorStatus,
    Group,
    Status,
    Turn,
)
from midline.cases.models.view import ColumnChoice, SavedView, SearchTerm

__all__ = [
    "COLLABORATOR_STATUS_TONES",
    "EVENT_NAMES",
    "SETUP_STATUSES",
    "TRANSITIONS",
    "Case",
    "CaseQuerySet",
    "CaseType",
    "CaseUnread",
    "ClinicianName",
    "CollaborationCount",
    "CollaboratorStatus",
    "ColumnChoice",
    "Group",
    "Milestone",
    "Order",
    "Patient",
    "ProviderCount",
    "ReadyMark",
    "RecordNeed",
    "SavedView",
    "SearchTerm",
    "Share",
    "ShareBatch",
    "Status",
    "Turn",
]
