from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "midline.notify"
    label = "notify"

    def ready(self) -> None:
        from midline.activity import services as activity
        from midline.notify.subscribers import on_event

        activity.subscribe(on_event)
