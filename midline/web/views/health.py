"""The address that a supervisor or a proxy asks."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from midline.web.health import health


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when database, storage and worker work, else 503 naming what fails. No sign-in, and nothing about people."""
    fine, parts = health()
    return JsonResponse(parts, status=200 if fine else 503)
