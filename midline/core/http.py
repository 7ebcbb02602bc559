"""Types of requests, and the few answers that every room gives."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from midline.people.models import User
    from midline.people.policies import Actor


class PortalRequest(HttpRequest):
    """A request of a signed-in person; `actor` is the person in the workspace that the address names."""

    user: "User"
    actor: "Actor"
    htmx: "HtmxDetails"


def public_url(path: str) -> str:
    """An absolute address from PUBLIC_URL alone: the Host header is whatever the client typed."""
    return f"{settings.PUBLIC_URL}{path}"


def back_to(request: HttpRequest, name: str, *args: Any) -> HttpResponse:
    """After a POST: to the named page. htmx is told to load it as a page, so that one answer serves both."""
    url = reverse(name, args=args)
    if getattr(request, "htmx", None):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)


def is_own_path(target: str) -> bool:
    """Whether `target` is a path of this portal. A browser reads a backslash as a slash and drops tabs and line breaks."""
    return target.startswith("/") and not target.startswith("//") and target.isprintable() and "\\" not in target


def safe_next(request: HttpRequest, fallback: str) -> HttpResponse:
    """To the `next` address of the form when it is a path of this portal, else to `fallback` (a URL name or path)."""
    target = request.POST.get("next", "")
    return HttpResponseRedirect(target) if is_own_path(target) else redirect(fallback)


def client_address(request: HttpRequest) -> str:
    """The network address for consent records and the access log; the proxy's word counts only when configured."""
    return str(request.META.get("REMOTE_ADDR", ""))
