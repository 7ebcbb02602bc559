from django.apps import AppConfig


class SetupsConfig(AppConfig):
    name = "midline.setups"
    label = "setups"

    def ready(self) -> None:
        """Says which files its rows name, takes the uploads that bring a setup, and knows where a pin can stand."""
        from midline.conversation.services import places_are_checked_by
        from midline.core.orphans import names_files
        from midline.records.services import receive
        from midline.setups.places import refuse_wrong_place
        from midline.setups.queries import named_files
        from midline.setups.services.imports import import_received

        names_files("setups", named_files)
        receive("setup", import_received)
        places_are_checked_by(refuse_wrong_place)
