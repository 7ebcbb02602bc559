from django.apps import AppConfig


class ActivityConfig(AppConfig):
    name = "midline.activity"
    label = "activity"
