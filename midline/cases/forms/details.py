"""The form of a correction: the patient's details and the practice."""

import json
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from midline.cases.models import Case, Patient
from midline.cases.services.details import Details
from midline.practices.models import Practice

FUSSY: Final = {"autocomplete": "off", "spellcheck": "false"}


class DetailsForm(forms.Form):
    """`seen` is what the page showed, so that a value somebody else wrote meanwhile is not lost."""

    use_required_attribute = False
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=80, widget=forms.TextInput(attrs=FUSSY))
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=80, widget=forms.TextInput(attrs=FUSSY))
    birth_on = forms.DateField(
        label=gettext_lazy("Birth date"), widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d")
    )
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=Patient.Sex.choices, required=False)
    practice = forms.ModelChoiceField(label=gettext_lazy("Practice"), queryset=Practice.objects.none(), empty_label=None)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, case: Case) -> None:
        details = Details.of(case)
        answers = asdict(details)
        super().__init__(data, initial={**answers, "practice": answers["practice_id"], "seen": written(details)})
        chosen: forms.ModelChoiceField = self.fields["practice"]  # type: ignore[type-arg,assignment]
        chosen.queryset = Practice.objects.filter(provider_id=case.provider_id).order_by("id")

    def clean_birth_on(self) -> date | None:
        born: date | None = self.cleaned_data.get("birth_on")
        if born and not Patient.may_be_born(born):
            raise ValidationError(_("%(day)s is no birth date. Enter a day between 1900 and today.") % {"day": born.isoformat()})
        return born

    def clean(self) -> dict[str, Any]:
        """`seen` becomes Details; what cannot be read is no fault of a field that anybody sees."""
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            given = json.loads(answers["seen"])
            born = date.fromisoformat(given["birth_on"]) if given["birth_on"] else None
            seen = Details(str(given["first_name"]), str(given["last_name"]), born, str(given["sex"]), int(given["practice_id"]))
        except (ValueError, TypeError, KeyError) as unreadable:
            raise ValidationError(_("Nothing was saved: the page does not say what it showed. Reload it.")) from unreadable
        return answers | {"seen": seen}

    def details(self) -> Details:
        """What was entered. Call it on a valid form."""
        given = self.cleaned_data
        return Details(given["first_name"], given["last_name"], given["birth_on"], given["sex"], given["practice"].pk)

    def show_clash(self, clashes: dict[str, tuple[Any, Any]], now: Details) -> None:
        """Names what stands now beside what was typed; saving once more puts the typed value in its place."""
        for name, (theirs, _mine) in clashes.items():
            words = _("Changed by somebody else meanwhile: now “%(now)s”. Save again to put yours in its place.")
            self.add_error(name.removesuffix("_id"), words % {"now": self._shown(name, theirs)})
        self.data = {**{name: self.data.get(name, "") for name in self.fields}, "seen": written(now)}

    def _shown(self, name: str, value: Any) -> str:
        if name == "practice_id":
            return Practice.objects.get(pk=value).name
        if name == "sex":
            return str(Patient.Sex(value).label)
        return date_format(value) if isinstance(value, date) else str(value or "—")


def written(details: Details) -> str:
    return json.dumps(asdict(details), default=str)
