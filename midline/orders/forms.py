"""The steps of an order as forms. A draft may be left with anything empty; what is needed to submit is asked at the end."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from midline.cases.models import CaseType, Patient
from midline.cases.prescription import (
    CHOICES,
    FDI_PERMANENT,
    FDI_PRIMARY,
    GOALS,
    LABELS,
    MAX_QUANTITY,
    MAX_STEPS,
    MIN_STEPS,
    RULES,
    Restriction,
)
from midline.core import clock
from midline.practices.models import Practice

PATIENT_FIELDS: Final = ("first_name", "last_name", "birth_on", "sex")
OLDEST: Final = date(1900, 1, 1)
FUSSY: Final = {"autocomplete": "off", "spellcheck": "false"}


class Draft(forms.Form):
    """A step. `answers` are the values as they stand, plain JSON values by field name."""

    use_required_attribute = False
    # What may be left empty at submitting; the label says so.
    OPTIONAL: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, data: Any = None, *, answers: dict[str, Any], **options: Any) -> None:
        super().__init__(data, initial=answers, **options)
        for field in self.fields.values():
            field.required = False

    def one(self, name: str) -> BoundField:
        """This field alone: autosave checks what was changed, nothing else."""
        self.fields = {name: self.fields[name]}
        return self[name]

    def values(self) -> dict[str, Any]:
        """The cleaned answers as JSON values."""
        return {name: plain(value) for name, value in self.cleaned_data.items()}


def plain(value: Any) -> Any:
    """A cleaned value as it stands in JSON: dates as ISO text, choices as their value."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Practice):
        return value.pk
    return list(value) if isinstance(value, (list, tuple)) else value


def choice(name: str, *, segmented: bool = False) -> forms.ChoiceField:
    widget = forms.RadioSelect if segmented else forms.Select
    return forms.ChoiceField(label=LABELS[name], choices=CHOICES[name].choices, widget=widget)


class PatientForm(Draft):
    """Practice, patient, arches, chief complaint."""

    OPTIONAL = frozenset({"sex", "complaint"})

    practice = forms.ModelChoiceField(label=gettext_lazy("Practice"), queryset=Practice.objects.none(), empty_label=None)
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=80, widget=forms.TextInput(attrs=FUSSY))
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=80, widget=forms.TextInput(attrs=FUSSY))
    birth_on = forms.DateField(
        label=gettext_lazy("Birth date"), widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d")
    )
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=Patient.Sex.choices)
    arches = choice("arches", segmented=True)
    complaint = forms.CharField(
        label=LABELS["complaint"],
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("In the patient’s words."),
    )

    def __init__(self, data: Any = None, *, practices: Iterable[Practice], names: bool = True, **options: Any) -> None:
        super().__init__(data, **options)
        chosen: forms.ModelChoiceField = self.fields["practice"]  # type: ignore[type-arg,assignment]
        chosen.queryset = Practice.objects.filter(pk__in=[practice.pk for practice in practices])
        if not names:
            for name in ("first_name", "last_name", "birth_on"):
                del self.fields[name]

    def clean_birth_on(self) -> date | None:
        born: date | None = self.cleaned_data.get("birth_on")
        if born and not OLDEST <= born <= clock.now().date():
            said = {"day": born.isoformat()}
            raise ValidationError(_("%(day)s is no birth date. Enter a day between 1900 and today.") % said)
        return born


class TreatmentForm(Draft):
    """Dentition, duration, goals per finding, tooth restrictions, rules, wear."""

    OPTIONAL = frozenset({"duration_steps"})

    dentition = choice("dentition", segmented=True)
    duration = choice("duration")
    duration_steps = forms.IntegerField(
        label=LABELS["duration_steps"],
        min_value=MIN_STEPS,
        max_value=MAX_STEPS,
        help_text=gettext_lazy("From 5 to 60. It counts when the number of steps is limited."),
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        for name in (*GOALS, *RULES):
            self.fields[name] = choice(name)
        for fdi in (*FDI_PERMANENT, *FDI_PRIMARY):
            widget = forms.CheckboxSelectMultiple
            self.fields[f"tooth_{fdi}"] = forms.MultipleChoiceField(
                label=_("Tooth %(n)s") % {"n": fdi}, choices=Restriction.choices, widget=widget
            )
        for field in self.fields.values():
            field.required = False

    def goals(self) -> list[BoundField]:
        return [self[name] for name in GOALS]

    def rules(self) -> list[BoundField]:
        return [self[name] for name in RULES]


class InstructionsForm(Draft):
    OPTIONAL = frozenset({"instructions"})

    instructions = forms.CharField(
        label=LABELS["instructions"],
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=gettext_lazy("What the lab should know that no field asked. It stands in the prescription, as you write it."),
    )


class RetainerForm(Draft):
    """What the retainer is made from: a new scan, or a step of the approved setup."""

    source = choice("source", segmented=True)
    source_step = forms.IntegerField(label=LABELS["source_step"], min_value=0, max_value=99)

    def __init__(self, data: Any = None, *, last_step: int, **options: Any) -> None:
        super().__init__(data, **options)
        step: forms.IntegerField = self.fields["source_step"]  # type: ignore[assignment]
        step.max_value = last_step
        step.widget.attrs["max"] = last_step
        step.help_text = _("From 0, before treatment, to %(last)s, its end.") % {"last": last_step}


class QuantityForm(Draft):
    """Arches and number of retainers, and what else the lab should know."""

    OPTIONAL = frozenset({"instructions"})

    arches = choice("arches", segmented=True)
    quantity = forms.IntegerField(
        label=LABELS["quantity"], min_value=1, max_value=MAX_QUANTITY, help_text=gettext_lazy("Sets, one for each arch you chose.")
    )
    instructions = forms.CharField(label=LABELS["instructions"], max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))


class RetainerPatientForm(PatientForm):
    """A retainer asks for arches later and for no complaint."""

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        del self.fields["arches"], self.fields["complaint"]


ALIGNER_STEPS: Final = ("patient", "records", "treatment", "instructions", "review")
RETAINER_STEPS: Final = ("patient", "source", "review")


def steps_of(kind: CaseType) -> tuple[str, ...]:
    return ALIGNER_STEPS if kind.uses_setups else RETAINER_STEPS


def step_label(name: str) -> str:
    return {
        "patient": _("Patient"),
        "records": _("Records"),
        "treatment": _("Treatment"),
        "instructions": _("Instructions"),
        "source": _("Source"),
        "review": _("Review and submit"),
    }[name]
