"""The small forms of the lab: records asked for, tracking, the note of a version."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from midline.cases.models import RecordNeed
from midline.cases.services import Ask
from midline.records.models import Slot

ASKED_FOR = [slot for slot in Slot if slot is not Slot.DOCUMENT]


class AskRecordsForm(forms.Form):
    """One line a record: not asked for, missing, or unusable, with the reason that the provider reads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Not asked for")), *RecordNeed.Kind.choices]
        for slot in ASKED_FOR:
            select = forms.Select(attrs={"class": "select select-sm w-full max-sm:h-11"})
            words = forms.TextInput(attrs={"class": "input input-sm w-full max-sm:h-11", "placeholder": _("Why, in words that help")})
            self.fields[f"kind-{slot}"] = forms.ChoiceField(label=slot.label, choices=choices, required=False, widget=select)
            self.fields[f"reason-{slot}"] = forms.CharField(
                label=_("Reason for %(record)s") % {"record": slot.label}, max_length=300, required=False, widget=words
            )

    def lines(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """(label, what, why) of each record, in the order of the record slots."""
        return [(str(slot.label), self[f"kind-{slot}"], self[f"reason-{slot}"]) for slot in ASKED_FOR]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for slot in ASKED_FOR:
            if cleaned.get(f"kind-{slot}") and not cleaned.get(f"reason-{slot}", "").strip():
                self.add_error(f"reason-{slot}", _("Say why %(record)s is needed, so that the provider can help.") % {"record": slot.label})
        if not any(cleaned.get(f"kind-{slot}") for slot in ASKED_FOR):
            raise forms.ValidationError(_("Nothing is asked for yet. Choose missing or unusable for at least one record."))
        return cleaned

    def asks(self) -> list[Ask]:
        found = self.cleaned_data
        return [Ask(slot, RecordNeed.Kind(found[f"kind-{slot}"]), found[f"reason-{slot}"]) for slot in ASKED_FOR if found[f"kind-{slot}"]]


class ShipForm(forms.Form):
    """Carrier and tracking number, as the provider will read them."""

    carrier = forms.CharField(
        label=gettext_lazy("Carrier"), max_length=80, widget=forms.TextInput(attrs={"class": "input h-9 w-full max-sm:h-11"})
    )
    tracking = forms.CharField(
        label=gettext_lazy("Tracking number"), max_length=120, widget=forms.TextInput(attrs={"class": "input h-9 w-full max-sm:h-11 num"})
    )


class PublishForm(forms.Form):
    """What the lab says with a version; everybody who sees the case reads it."""

    note = forms.CharField(
        label=gettext_lazy("Note to the provider"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"class": "textarea w-full", "rows": 3}),
    )


class UploadForm(forms.Form):
    """A ZIP of staged models. `replaces` says that an import on its way gives way to it."""

    file = forms.FileField(
        label=gettext_lazy("ZIP of staged models"),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip", "class": "file-input h-9 w-full text-sm max-sm:h-11"}),
    )
    replaces = forms.BooleanField(required=False, widget=forms.HiddenInput)
