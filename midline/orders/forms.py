"""The steps of an order as forms. A draft may be left with anything empty; what is needed to submit is asked at the end."""

from collections.abc import Iterable, Sequence
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
    MAX_REPLACED,
    MAX_STEPS,
    MIN_STEPS,
    RULES,
    Restriction,
    Source,
    step_numbers,
    steps_written,
)
from midline.practices.models import Practice

PATIENT_FIELDS: Final = ("first_name", "last_name", "birth_on", "sex")
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


# What the chart of an aligner order offers for a tooth, and that of a revision.
SPARED: Final = [mark for mark in Restriction if mark is not Restriction.CORRECT]
TO_CORRECT: Final = list(Restriction)


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
        if born and not Patient.may_be_born(born):
            raise ValidationError(_("%(day)s is no birth date. Enter a day between 1900 and today.") % {"day": born.isoformat()})
        return born


class ChartForm(Draft):
    """Goals per finding and a mark or more on each tooth: what an aligner order and a revision have in common."""

    MARKS: ClassVar[Sequence[Restriction]] = SPARED

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        for name in GOALS:
            self.fields[name] = choice(name)
        for fdi in (*FDI_PERMANENT, *FDI_PRIMARY):
            self.fields[f"tooth_{fdi}"] = forms.MultipleChoiceField(
                label=_("Tooth %(n)s") % {"n": fdi},
                choices=[(mark.value, mark.label) for mark in self.MARKS],
                widget=forms.CheckboxSelectMultiple,
            )
        for field in self.fields.values():
            field.required = False

    def goals(self) -> list[BoundField]:
        return [self[name] for name in GOALS]


class TreatmentForm(ChartForm):
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
        for name in RULES:
            self.fields[name] = choice(name)
            self.fields[name].required = False

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


class RevisionInstructionsForm(InstructionsForm):
    """The new setup keeps to rules as the first one did."""

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        for name in RULES:
            self.fields[name] = choice(name)
            self.fields[name].required = False

    def rules(self) -> list[BoundField]:
        return [self[name] for name in RULES]


class CorrectionForm(ChartForm):
    """What a revision corrects: in words, per finding, per tooth."""

    MARKS = TO_CORRECT

    correction = forms.CharField(
        label=LABELS["correction"],
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("What is not as planned, and how it should be. The lab reads it first."),
    )
    arches = choice("arches", segmented=True)
    dentition = choice("dentition", segmented=True)


class RetainerForm(Draft):
    """What the retainer is made from: a new scan, or a step of the approved setup."""

    FROM: ClassVar[tuple[Source, ...]] = (Source.SCAN, Source.STEP)

    source = choice("source", segmented=True)

    def __init__(self, data: Any = None, *, last_step: int, **options: Any) -> None:
        super().__init__(data, **options)
        source: forms.ChoiceField = self.fields["source"]  # type: ignore[assignment]
        source.choices = [(each.value, each.label) for each in self.FROM]
        self.fields["source_step"] = forms.IntegerField(
            label=LABELS["source_step"],
            min_value=0,
            max_value=last_step,
            required=False,
            help_text=_("From 0, before treatment, to %(last)s, its end.") % {"last": last_step},
        )


class RevisionSourceForm(RetainerForm):
    """What the new setup is planned from: new records, or a step of the approved setup."""

    FROM = (Source.RECORDS, Source.STEP)


class ReplacementForm(Draft):
    """What is made again and why. Without an approved setup (`last_step` 0) there are no steps to name."""

    OPTIONAL = frozenset({"reason_words", "instructions"})

    arches = forms.ChoiceField(label=gettext_lazy("Arches"), choices=CHOICES["arches"].choices, widget=forms.RadioSelect)
    replaced_steps = forms.CharField(label=LABELS["replaced_steps"], max_length=80, widget=forms.TextInput(attrs=FUSSY))
    reason = choice("reason", segmented=True)
    reason_words = forms.CharField(label=LABELS["reason_words"], max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    instructions = forms.CharField(label=LABELS["instructions"], max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, data: Any = None, *, last_step: int, version: int, **options: Any) -> None:
        super().__init__(data, **options)
        self.last_step = last_step
        if not last_step:
            del self.fields["replaced_steps"]
            return
        said = {"last": last_step, "version": version}
        self.fields["replaced_steps"].help_text = (
            _("Numbers or a span, such as 7, 9–11. Version %(version)s has steps 1 to %(last)s.") % said
        )

    def clean_replaced_steps(self) -> str:
        """The numbers as they are stored. Whether each arch has the step is asked at submitting, when the arches are known."""
        text: str = self.cleaned_data.get("replaced_steps") or ""
        numbers = step_numbers(text)
        if numbers is None:
            raise ValidationError(_("“%(text)s” is no list of steps. Write numbers or a span, such as 7, 9–11.") % {"text": text})
        if numbers and numbers[-1] > self.last_step:
            said = {"step": numbers[-1], "last": self.last_step}
            raise ValidationError(_("There is no step %(step)s. Enter steps from 1 to %(last)s.") % said)
        if len(numbers) > MAX_REPLACED:
            raise ValidationError(_("%(n)s steps are too many. Name at most %(most)s.") % {"n": len(numbers), "most": MAX_REPLACED})
        return steps_written(numbers)


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


STEPS: Final = {
    CaseType.ALIGNER: ("patient", "records", "treatment", "instructions", "review"),
    CaseType.RETAINER: ("patient", "source", "review"),
    CaseType.REVISION: ("correction", "source", "instructions", "review"),
    CaseType.REPLACEMENT: ("replacement", "review"),
}


def steps_of(kind: CaseType) -> tuple[str, ...]:
    return STEPS[kind]


def order_label(kind: CaseType) -> str:
    return {
        CaseType.ALIGNER: _("Aligner order"),
        CaseType.RETAINER: _("Retainer order"),
        CaseType.REVISION: _("Revision order"),
        CaseType.REPLACEMENT: _("Replacement order"),
    }[kind]


def step_label(name: str) -> str:
    return {
        "patient": _("Patient"),
        "records": _("Records"),
        "treatment": _("Treatment"),
        "instructions": _("Instructions"),
        "source": _("Source"),
        "correction": _("What to correct"),
        "replacement": _("What to replace"),
        "review": _("Review and submit"),
    }[name]
