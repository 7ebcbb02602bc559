from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "midline.cases"
    label = "cases"

    def ready(self) -> None:
        from midline.activity import services as activity
        from midline.cases.services.milestones import milestone_follows
        from midline.cases.subscribers import on_event

        activity.subscribe(on_event)
        activity.subscribe(milestone_follows)
