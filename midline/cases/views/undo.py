"""Undo of an act of sharing, for as long as its toast stands."""

from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from midline.cases import services
from midline.cases.models import ShareBatch
from midline.cases.views.opening import back_to_list, reach_in, stale
from midline.core.errors import NotAllowedNow
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace


@require_POST
def shares_undo(request: PortalRequest, batch_id: UUID) -> HttpResponse:
    reach_in(request, Workspace.PROVIDER)
    batch = get_object_or_404(ShareBatch, pk=batch_id, provider_id=request.actor.provider_id)
    orders = reverse("cases:manage_orders")
    try:
        with suppress(services.AlreadyUndone):
            services.shares_undo(batch_id=batch.pk, by=request.actor)
    except NotAllowedNow as too_late:
        return stale(request, too_late.reason, orders)
    messages.success(request, _("Undone. The cases are shared as before."))
    return back_to_list(request, orders)
