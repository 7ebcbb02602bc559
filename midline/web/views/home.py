"""Where `/` leads, and what a person chooses about the look and the keys."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from midline.core.http import PortalRequest, safe_next
from midline.core.workspace import Workspace
from midline.web import services
from midline.web.context import Portal


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the person's first workspace: provider, then collaborator, then lab, then their account."""
    return redirect(Portal(request).home())


@require_safe
def start(request: PortalRequest, workspace: Workspace) -> HttpResponse:
    """Where a workspace begins: the list that its people work through."""
    return redirect({"provider": "cases:manage_orders", "collaborator": "cases:collaborator_cases"}.get(workspace, "lab:queue"))


@login_required
@require_safe
def workspaces(request: HttpRequest) -> HttpResponse:
    """What is in each workspace of the person, in words: for the account menu, when it is opened."""
    return JsonResponse({place.workspace.value: place.facts for place in Portal(request).places()})


@login_required
@require_POST
def theme(request: PortalRequest) -> HttpResponse:
    services.theme_choose(by=request.user, theme=request.POST.get("theme", ""))
    return safe_next(request, "web:home")


@login_required
@require_POST
def single_keys(request: PortalRequest) -> HttpResponse:
    services.single_keys_choose(by=request.user, on=request.POST.get("single_keys") == "on")
    return safe_next(request, "web:home")
