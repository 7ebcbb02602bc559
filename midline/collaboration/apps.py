from django.apps import AppConfig


class CollaborationConfig(AppConfig):
    name = "midline.collaboration"
    label = "collaboration"
