from django.apps import AppConfig


class ConversationConfig(AppConfig):
    name = "midline.conversation"
    label = "conversation"

    def ready(self) -> None:
        """Says which files its rows name."""
        from midline.conversation.files import keys_named
        from midline.core.orphans import names_files

        names_files("conversation", keys_named)
