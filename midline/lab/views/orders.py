"""Acts on an order: take, hand over, ask for records, start manufacturing, ship."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from midline.cases.actions import Action
from midline.cases.services import order_move, records_ask
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace
from midline.lab.forms import AskRecordsForm, ShipForm
from midline.lab.policies import order_or_404
from midline.lab.views.answers import acted, home_of, shell


@require_POST
def take(request: PortalRequest, workspace: Workspace, number: str, order_id: int) -> HttpResponse:
    order = order_or_404(request.actor, number, order_id, Action.TAKE)
    undo = reverse("lab:hand_over", args=[workspace, number, order_id])
    said = _("%(number)s is yours.") % {"number": number}
    return acted(
        request, lambda: order_move(order=order, event="take", by=request.actor), said=said, back=home_of(workspace, number), undo=undo
    )


@require_POST
def hand_over(request: PortalRequest, workspace: Workspace, number: str, order_id: int) -> HttpResponse:
    order = order_or_404(request.actor, number, order_id, Action.TAKE)
    undo = reverse("lab:take", args=[workspace, number, order_id])
    said = _("%(number)s is back in the queue.") % {"number": number}
    return acted(
        request, lambda: order_move(order=order, event="hand_over", by=request.actor), said=said, back=home_of(workspace, number), undo=undo
    )


@require_POST
def start(request: PortalRequest, workspace: Workspace, number: str, order_id: int) -> HttpResponse:
    order = order_or_404(request.actor, number, order_id, Action.MANUFACTURE)
    said = _("%(number)s is in manufacturing.") % {"number": number}
    back = reverse("lab:queue") + "?tab=manufacturing"
    return acted(request, lambda: order_move(order=order, event="start_manufacturing", by=request.actor), said=said, back=back)


@require_http_methods(["GET", "POST"])
def ship(request: PortalRequest, workspace: Workspace, number: str, order_id: int) -> HttpResponse:
    order = order_or_404(request.actor, number, order_id, Action.MANUFACTURE)
    form = ShipForm(request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        context = {"form": form, "order": order, "next": request.GET.get("next", request.POST.get("next", ""))}
        title = _("Ship %(number)s") % {"number": number}
        return shell(request, title, "lab/_ship.html", context, status=200 if request.method == "GET" else 422)
    said = _("%(number)s is shipped. The provider gets the tracking number.") % {"number": number}
    back = reverse("lab:queue") + "?tab=shipping"
    return acted(request, lambda: order_move(order=order, event="ship", by=request.actor, **form.cleaned_data), said=said, back=back)


@require_http_methods(["GET", "POST"])
def ask_records(request: PortalRequest, workspace: Workspace, number: str, order_id: int) -> HttpResponse:
    order = order_or_404(request.actor, number, order_id, Action.ASK_RECORDS)
    form = AskRecordsForm(request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        context = {"form": form, "order": order, "next": request.GET.get("next", request.POST.get("next", ""))}
        title = _("Ask for records of %(number)s") % {"number": number}
        return shell(request, title, "lab/_ask_records.html", context, status=200 if request.method == "GET" else 422)
    said = _("The provider is asked for records of %(number)s.") % {"number": number}
    back = reverse("lab:queue") + "?tab=records"
    return acted(request, lambda: records_ask(order=order, by=request.actor, asks=form.asks()), said=said, back=back)
