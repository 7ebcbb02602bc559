"""The names of what a person may do on a case; policies.py says who may."""

from enum import StrEnum


class Action(StrEnum):
    # reading
    VIEW = "view"
    SEE_IDENTITY = "see_identity"
    READ_CONVERSATION = "read_conversation"
    READ_PROPOSED_REQUESTS = "read_proposed_requests"
    READ_SENT_REQUESTS = "read_sent_requests"
    READ_UNPUBLISHED = "read_unpublished"
    READ_SHARES = "read_shares"
    READ_ACCESS_LOG = "read_access_log"
    DOWNLOAD = "download"
    DOWNLOAD_ORIGINALS = "download_originals"
    # what everybody who sees the version may
    COMMENT = "comment"
    PROPOSE_CHANGES = "propose_changes"
    MARK_READY = "mark_ready"
    # if granted
    ADD_ORDER = "add_order"
    DECLINE_SETUP = "decline_setup"
    EDIT_RECORDS = "edit_records"
    TAKE = "take"
    PUBLISH_SETUP = "publish_setup"
    # the lab
    ASK_RECORDS = "ask_records"
    ANSWER_REQUESTS = "answer_requests"
    MANUFACTURE = "manufacture"
    CANCEL_LATE = "cancel_late"
    # the owner
    APPROVE = "approve"
    PUSH_BACK = "push_back"
    SHARE = "share"
    RECEIVE = "receive"
    HOLD = "hold"
    CANCEL = "cancel"
    EDIT_CASE = "edit_case"
