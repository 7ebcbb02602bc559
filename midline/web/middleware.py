"""My Account remembers in its address, and nowhere else, from which workspace one came."""

from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from midline.core.http import is_own_path
from midline.core.workspace import Workspace, workspace_of
from midline.people.models import User
from midline.web.context import FROM, Portal

_SIDES: Final = frozenset({Workspace.PROVIDER.value, Workspace.COLLABORATOR.value, Workspace.LAB.value})


class WayBackMiddleware:
    """Carries `?from=collaborator` through the pages of My Account: links that leave it out, forms and redirects after them.

    The page before says it (the Referer, which never leaves this origin) once; from then on it stands in the address, so that two tabs
    lead back to two workspaces, also after a reload. It decides which links the header shows and gives nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if workspace_of(request.path_info) is not Workspace.ACCOUNT or not isinstance(request.user, User):
            return self.get_response(request)
        opens_a_page = request.method == "GET" and request.headers.get("Sec-Fetch-Dest") == "document"
        if opens_a_page and FROM not in request.GET and (side := _side(request)):
            return HttpResponseRedirect(_with(request.get_full_path(), side))
        response = self.get_response(request)
        for header in ("Location", "HX-Redirect"):
            target = response.headers.get(header, "")
            if _is_of_account(target) and (side := _side(request)):
                response.headers[header] = _with(target, side)
        return response


def _side(request: HttpRequest) -> str:
    """The workspace that the address, or the page before, names; nothing for people who have one workspace alone."""
    before = urlsplit(request.headers.get("Referer", ""))
    own = before.netloc == request.get_host()
    told = [request.GET.get(FROM), dict(parse_qsl(before.query)).get(FROM), workspace_of(before.path)] if own else [request.GET.get(FROM)]
    side = next((str(name) for name in told if name in _SIDES), "")
    places = Portal(request).places() if side else []
    return side if len(places) > 1 and any(place.workspace == side for place in places) else ""


def _is_of_account(target: str) -> bool:
    return is_own_path(target) and workspace_of(urlsplit(target).path) is Workspace.ACCOUNT


def _with(path: str, side: str) -> str:
    parts = urlsplit(path)
    query = [*((name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != FROM), (FROM, side)]
    return parts._replace(query=urlencode(query)).geturl()
