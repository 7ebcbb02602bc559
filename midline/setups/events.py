"""What happens to treatment setups. READY, taken back and pushed back are events of `cases`, where the marks live."""

from midline.cases.actions import Action
from midline.cases.events import CaseHappening


class SetupPublished(CaseHappening):
    """data: version, stages_upper, stages_lower, note."""

    KIND = "setup.published"


class SetupApproved(CaseHappening):
    """data: version, content_hash."""

    KIND = "setup.approved"


class SetupDeclined(CaseHappening):
    """A change request was sent to the lab. data: version, requests (ids), words, joined (the lab was already at work)."""

    KIND = "setup.declined"
    READER = Action.READ_SENT_REQUESTS


class ImportFailed(CaseHappening):
    """data: import, file, reason, remedy."""

    KIND = "setup.import_failed"
    READER = Action.READ_UNPUBLISHED
