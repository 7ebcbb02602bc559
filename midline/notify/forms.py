"""The form of Email Notifications."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from midline.notify.models import Preference
from midline.notify.rows import ROWS
from midline.notify.services import Times


def _time(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": _("This is not a time. Enter hours and minutes, for example 19:00.")},
    )


class EmailNotificationsForm(forms.Form):
    """The master switch, one choice for each row of kinds.ROWS, and the person's own times."""

    instantly = forms.BooleanField(label=_("Notify me instantly"), required=False)
    quiet = forms.BooleanField(label=_("Keep quiet hours"), required=False)
    quiet_from = _time(_("From"))
    quiet_until = _time(_("Until"))
    quiet_weekend = forms.BooleanField(label=_("Saturday and Sunday, all day"), required=False)
    summary = forms.BooleanField(label=_("Send a daily summary"), required=False)
    summary_at = _time(_("Comes at"))

    def __init__(self, *args: Any, rows: list[str], **kwargs: Any) -> None:
        """`rows` are those that the page shows this person; the others keep what was chosen."""
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            self.fields[row] = forms.ChoiceField(
                label=ROWS[row].label, choices=Preference.When.choices, initial=Preference.When.INSTANTLY, widget=forms.RadioSelect
            )

    def when(self) -> dict[str, str]:
        return {row: self.cleaned_data[row] for row in self.rows}

    def times(self) -> Times:
        return Times(**{name: self.cleaned_data[name] for name in Times.__dataclass_fields__})
