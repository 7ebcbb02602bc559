"""Writes on the conversation and on change requests."""

from midline.conversation.services.comments import (
    PinAt,
    comment_add,
    comment_delete,
    comment_edit,
    conversation_read,
    places_are_checked_by,
)
from midline.conversation.services.requests import Wanted, item_answer, request_propose, request_withdraw, requests_send

__all__ = [
    "PinAt",
    "Wanted",
    "comment_add",
    "comment_delete",
    "comment_edit",
    "conversation_read",
    "item_answer",
    "places_are_checked_by",
    "request_propose",
    "request_withdraw",
    "requests_send",
]
