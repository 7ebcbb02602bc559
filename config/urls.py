"""Every address. A room's addresses stand in its own urls.py."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, register_converter

from midline.core.workspace import WorkspaceConverter

register_converter(WorkspaceConverter, "workspace")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("midline.web.urls")),
    path("", include("midline.people.urls")),
    path("", include("midline.practices.urls")),
    path("", include("midline.collaboration.urls")),
    path("", include("midline.cases.urls")),
    path("", include("midline.records.urls")),
    path("", include("midline.conversation.urls")),
    path("", include("midline.setups.urls")),
    path("", include("midline.notify.urls")),
    path("", include("midline.orders.urls")),
    path("", include("midline.lab.urls")),
    path("account/", include("allauth.urls")),
    path("administration/", admin.site.urls),
]
handler404 = "midline.web.views.faults.not_found"
handler403 = "midline.web.views.faults.forbidden"
handler500 = "midline.web.views.faults.server_error"
handler400 = "midline.web.views.faults.bad_request"
