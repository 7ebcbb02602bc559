from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "midline.records"
    label = "records"

    def ready(self) -> None:
        """Lists of cases name the records that the lab asks for, in a room that knows only their codes."""
        from midline.cases.queries import SLOT_LABELS
        from midline.records.models import Slot

        SLOT_LABELS.update({slot.value: slot.label for slot in Slot})
