from django.apps import AppConfig


class SetupsConfig(AppConfig):
    name = "midline.setups"
    label = "setups"
