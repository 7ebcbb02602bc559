from django.apps import AppConfig


class ConversationConfig(AppConfig):
    name = "midline.conversation"
    label = "conversation"
