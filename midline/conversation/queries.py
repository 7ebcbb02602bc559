"""Reads of conversations and change requests, each through its case with the action that reads it."""

from django.db.models import Prefetch, QuerySet

from midline.cases.actions import Action
from midline.cases.models import Case
from midline.cases.policies import actions_on
from midline.conversation.models import ChangeItem, ChangeRequest, Comment, ReadUpTo
from midline.people.policies import Actor


def thread(case: Case, actor: Actor, *, after: int = 0) -> QuerySet[Comment]:
    """The comments of a case, oldest first, newer than comment `after`; none for whoever may not read the conversation."""
    if Action.READ_CONVERSATION not in actions_on(actor, case):
        return Comment.objects.none()
    return Comment.objects.filter(case=case, id__gt=after).select_related("author", "pin").order_by("id")


def change_requests(case: Case, actor: Actor, *, version: int | None = None) -> QuerySet[ChangeRequest]:
    """Proposed requests for provider and collaborators, sent ones also for the lab; with their lines."""
    allowed = actions_on(actor, case)
    states = [ChangeRequest.State.PROPOSED] if Action.READ_PROPOSED_REQUESTS in allowed else []
    states += [ChangeRequest.State.SENT] if Action.READ_SENT_REQUESTS in allowed else []
    rows = ChangeRequest.objects.filter(case=case, state__in=states).select_related("author", "sent_by")
    if version is not None:
        rows = rows.filter(version=version)
    return rows.prefetch_related(Prefetch("items", ChangeItem.objects.select_related("answered_by"))).order_by("id")


def open_items(case: Case) -> QuerySet[ChangeItem]:
    """Lines that were sent to the lab and are not answered yet."""
    return ChangeItem.objects.filter(request__case=case, request__state=ChangeRequest.State.SENT, answer="").select_related("request")


def read_up_to(case: Case, actor: Actor) -> int:
    """The newest comment that the reader has seen; 0 before the first."""
    return ReadUpTo.objects.filter(case=case, person=actor.user).values_list("comment_id", flat=True).first() or 0
