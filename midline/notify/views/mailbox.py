"""The development mailbox. It needs no sign-in: who is invited has no account yet. Outside development it does not exist."""

from csp.constants import NONE, SELF
from csp.decorators import csp, csp_update
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from midline.notify import mailbox


@login_not_required
@require_GET
def letters(request: HttpRequest) -> HttpResponse:
    """Every e-mail of the folder, newest first."""
    if not mailbox.is_open():
        raise Http404
    return render(request, "notify/mailbox.html", {"letters": mailbox.letters()})


@login_not_required
@require_GET
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # typed for views without arguments
def letter(request: HttpRequest, name: str) -> HttpResponse:
    """One e-mail: its headers, its HTML in a frame of its own, its text."""
    if not mailbox.is_open() or (found := mailbox.letter(name)) is None:
        raise Http404
    return render(request, "notify/letter.html", {"letter": found, "text": found.part("plain"), "html": bool(found.part("html"))})


@login_not_required
@require_GET
@xframe_options_sameorigin
@csp(  # type: ignore[arg-type]  # typed for views without arguments
    {
        "default-src": [NONE],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:"],
        "frame-ancestors": [SELF],
        "base-uri": [NONE],
        "form-action": [NONE],
        "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox", "allow-top-navigation-by-user-activation"],
    }
)
def letter_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part alone, as the reader's mail program would show it: no script, no form, nothing loaded. Links open the page above."""
    if not mailbox.is_open() or (found := mailbox.letter(name)) is None:
        raise Http404
    return HttpResponse(found.part("html").replace("<head>", '<head><base target="_top">', 1))
