"""Addresses of practices and of the registration as a provider."""

from django.urls import URLPattern, path

from midline.practices import views

app_name = "practices"
urlpatterns: list[URLPattern] = [
    path("register/", views.register, name="register"),
    path("account/registration/", views.waiting, name="waiting"),
    path("account/practices/", views.practices, name="practices"),
    path("account/practices/add/", views.practice_add, name="practice_add"),
    path("account/practices/<int:practice_id>/", views.practice, name="practice"),
]
