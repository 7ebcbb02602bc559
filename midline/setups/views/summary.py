"""The treatment summary of a version, to take along."""

from django.http import Http404, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from midline.activity.services import record_access
from midline.cases.actions import Action
from midline.cases.policies import get_case_or_404
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace
from midline.setups.queries import version_or_404
from midline.setups.summary import render, summary_of


@require_safe
def summary(request: PortalRequest, workspace: Workspace, number: str, version: int) -> HttpResponse:
    """A PDF in the reader's language and tooth numbers, without a name where they see none. Published versions have one."""
    case = get_case_or_404(request.actor, number, Action.DOWNLOAD)
    setup = version_or_404(request.actor, case, version)
    if setup.published_at is None:
        raise Http404
    record_access(request, f"summary {setup.number}", [case.pk])
    content = render(summary_of(setup, request.actor, get_language() or "en"))
    name = f"{case.number}-v{setup.number}-summary.pdf"
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
