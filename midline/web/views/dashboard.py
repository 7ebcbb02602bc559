"""The Dashboard of a provider. For a collaborator the list is the dashboard, and the lab has its queue."""

from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from midline.activity.services import record_access, visit_go_on
from midline.cases.queries import reach_of
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace
from midline.web.dashboard import Choice, dashboard_of


@require_safe
def dashboard(request: PortalRequest, workspace: Workspace) -> HttpResponse:
    """Cards, what waits, what is new since the last visit, and practice insights; `?practice=` and `?period=` choose."""
    if workspace is Workspace.COLLABORATOR:
        return _to_the_list(request)
    if request.actor.workspace is not Workspace.PROVIDER:
        raise Http404
    choice = Choice.of(request.GET, request.actor.provider_id or 0)
    visit = visit_go_on(person_id=request.actor.user_id, workspace=workspace)
    # Times stand in the time zone by which the days of the figures go, that of the first practice.
    with timezone.override(ZoneInfo(choice.zone)):
        page = dashboard_of(reach_of(request.actor), choice, visit)
        record_access(request, "dashboard", page["case_ids"])
        return render(request, "web/dashboard.html", page)


def _to_the_list(request: HttpRequest) -> HttpResponse:
    """The Collaborator Dashboard is the list of cases; the view in the address goes along."""
    response = redirect("cases:collaborator_cases")
    if query := request.META.get("QUERY_STRING"):
        response["Location"] += f"?{query}"
    return response
