"""Addresses of setups."""

from django.urls import URLPattern

app_name = "setups"
urlpatterns: list[URLPattern] = []
