"""Addresses of orders."""

from django.urls import URLPattern, path

from midline.orders import views

_ORDER = "<workspace:workspace>/cases/<str:number>/orders/<int:order_id>"

app_name = "orders"
urlpatterns: list[URLPattern] = [
    path("<workspace:workspace>/orders/add/", views.add, name="add"),
    path("<workspace:workspace>/orders/add-retainer/", views.add_retainer, name="add_retainer"),
    path("<workspace:workspace>/cases/<str:number>/orders/add-revision/", views.add_revision, name="add_revision"),
    path("<workspace:workspace>/cases/<str:number>/orders/add-replacement/", views.add_replacement, name="add_replacement"),
    path(f"{_ORDER}/step/<int:step>/", views.step, name="step"),
    path(f"{_ORDER}/step/<int:step>/save/", views.autosave, name="autosave"),
    path(f"{_ORDER}/step/<int:step>/field/", views.field, name="field"),
    path(f"{_ORDER}/needed/", views.needed, name="needed"),
    path(f"{_ORDER}/preferences/", views.prefer, name="prefer"),
    path(f"{_ORDER}/submit/", views.submit, name="submit"),
    path(f"{_ORDER}/discard/", views.discard, name="discard"),
]
