from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "midline.records"
    label = "records"

    def ready(self) -> None:
        """Says which files its rows name. Lists of cases name the records that the lab asks for, in a room that knows only their codes."""
        from midline.cases.queries import SLOT_LABELS
        from midline.core.orphans import names_files
        from midline.records.models import Slot
        from midline.records.queries import keys_named

        names_files("records", keys_named)
        SLOT_LABELS.update({slot.value: slot.label for slot in Slot})
