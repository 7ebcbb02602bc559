"""The choice of columns: which, and in which order. Moved by the server, so that it works with keys and without scripts alike."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from midline.cases import services
from midline.cases.queries import columns_chosen
from midline.cases.views.columns import COLUMNS, FIXED, default_names, known_names
from midline.cases.views.opening import list_reach, list_url
from midline.core.http import PortalRequest, is_own_path
from midline.core.workspace import Workspace


@require_http_methods(["GET", "POST"])
def columns(request: PortalRequest, workspace: Workspace) -> HttpResponse:
    list_reach(request, workspace)
    begin = default_names(workspace)
    if request.method == "GET":
        return _shown(request, workspace, known_names(columns_chosen(request.actor) or begin, workspace), [])
    chosen = known_names(request.POST.getlist("column"), workspace)
    order = known_names(request.POST.getlist("order"), workspace)
    if move := request.POST.get("move", ""):
        return _shown(request, workspace, chosen, _moved(order, move))
    names = [] if request.POST.get("reset") else [name for name in order if name in chosen]
    services.columns_choose(names=[] if names == begin else names, by=request.actor)
    back = request.POST.get("next", "")
    target = back if is_own_path(back) and back.startswith(f"/{workspace}/") else list_url(workspace)
    return HttpResponseClientRedirect(target) if request.htmx else HttpResponseRedirect(target)


def _moved(order: list[str], move: str) -> list[str]:
    """`move` is "name:-1" or "name:1"; Case and Patient stay in front."""
    name, _colon, step = move.partition(":")
    if name not in order or name in FIXED or step not in {"-1", "1"}:
        return order
    at = order.index(name)
    to = max(len(FIXED), min(len(order) - 1, at + int(step)))
    order.insert(to, order.pop(at))
    return order


def _shown(request: PortalRequest, workspace: Workspace, chosen: list[str], order: list[str]) -> HttpResponse:
    """Those chosen first, in their order, then the others; after a move the order that was sent."""
    by_name = {column.name: column for column in COLUMNS[workspace]}
    names = list(dict.fromkeys([*order, *chosen, *by_name]))
    back = (request.POST if request.method == "POST" else request.GET).get("next", "")
    context = {
        "workspace": workspace,
        "lines": [(by_name[name], name in chosen) for name in names],
        "next": back if is_own_path(back) else "",
        "list_url": list_url(workspace),
    }
    return render(request, "cases/_columns.html" if request.htmx else "cases/columns.html", context)
