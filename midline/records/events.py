"""What happens to records."""

from midline.cases.events import CaseHappening


class RecordAdded(CaseHappening):
    """data: slot, record_id, replaced (the id of the record that stood there, or None). No file name: it may hold a patient's."""

    KIND = "records.added"


class RecordMoved(CaseHappening):
    """data: record_id, from, to."""

    KIND = "records.moved"


class RecordRemoved(CaseHappening):
    """data: slot, record_id. Only a draft's record is taken away; a submitted order's is replaced."""

    KIND = "records.removed"
