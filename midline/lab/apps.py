from django.apps import AppConfig


class LabConfig(AppConfig):
    name = "midline.lab"
    label = "lab"
