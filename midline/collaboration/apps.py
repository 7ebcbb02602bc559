from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class CollaborationConfig(AppConfig):
    name = "midline.collaboration"
    label = "collaboration"

    def ready(self) -> None:
        from midline.activity import services as activity
        from midline.collaboration import jobs  # noqa: F401 - registers the handlers
        from midline.collaboration.subscribers import on_event

        activity.subscribe(on_event)
        post_migrate.connect(_install_texts, sender=self)


def _install_texts(**sent: Any) -> None:
    """A fresh installation has the texts to tick: Django's hook for data that every database holds."""
    from midline.collaboration.services import texts_ensure

    # Not after migrating back to zero; `flush`, which tells no state of the models, leaves every table.
    if "apps" not in sent or "consenttext" in sent.get("apps", apps).all_models["collaboration"]:
        texts_ensure()
