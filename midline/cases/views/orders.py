"""Manage Orders: the provider's cases."""

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from midline.activity.services import record_access
from midline.cases import services
from midline.cases.actions import Action
from midline.cases.policies import cases_for
from midline.cases.queries import relation_tone
from midline.cases.views.cells import drawn
from midline.cases.views.export import Cells, csv_of
from midline.cases.views.opening import back_to_list, open_collaboration_or_404, open_collaborations, reach_in, to_search, view_asked
from midline.cases.views.shown import Column, ListPage
from midline.cases.views.telling import tell
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace

COLUMNS = (
    Column(gettext_lazy("Case"), "number"),
    Column(gettext_lazy("Patient"), "patient"),
    Column(gettext_lazy("Practice"), "practice", "max-[1380px]:!hidden"),
    Column(gettext_lazy("Case type"), "type", "max-[1380px]:!hidden"),
    Column(gettext_lazy("Status"), "status"),
    Column(gettext_lazy("Collaborators"), "people", sharing=True),
    Column(gettext_lazy("Collaborator status"), "cstatus", sharing=True),
    Column(gettext_lazy("Whose turn"), "turn"),
    Column(gettext_lazy("Last activity"), "activity", "!text-right"),
)
CELLS: Cells = (
    (gettext_lazy("Case"), lambda row: row.number),
    (gettext_lazy("Patient"), lambda row: row.patient),
    (gettext_lazy("Practice"), lambda row: row.practice),
    (gettext_lazy("Case type"), lambda row: row.type),
    (gettext_lazy("Category"), lambda row: row.status.group.label),
    (gettext_lazy("Status"), lambda row: f"{row.status.label}, {row.detail}" if row.detail else row.status.label),
    (gettext_lazy("Collaborators"), lambda row: row.collaborators),
    (gettext_lazy("Collaborator status"), lambda row: row.collaborator_status.label if row.collaborator_status else ""),
    (gettext_lazy("Unread comments"), lambda row: row.unread),
    (gettext_lazy("Whose turn"), lambda row: row.turn.label),
    (gettext_lazy("Begun by"), lambda row: row.begun_by),
    (gettext_lazy("Last activity"), lambda row: row.last_activity_at.isoformat(timespec="minutes")),
)


@require_http_methods(["GET", "POST"])
def manage_orders(request: PortalRequest) -> HttpResponse:
    reach = reach_in(request, Workspace.PROVIDER)
    asked = view_asked(request, reach)
    if request.method == "POST":
        return to_search(request, asked)
    collaborations = open_collaborations(request.actor.provider_id)
    shown = [column for column in COLUMNS if collaborations or not column.sharing]
    page = ListPage.of(asked, reach, shown, collaborations=collaborations)
    record_access(request, "manage_orders", page.case_ids)
    share_with = [(one, relation_tone(one)) for one in collaborations]
    context = {"list": page, "collaborations": collaborations, "share_with": share_with}
    return render(request, "cases/manage_orders.html", context | drawn(page, shown, selects=bool(collaborations)))


@require_GET
def export_orders(request: PortalRequest) -> HttpResponseBase:
    reach = reach_in(request, Workspace.PROVIDER)
    return csv_of(request, view_asked(request, reach), reach, CELLS, "orders")


@require_POST
def orders_share(request: PortalRequest) -> HttpResponse:
    cases = cases_for(reach_in(request, Workspace.PROVIDER).actor, Action.SHARE).filter(number__in=request.POST.getlist("case"))
    chosen = open_collaboration_or_404(request, request.POST.get("collaboration", ""))
    if chosen.every_case:
        messages.info(request, _("%(name)s sees every case already.") % {"name": chosen.name})
        return back_to_list(request, reverse("cases:manage_orders"))
    tell(request, services.cases_share(collaboration=chosen, cases=cases, by=request.actor), chosen)
    return back_to_list(request, reverse("cases:manage_orders"))
