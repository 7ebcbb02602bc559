"""The case page and what is done to an order from it."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from midline.activity.services import record_access
from midline.cases.policies import get_case_or_404
from midline.cases.services import order_move
from midline.conversation.services import conversation_read
from midline.core.errors import NotAllowedNow
from midline.core.http import PortalRequest, back_to
from midline.core.workspace import Workspace
from midline.web import case_page
from midline.web.views.faults import conflict


@require_GET
def case(request: PortalRequest, workspace: Workspace, number: str, tab: str = "overview") -> HttpResponse:
    """One tab of the case page. 404 for a tab that the reader may not read."""
    found = get_case_or_404(request.actor, number)
    context = case_page.page(found, request.actor, tab)
    record_access(request, f"case {tab}", [found.pk])
    if tab == "discussion":
        conversation_read(case=found, by=request.actor)
    return render(request, "web/case.html", context)


@require_POST
def order_event(request: PortalRequest, workspace: Workspace, number: str, order_id: int, event: str) -> HttpResponse:
    """Hold, resume, cancel, receive, complete."""
    found = get_case_or_404(request.actor, number)
    order = get_object_or_404(found.orders, pk=order_id)
    if event not in case_page.EVENTS:
        raise Http404
    allowed = order.transition(event)
    if allowed:
        get_case_or_404(request.actor, number, allowed[1])
    try:
        order_move(order=order, event=event, by=request.actor, words=request.POST.get("words", "")[:500])
    except NotAllowedNow as late:
        return conflict(request, late.reason)
    return back_to(request, "web:case", workspace, number)
