"""The Collaborator Dashboard: the cases of every provider who shares with the reader."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from midline.activity.services import record_access
from midline.cases.policies import providers_for
from midline.cases.queries import Row
from midline.cases.views.cells import drawn
from midline.cases.views.choosing import Practices, Providers, provider_choice
from midline.cases.views.export import Cells, csv_of
from midline.cases.views.opening import reach_in, to_search, view_asked
from midline.cases.views.shown import FILTERS, Column, ListPage
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace

OFFERED = [name for name in FILTERS if name != "collaborator"]
COLUMNS = (
    Column(gettext_lazy("Case"), "number"),
    Column(gettext_lazy("Patient"), "patient"),
    Column(gettext_lazy("Provider"), "provider"),
    Column(gettext_lazy("Case type"), "type", "max-xl:!hidden"),
    Column(gettext_lazy("Collaborator status"), "cstatus"),
    Column(gettext_lazy("Whose turn"), "turn"),
    Column(gettext_lazy("Last activity"), "activity", "!text-right"),
)


def _patient(row: Row) -> str:
    return str(gettext_lazy("Identity hidden")) if row.hidden else row.patient


CELLS: Cells = (
    (gettext_lazy("Case"), lambda row: row.number),
    (gettext_lazy("Patient"), _patient),
    (gettext_lazy("Age and sex"), lambda row: row.about),
    (gettext_lazy("Provider"), lambda row: row.provider),
    (gettext_lazy("Practice"), lambda row: row.practice),
    (gettext_lazy("Case type"), lambda row: row.type),
    (gettext_lazy("Status"), lambda row: f"{row.status.label}, {row.detail}" if row.detail else row.status.label),
    (gettext_lazy("Collaborator status"), lambda row: row.collaborator_status.label if row.collaborator_status else ""),
    (gettext_lazy("Unread comments"), lambda row: row.unread),
    (gettext_lazy("Whose turn"), lambda row: row.turn.label),
    (gettext_lazy("Last activity"), lambda row: row.last_activity_at.isoformat(timespec="minutes")),
)


@require_http_methods(["GET", "POST"])
def collaborator_cases(request: PortalRequest) -> HttpResponse:
    reach = reach_in(request, Workspace.COLLABORATOR)
    asked = view_asked(request, reach)
    if request.method == "POST":
        return to_search(request, asked)
    page = ListPage.of(asked, reach, COLUMNS, offered=OFFERED)
    record_access(request, "collaborator_cases", page.case_ids)
    context = {"list": page, "chosen": provider_choice(asked, reach), "may_add": providers_for(request.actor).exists()}
    return render(request, "cases/collaborator_cases.html", context | drawn(page, COLUMNS))


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
    return csv_of(request, view_asked(request, reach), reach, CELLS, "shared-cases")
