"""The days between which a list is narrowed: the one part of a filter that people write themselves."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from midline.cases.queries.asked import DATES, YEARS

LABELS = {
    "active_from": gettext_lazy("Last activity, from"),
    "active_to": gettext_lazy("Last activity, through"),
    "submitted_from": gettext_lazy("Submitted, from"),
    "submitted_to": gettext_lazy("Submitted, through"),
}


class DaysForm(forms.Form):
    """Four days, each optional. An error names the field, what was written and what to write instead."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in DATES:
            self.fields[name] = forms.CharField(required=False, label=LABELS[name], strip=True)

    def _day(self, name: str) -> date | None:
        written = self.cleaned_data.get(name, "")
        if not written:
            return None
        reason = _("%(field)s: “%(value)s” is not a day. Write it as year, month and day, for example 2026-03-31.")
        try:
            day = forms.DateField().to_python(written)
        except forms.ValidationError:
            day = None
        if day is not None and day.year not in YEARS:
            reason = _("%(field)s: “%(value)s” is too far away. Write a day between 1990 and 2199.")
            day = None
        if day is None:
            self.add_error(name, reason % {"field": LABELS[name], "value": written[:40]})
        return day

    def clean(self) -> dict[str, Any]:
        days = {name: self._day(name) for name in DATES}
        for since, until in (("active_from", "active_to"), ("submitted_from", "submitted_to")):
            first, last = days[since], days[until]
            if first and last and last < first:
                words = _("%(field)s: “%(value)s” is before %(first)s. Write a day on or after it.")
                self.add_error(until, words % {"field": LABELS[until], "value": last.isoformat(), "first": first.isoformat()})
        return days

    def words(self, name: str) -> str:
        """What the field shows: as it was written, or as a date field has it."""
        return str(self.data.get(name) or "") if self.is_bound else str(self.initial.get(name) or "")
