from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "midline.api"
    label = "api"
