from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "midline.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Every room's jobs.py registers its handlers, so a room needs no line of its own for it."""
        autodiscover_modules("jobs")
