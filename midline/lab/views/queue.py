"""The queue: what waits, whose it is, how old it is; and the change request of one order beside it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from midline.activity.services import record_access
from midline.cases.actions import Action
from midline.cases.policies import cases_for
from midline.cases.services import order_move
from midline.core.errors import NotAllowedNow
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace
from midline.lab import queries
from midline.lab.changes import ChangeList, change_list
from midline.lab.views.answers import to

TABS = ("all", "yours", "waiting", "records", "manufacturing", "shipping")


@require_safe
def queue(request: PortalRequest) -> HttpResponse:
    if request.actor.workspace is not Workspace.LAB:
        raise Http404
    tab = request.GET.get("tab", "all")
    if tab not in TABS:
        raise Http404
    words = request.GET.get("q", "")[:80]
    page = Paginator(queries.queue_orders(request.actor, tab, words), queries.PAGE).get_page(request.GET.get("page"))
    rows = queries.queue_rows(page.object_list, request.actor)
    beside = _beside(request)
    record_access(request, "lab:queue", {row.case.pk for row in rows} | ({beside.case.pk} if beside else set()))
    context: dict[str, Any] = {"groups": queries.queue_groups(rows, tab), "tab": tab, "words": words, "page": page}
    context |= {"tabs": _tabs(request, tab), "changes": beside, "next": request.get_full_path()}
    context |= {"promise": settings.MIDLINE_LAB_PROMISE_DAYS, "median_days": queries.median_age_days(request.actor)}
    return render(request, "lab/queue.html", context)


@require_POST
def take_next(request: PortalRequest) -> HttpResponse:
    """Takes the most urgent order that nobody has; when somebody is quicker, the one after it."""
    if request.actor.workspace is not Workspace.LAB:
        raise Http404
    for order in queries.queue_orders(request.actor, "waiting")[:20]:
        try:
            order_move(order=order, event="take", by=request.actor)
        except NotAllowedNow:
            continue
        undo = reverse("lab:hand_over", args=["lab", order.case.number, order.pk])
        messages.success(request, _("%(number)s is yours.") % {"number": order.case.number}, extra_tags=undo)
        break
    else:
        messages.info(request, _("Nothing waits to be taken."))
    return to("lab:queue")


def _tabs(request: PortalRequest, current: str) -> list[dict[str, Any]]:
    counts = queries.tab_counts(request.actor)
    labels = {
        "all": _("All"),
        "yours": _("Yours"),
        "waiting": _("Not taken"),
        "records": _("Records needed"),
        "manufacturing": _("Manufacturing"),
        "shipping": _("Shipping"),
    }
    address = reverse("lab:queue")
    return [
        {
            "label": labels[name],
            "url": address if name == "all" else f"{address}?tab={name}",
            "count": counts[name],
            "tone": "lab" if name == "yours" and counts[name] else "",
            "current": name == current,
        }
        for name in TABS
    ]


def _beside(request: PortalRequest) -> ChangeList | None:
    """The change request of the case that the address names, when there is one."""
    number = request.GET.get("changes")
    if not number:
        return None
    case = cases_for(request.actor, Action.READ_SENT_REQUESTS).filter(number=number).select_related("practice", "provider__person").first()
    return change_list(case, request.actor) if case else None
