"""Versions held against each other: the list of what changed, and one version laid over another in the viewer."""

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from midline.activity.services import record_access
from midline.cases.models import Case
from midline.cases.policies import get_case_or_404
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace
from midline.setups import review as pages
from midline.setups.comparison import comparison
from midline.setups.models import SetupVersion
from midline.setups.overlay import overlay_json
from midline.setups.queries import version_or_404, versions_for
from midline.setups.views.review import viewer_page


@require_GET
@viewer_page
def compare(request: PortalRequest, workspace: Workspace, number: str, version: int) -> HttpResponse:
    """`?with=2`: what changed since version 2, else since the one before. A fragment for htmx; without it the page with the list open."""
    case = get_case_or_404(request.actor, number)
    setup = version_or_404(request.actor, case, version)
    other = _earlier(request, case, setup)
    record_access(request, f"setup {setup.number} compared", [case.pk])
    if not request.htmx:
        return render(request, "setups/review.html", pages.page(case, setup, request.actor, other=other) | {"pane": "versions"})
    earlier = [row for row in versions_for(request.actor, case) if row.number < setup.number]
    other = other or (earlier[0] if earlier else None)
    found = comparison(case, setup, other, request.actor) if other else None
    return render(request, "setups/_compare.html", {"case": case, "setup": setup, "earlier": earlier, "comparison": found})


def _earlier(request: PortalRequest, case: Case, setup: SetupVersion) -> SetupVersion | None:
    """The version that the address names; None where it names none. Raises Http404 for what is not earlier or not for this reader."""
    wanted = request.GET.get("with")
    if wanted is None:
        return None
    if not wanted.isdecimal() or not 0 < int(wanted[:9]) < setup.number:
        raise Http404
    return version_or_404(request.actor, case, int(wanted[:9]))


@require_GET
def overlay(request: PortalRequest, workspace: Workspace, number: str, version: int, other: int) -> HttpResponse:
    """Another version in the frame of this one, for the viewer."""
    case = get_case_or_404(request.actor, number)
    setup = version_or_404(request.actor, case, version)
    laid = version_or_404(request.actor, case, other)
    record_access(request, f"setup {laid.number}", [case.pk])
    model = reverse("setups:model", args=[request.actor.workspace, case.number, laid.number, "preview"])
    answer = JsonResponse(overlay_json(setup, laid, model))
    answer["Cache-Control"] = "private, no-store"
    return answer
