from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "midline.notify"
    label = "notify"
