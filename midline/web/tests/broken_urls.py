"""Addresses whose views fail, for the tests of faults."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError(request.GET["typed"])


def denied(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def suspicious(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation


urlpatterns = [
    path("provider/broken/", broken),
    path("provider/denied/", denied),
    path("provider/suspicious/", suspicious),
    path("", include("config.urls")),
]
handler403 = "midline.web.views.faults.forbidden"
handler400 = "midline.web.views.faults.bad_request"
handler500 = "midline.web.views.faults.server_error"
