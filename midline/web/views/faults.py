"""What is shown when something is not there, not allowed, not possible any more, or broken.

A page that is absent and a page that is hidden answer with the same bytes: nothing of the address is repeated, no token is printed.
"""

import secrets
import sys
import traceback
from typing import Any

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from midline.cases.middleware import actor_in
from midline.core.workspace import workspace_of
from midline.people.models import User

log = structlog.get_logger("midline.web")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: the same for what does not exist, what is not shared and what belongs to another workspace."""
    return _fault(request, "web/404.html", 404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the case is visible, this act on it is not allowed to the reader."""
    return _fault(request, "web/403.html", 403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: what the browser sent cannot be read."""
    return _fault(request, "web/400.html", 400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token does not fit: an old page, or cookies that are switched off. Nothing was changed."""
    return _fault(request, "web/csrf.html", 403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with a reference that stands in the log beside the cause. Reads nothing from the database: it may be what failed."""
    reference = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}"
    kind, _error, trace = sys.exc_info()
    # The place and the type, never the message or the variables: they may hold what a person typed.
    log.error("server_error", reference=reference, kind=kind.__name__ if kind else "", where="".join(traceback.format_tb(trace)))
    try:
        page: str = render_to_string("web/500.html", {"reference": reference, "fault": True})
    except Exception:  # the page must come whatever is broken, the templates and the build included
        page = _("The server could not do that. Nothing was changed. Tell your administrator reference %(reference)s.") % {
            "reference": reference
        }
    return HttpResponse(page, status=500)


def conflict(request: HttpRequest, reason: str, **facts: Any) -> HttpResponse:
    """409 as a whole page: what is newer, and what was typed, so that nothing is lost.

    facts: `title`, `back` (address of the object), `rows` [(label, words)], `kept` [(label, text)], `primary` (label, address).
    """
    return render(request, "web/409.html", {"reason": reason, **facts}, status=409)


def _fault(request: HttpRequest, template: str, code: int) -> HttpResponse:
    _place(request)
    return render(request, template, {"fault": True}, status=code)


def _place(request: HttpRequest) -> None:
    """The actor of an address that no page stands at, so that it looks like one whose case is hidden."""
    workspace = workspace_of(request.path_info)
    user = getattr(request, "user", None)
    if workspace is None or not isinstance(user, User) or getattr(request, "actor", None):
        return
    try:
        request.actor = actor_in(user, workspace)  # type: ignore[attr-defined]
    except Http404:
        return
