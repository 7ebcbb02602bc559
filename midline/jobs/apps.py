from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "midline.jobs"
    label = "jobs"
