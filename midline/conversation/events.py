"""What happens in a conversation."""

from midline.cases.actions import Action
from midline.cases.events import CaseHappening


class Commented(CaseHappening):
    """data: comment_id, version, tooth, mentions (ids of people)."""

    KIND = "conversation.commented"
    READER = Action.READ_CONVERSATION


class CommentChanged(CaseHappening):
    """data: comment_id, change (edited, deleted), mentions (ids of people whom an edit names for the first time)."""

    KIND = "conversation.changed"
    READER = Action.READ_CONVERSATION


class ChangesProposed(CaseHappening):
    """data: request_id, version."""

    KIND = "conversation.proposed"
    READER = Action.READ_PROPOSED_REQUESTS


class ItemAnswered(CaseHappening):
    """data: request_id, item_id, version, answer."""

    KIND = "conversation.answered"
    READER = Action.READ_SENT_REQUESTS
