from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "midline.records"
    label = "records"
