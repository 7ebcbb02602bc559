"""The address in the List-Unsubscribe header: switches off one row of Email Notifications without signing in."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from midline.notify import services
from midline.notify.links import unsubscribe_read
from midline.notify.rows import label_of


@csrf_exempt  # a mail program posts here (RFC 8058); the signature in the address says whose row it is
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A GET shows what would be switched off, because mail scanners open every link; a POST switches it off. Doing it twice is the same."""
    found = unsubscribe_read(token)
    if found is None or not (label := label_of(found[1])):
        raise Http404
    person, row = found
    if request.method == "POST":
        services.row_switch_off(person=person, row=row)
    with translation.override(person.language):
        return render(request, "notify/unsubscribe.html", {"label": label, "done": request.method == "POST", "language": person.language})
