"""Addresses of people. Those of signing in are allauth's, under /account/ too."""

from django.urls import URLPattern, path

from midline.people import views

app_name = "people"
urlpatterns: list[URLPattern] = [
    path("account/", views.profile, name="profile"),
    path("account/security/", views.security, name="security"),
    path("language/", views.language, name="language"),
]
