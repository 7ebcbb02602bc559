from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "midline.web"
    label = "web"
