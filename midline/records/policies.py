"""Who may upload, on top of the policy of cases: nothing is allowed here that `cases.policies` does not allow."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from midline.cases.actions import Action
from midline.cases.models import Order, Status
from midline.cases.policies import cases_for, may
from midline.people.policies import Actor
from midline.records.models import Upload

SETUP = "setup"


def may_upload(actor: Actor, order: Order, purpose: str = "record") -> bool:
    """Records: who may edit records, or who fills in the draft. A setup's ZIP: the order's planner."""
    if purpose == SETUP:
        planner = (order.planner_id, order.planner_workspace) == (actor.user_id, actor.workspace)
        return planner and may(actor, Action.PUBLISH_SETUP, order.case)
    if order.state is Status.DRAFT and may(actor, Action.ADD_ORDER, order.case):
        return True
    return may(actor, Action.EDIT_RECORDS, order.case)


def may_become_record(actor: Actor, upload: Upload, order: Order) -> bool:
    """Asked again when the bytes were checked: access may have ended meanwhile.

    What had wholly arrived before its draft was submitted counts.
    """
    if may_upload(actor, order, upload.purpose):
        return True
    before = order.submitted_at is not None and upload.touched_at <= order.submitted_at
    return before and upload.purpose != SETUP and may(actor, Action.ADD_ORDER, order.case)


def uploads_for(actor: Actor) -> QuerySet[Upload]:
    """The actor's own uploads on cases that they still see, begun in this workspace."""
    mine = Upload.objects.filter(person_id=actor.user_id, workspace=actor.workspace, case__in=cases_for(actor).order_by().values("pk"))
    return mine.select_related("case", "order", "order__case", "person")


def upload_or_404(actor: Actor, upload_id: UUID) -> Upload:
    """A request's only door to an upload: anyone but its uploader, and its uploader without the permission, gets what nobody's gets."""
    upload = uploads_for(actor).filter(pk=upload_id).first()
    if upload is None or not may_upload(actor, upload.order, upload.purpose):
        raise Http404
    return upload


def order_or_404(actor: Actor, order_id: int) -> Order:
    """The order that an upload names: hidden is 404. Whether the actor may upload to it is asked by the service (403)."""
    order = Order.objects.filter(pk=order_id, case__in=cases_for(actor).order_by().values("pk")).select_related("case").first()
    if order is None:
        raise Http404
    return order
