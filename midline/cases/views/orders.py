"""Manage Orders: the provider's cases."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from midline.activity.services import record_access
from midline.cases import services
from midline.cases.actions import Action
from midline.cases.models import Case
from midline.cases.policies import cases_for
from midline.cases.queries import Asked, Reach, columns_chosen, listed, own_view, relation_tone, views_of
from midline.cases.views.cells import drawn
from midline.cases.views.columns import columns_of
from midline.cases.views.export import csv_of
from midline.cases.views.opening import (
    back_to_list,
    form_key,
    numbers_sent,
    open_collaboration_or_404,
    open_collaborations,
    reach_in,
    to_search,
    view_asked,
)
from midline.cases.views.shown import ListPage
from midline.cases.views.telling import tell
from midline.collaboration.models import Collaboration
from midline.core.http import PortalRequest
from midline.core.ids import new_key
from midline.core.workspace import Workspace


@require_http_methods(["GET", "POST"])
def manage_orders(request: PortalRequest) -> HttpResponse:
    reach = reach_in(request, Workspace.PROVIDER)
    asked = view_asked(request, reach)
    if request.method == "POST":
        return to_search(request, asked)
    collaborations = open_collaborations(request.actor.provider_id)
    shown = columns_of(reach.actor.workspace, columns_chosen(request.actor), shares=bool(collaborations))
    page = ListPage.of(asked, reach, shown, collaborations=collaborations, views=views_of(request.actor))
    record_access(request, "manage_orders", page.case_ids)
    share_with = [(one, relation_tone(one), Collaboration.Relation(one.relation).label) for one in collaborations]
    context = {"list": page, "collaborations": collaborations, "share_with": share_with, "key": new_key()}
    return render(request, "cases/manage_orders.html", context | drawn(page, shown, selects=bool(collaborations)))


@require_GET
def export_orders(request: PortalRequest) -> HttpResponseBase:
    reach = reach_in(request, Workspace.PROVIDER)
    shares = bool(open_collaborations(request.actor.provider_id))
    return csv_of(request, view_asked(request, reach), reach, "orders", shares=shares)


def _matching(view: str, reach: Reach) -> QuerySet[Case]:
    """Every case that the view of an address shows at this moment."""
    return listed(own_view(Asked.of(QueryDict(view)), reach).but(), reach)


@require_GET
def orders_matching(request: PortalRequest) -> HttpResponse:
    """How many cases match the view, exactly: what "all that match" would share at this moment."""
    reach = reach_in(request, Workspace.PROVIDER)
    return JsonResponse({"count": _matching(request.GET.urlencode(), reach).count(), "shared": 0})


@require_POST
def orders_share(request: PortalRequest) -> HttpResponse:
    """Shares what is ticked, or all that match the view: one act, also when the form is sent twice."""
    reach = reach_in(request, Workspace.PROVIDER)
    chosen = open_collaboration_or_404(request, request.POST.get("collaboration", ""))
    if request.POST.get("scope") == "matching":
        cases = _matching(request.POST.get("view", ""), reach)
    else:
        cases = cases_for(reach.actor, Action.SHARE).filter(number__in=numbers_sent(request))
    if chosen.every_case:
        messages.info(request, _("%(name)s sees every case already.") % {"name": chosen.name})
        return back_to_list(request, reverse("cases:manage_orders"))
    tell(request, services.cases_share(collaboration=chosen, cases=cases, by=request.actor, key=form_key(request)), chosen)
    return back_to_list(request, reverse("cases:manage_orders"))
