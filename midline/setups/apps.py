from django.apps import AppConfig


class SetupsConfig(AppConfig):
    name = "midline.setups"
    label = "setups"

    def ready(self) -> None:
        """Says which files its rows name, and takes the uploads that bring a setup."""
        from midline.core.orphans import names_files
        from midline.records.services import receive
        from midline.setups.queries import named_files
        from midline.setups.services.imports import import_received

        names_files("setups", named_files)
        receive("setup", import_received)
