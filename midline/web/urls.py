"""Addresses of web."""

from django.conf import settings
from django.urls import URLPattern, path

from midline.web.case_page import TABS
from midline.web.views import cases, dashboard, design, health, home, updates

app_name = "web"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("account/theme/", home.theme, name="theme"),
    path("account/workspaces/", home.workspaces, name="workspaces"),
    path("account/single-keys/", home.single_keys, name="single_keys"),
    path("healthz", health.healthz, name="healthz"),
    path("<workspace:workspace>/", home.start, name="start"),
    path("<workspace:workspace>/dashboard/", dashboard.dashboard, name="dashboard"),
    path("<workspace:workspace>/updates", updates.workspace_updates, name="workspace_updates"),
    path("<workspace:workspace>/cases/<str:number>/updates", updates.case_updates, name="updates"),
    path("<workspace:workspace>/cases/<str:number>/", cases.case, name="case"),
    path("<workspace:workspace>/cases/<str:number>/orders/<int:order_id>/event/<slug:event>/", cases.order_event, name="order_event"),
]
urlpatterns += [path(f"<workspace:workspace>/cases/<str:number>/{tab}/", cases.case, {"tab": tab}, name=f"case_{tab}") for tab in TABS[1:]]
if settings.DEBUG:
    urlpatterns += [
        path("design/", design.design, name="design"),
        path("design/fault/<int:code>/", design.fault, name="design_fault"),
        path("design/toast/", design.toast, name="design_toast"),
        path("design/<slug:part>/", design.part, name="design_part"),
    ]
