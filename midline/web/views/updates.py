"""Live updates: a poll every four seconds of one address. 204 when nothing is new."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from midline.cases.policies import get_case_or_404
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace
from midline.web import queries


@require_safe
def case_updates(request: PortalRequest, workspace: Workspace, number: str) -> HttpResponse:
    """What changed on a case since event `after`, by region of its page. 404 from the moment access ends."""
    case = get_case_or_404(request.actor, number)
    last, changed = queries.case_news(request.actor, case, _after(request))
    return JsonResponse({"last": last, "changed": changed}) if changed else HttpResponse(status=204)


@require_safe
def workspace_updates(request: PortalRequest, workspace: Workspace) -> HttpResponse:
    """Whether anything happened on a case that a list of this workspace shows."""
    last = queries.workspace_news(request.actor, _after(request))
    return JsonResponse({"last": last, "changed": ["list"]}) if last else HttpResponse(status=204)


def _after(request: HttpRequest) -> int:
    """The event that the page has shown. What is no number counts as none."""
    text = request.GET.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
