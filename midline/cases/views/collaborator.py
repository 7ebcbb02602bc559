"""The Collaborator Dashboard: the cases of every provider who shares with the reader."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from midline.activity.services import record_access
from midline.cases.queries import columns_chosen, views_of
from midline.cases.views.cells import drawn
from midline.cases.views.choosing import Practices, Providers, provider_choice
from midline.cases.views.columns import columns_of
from midline.cases.views.export import csv_of
from midline.cases.views.filters import SHARED
from midline.cases.views.opening import reach_in, to_search, view_asked
from midline.cases.views.shown import ListPage
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace


@require_http_methods(["GET", "POST"])
def collaborator_cases(request: PortalRequest) -> HttpResponse:
    reach = reach_in(request, Workspace.COLLABORATOR)
    asked = view_asked(request, reach)
    if request.method == "POST":
        return to_search(request, asked)
    shown = columns_of(reach.actor.workspace, columns_chosen(request.actor))
    page = ListPage.of(asked, reach, shown, place=SHARED, views=views_of(request.actor))
    record_access(request, "collaborator_cases", page.case_ids)
    context = {"list": page, "chosen": provider_choice(asked, reach)}
    return render(request, "cases/collaborator_cases.html", context | drawn(page, shown))


@require_http_methods(["GET", "POST"])
def collaborator_choose(request: PortalRequest, what: str) -> HttpResponse:
    """The Provider drop-down, or the practices to filter by, opened: 50 at most, found by a part of the name, which is sent by POST."""
    reach = reach_in(request, Workspace.COLLABORATOR)
    asked, words = view_asked(request, reach), request.POST.get("words", "")[:80]
    context: dict[str, Any] = {
        "what": what,
        "words": words,
        "here": request.get_full_path(),
        "list_url": reverse("cases:collaborator_cases"),
    }
    if what == "provider":
        context |= {"providers": Providers.of(asked, reach, words), "chosen": provider_choice(asked, reach)}
    else:
        context |= {"practices": Practices.of(asked, reach, words, ticked=request.POST.getlist("practice"))}
    found_only = request.htmx and request.method == "POST"
    return render(
        request, "cases/_choose_found.html" if found_only else "cases/_choose.html" if request.htmx else "cases/choose.html", context
    )


@require_GET
def export_collaborator_cases(request: PortalRequest) -> HttpResponseBase:
    reach = reach_in(request, Workspace.COLLABORATOR)
    return csv_of(request, view_asked(request, reach), reach, "shared-cases")
