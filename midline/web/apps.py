"""The room web."""

from django.apps import AppConfig
from django.forms.fields import BooleanField, ChoiceField, EmailField, Field
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    name = "midline.web"
    label = "web"

    def ready(self) -> None:
        """What a form says when a field says nothing of its own: value and remedy, in the portal's words."""
        Field.default_error_messages["required"] = _("This is empty. Fill it in.")
        BooleanField.default_error_messages = {"required": _("This box is not ticked. Tick it to go on.")}
        ChoiceField.default_error_messages["required"] = _("Nothing is chosen. Choose one.")
        EmailField.default_error_messages = {"invalid": _("This is not an e-mail address. It looks like name@practice.example.")}
