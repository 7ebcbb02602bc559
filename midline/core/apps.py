from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "midline.core"
    label = "core"
