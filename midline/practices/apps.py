from django.apps import AppConfig


class PracticesConfig(AppConfig):
    name = "midline.practices"
    label = "practices"
