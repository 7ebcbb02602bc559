"""The few answers that the lab's views give."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from midline.core.errors import NotAllowedNow
from midline.core.http import PortalRequest, is_own_path, safe_next
from midline.core.workspace import Workspace


def home_of(workspace: Workspace, number: str | None) -> str:
    """Where an act on an order returns to: the lab's queue, a planning service's case."""
    if workspace is Workspace.LAB or number is None:
        return reverse("lab:queue")
    return reverse("lab:changes", args=[workspace, number])


def acted(request: PortalRequest, act: Callable[[], Any], *, said: str, back: str, undo: str = "") -> HttpResponse:
    """Does `act`, says it in a toast and returns to `next` or `back`; a state that moved on meanwhile is a 409 page that says so."""
    try:
        act()
    except NotAllowedNow as late:
        return stale(request, late.reason, back)
    messages.success(request, said, extra_tags=undo)
    if getattr(request, "htmx", None):
        response = HttpResponse(status=204)
        target = request.POST.get("next", "")
        response["HX-Redirect"] = target if is_own_path(target) else back
        return response
    return safe_next(request, back)


def stale(request: HttpRequest, reason: str, back: str) -> HttpResponse:
    """409: what the page showed is not so any more."""
    context = {"reason": reason, "primary": (_("Go back"), back)}
    if getattr(request, "htmx", None):
        return HttpResponse(render_to_string("web/_conflict.html", context, request=request), status=409)
    return render(request, "web/409.html", context, status=409)


def shell(request: PortalRequest, title: str, fragment: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A form for a dialog or drawer when htmx asks for it, else the same form as a page of its own."""
    if getattr(request, "htmx", None):
        return render(request, fragment, context, status=status)
    return render(request, "lab/form.html", {"title": title, "fragment": fragment} | context, status=status)


def to(name: str, *args: Any) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(name, args=args))
