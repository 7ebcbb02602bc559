"""Manage Collaborators: choose a collaborator, narrow the cases, share or stop sharing them, one by one, set-wise, or every case."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from midline.activity.services import record_access
from midline.cases import services
from midline.cases.actions import Action
from midline.cases.policies import cases_for, get_case_or_404
from midline.cases.queries import Asked, Reach, around_number, former_people_of, listed, own_view, people_of, shared_by_case, shared_with
from midline.cases.views.columns import COLUMNS
from midline.cases.views.filters import MANAGE
from midline.cases.views.opening import (
    back_to_list,
    form_key,
    numbers_sent,
    open_collaboration_or_404,
    reach_in,
    stale,
    to_search,
    view_asked,
)
from midline.cases.views.shown import ListPage
from midline.cases.views.telling import tell
from midline.collaboration.models import Collaboration, Grant
from midline.core.errors import NotAllowedNow
from midline.core.http import PortalRequest
from midline.core.ids import new_key
from midline.core.workspace import Workspace

_SHOWN = {column.name: column for column in COLUMNS[Workspace.PROVIDER]}
SHARE_COLUMNS = (
    _SHOWN["case"],
    _SHOWN["patient"],
    replace(_SHOWN["practice"], class_name="max-md:!hidden"),
    replace(_SHOWN["status"], class_name="max-md:!hidden"),
)


@require_http_methods(["GET", "POST"])
def manage_collaborators(request: PortalRequest) -> HttpResponse:
    reach = reach_in(request, Workspace.PROVIDER)
    asked = view_asked(request, reach)
    if request.method == "POST":
        return to_search(request, asked)
    people = people_of(request.actor.provider_id or 0)
    chosen = next((p for p in people if p.collaboration.pk == asked.collaboration), people[0] if people else None)
    context: dict[str, Any] = {"people": people, "former": former_people_of(request.actor.provider_id or 0), "chosen": chosen}
    if chosen:
        context |= _list_with(replace(asked, collaboration=chosen.collaboration.pk), reach, chosen.collaboration)
        record_access(request, "manage_collaborators", context["list"].case_ids)
    return render(request, "cases/manage_collaborators.html", context)


def _list_with(asked: Asked, reach: Reach, chosen: Collaboration) -> dict[str, Any]:
    page = ListPage.of(asked, reach, SHARE_COLUMNS, place=MANAGE)
    shared = shared_by_case(chosen, page.cases)
    before, after = around_number("web:case", Workspace.PROVIDER.value)
    return {
        "list": page,
        "rows": [(row, f"{before}{row.number}{after}", shared[row.id]) for row in page.rows],
        "all": page.tab_counts[""],
        "grants": _grants(chosen),
        "first_name": chosen.first_name or chosen.name,
        "shared_chips": _shared_chips(asked),
        "view": asked.address().removeprefix("?"),
        "key": new_key(),
        "kept": urlencode(asked.but(collaboration=None, shared="").pairs()),
    }


def _shared_chips(asked: Asked) -> list[dict[str, str]]:
    """Filters of this page alone: shared with the chosen one or not, and what is not closed."""
    chips = [{"label": _("Group is"), "value": _("not Closed"), "url": asked.address(group="")}] if asked.group == "open" else []
    if asked.shared:
        value = _("shared") if asked.shared == "yes" else _("not shared")
        return [*chips, {"label": _("Cases are"), "value": value, "url": asked.address(shared="")}]
    offered = [{"label": _("Shared"), "url": asked.address(shared="yes")}, {"label": _("Not shared"), "url": asked.address(shared="no")}]
    return [*chips, *offered] if chips else [*offered, {"label": _("Not closed"), "url": asked.address(group="open")}]


GRANT_WORDS = {
    Grant.ADD_ORDERS: gettext_lazy("add orders"),
    Grant.DECLINE_SETUPS: gettext_lazy("decline setups"),
    Grant.EDIT_RECORDS: gettext_lazy("add and replace records"),
    Grant.DOWNLOAD: gettext_lazy("download"),
    Grant.PUBLISH_SETUPS: gettext_lazy("publish setups"),
}


def _grants(chosen: Collaboration) -> str:
    """ "Mentor · may add orders, decline setups"."""
    relation = str(chosen.get_relation_display())
    given = [str(GRANT_WORDS[grant]) for grant in Grant if grant in chosen.granted]
    if not given:
        return _("%(relation)s · may see, comment and mark ready") % {"relation": relation}
    return _("%(relation)s · may %(grants)s") % {"relation": relation, "grants": ", ".join(given)}


# --- acts -----------------------------------------------------------------------------------------------------------


@require_POST
def shares_change(request: PortalRequest, collaboration_id: int) -> HttpResponse:
    reach = reach_in(request, Workspace.PROVIDER)
    chosen = open_collaboration_or_404(request, collaboration_id)
    back = _back(request, chosen)
    if request.POST.get("scope") == "matching":
        cases = listed(own_view(Asked.of(QueryDict(request.POST.get("view", ""))), reach).but(collaboration=chosen.pk), reach)
    else:
        cases = cases_for(request.actor, Action.SHARE).filter(number__in=numbers_sent(request))
    if chosen.every_case:
        return stale(request, _("%(name)s sees every case now. Change that first.") % {"name": chosen.name}, back)
    act = services.cases_unshare if request.POST.get("act") == "stop" else services.cases_share
    try:
        batch = act(collaboration=chosen, cases=cases, by=request.actor, key=form_key(request))
    except NotAllowedNow as changed:
        return stale(request, changed.reason, back)
    tell(request, batch, chosen)
    return back_to_list(request, back)


@require_GET
def shares_matching(request: PortalRequest, collaboration_id: int) -> HttpResponse:
    """How many cases match the view, exactly, and how many of them are shared: what "all that match" would do at this moment."""
    reach = reach_in(request, Workspace.PROVIDER)
    chosen = open_collaboration_or_404(request, collaboration_id)
    view = own_view(Asked.of(request.GET), reach).but(collaboration=chosen.pk)
    rows = listed(view, reach)
    return JsonResponse({"count": rows.count(), "shared": rows.filter(shared_with((chosen.pk,), reach)).count()})


@require_POST
def standing_grant(request: PortalRequest, collaboration_id: int) -> HttpResponse:
    reach_in(request, Workspace.PROVIDER)
    chosen = open_collaboration_or_404(request, collaboration_id)
    act = services.standing_grant_begin if request.POST.get("on") else services.standing_grant_end
    tell(request, act(collaboration=chosen, by=request.actor, key=form_key(request)), chosen)
    return back_to_list(request, _back(request, chosen))


@require_http_methods(["GET", "POST"])
def share_except(request: PortalRequest, collaboration_id: int, number: str) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.SHARE)
    chosen = open_collaboration_or_404(request, collaboration_id)
    back = _back(request, chosen)
    if request.method == "GET":
        others = cases_for(request.actor, Action.SHARE).count() - 1
        template = "cases/_share_except.html" if request.htmx else "cases/share_except.html"
        return render(request, template, {"case": case, "chosen": chosen, "others": others, "back": back, "key": new_key()})
    try:
        batch = services.standing_grant_to_single(collaboration=chosen, except_case=case, by=request.actor, key=form_key(request))
    except NotAllowedNow as gone:
        return stale(request, gone.reason, back)
    tell(request, batch, chosen, number=case.number or "")
    return back_to_list(request, back)


def _back(request: PortalRequest, chosen: Collaboration) -> str:
    return f"{reverse('cases:manage_collaborators')}?with={chosen.pk}"
