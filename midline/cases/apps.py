from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CasesConfig(AppConfig):
    name = "midline.cases"
    label = "cases"

    def ready(self) -> None:
        from midline.activity import services as activity
        from midline.cases import checks  # noqa: F401 - registers the check of the database
        from midline.cases.services.milestones import milestone_follows
        from midline.cases.services.search_index import search_index_mended
        from midline.cases.subscribers import on_event

        activity.subscribe(on_event)
        activity.subscribe(milestone_follows)
        post_migrate.connect(search_index_mended, sender=self)
