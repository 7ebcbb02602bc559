"""Who is added, and what they may do."""

from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from midline.collaboration.models import Collaboration, Grant
from midline.people.forms import AddressField

SWITCH = {"class": "toggle mt-0.5"}
HELP = {
    Grant.ADD_ORDERS: _("Aligner, retainer and revision orders for your practices, in your name."),
    Grant.DECLINE_SETUPS: _("Send it back to the lab with the changes wanted."),
    Grant.EDIT_RECORDS: _("Scans, photos and X-rays."),
    Grant.DOWNLOAD: _("Original records and setup models, as files."),
    Grant.PUBLISH_SETUPS: _("For a planning service that plans in the lab’s place."),
}


def _switch(label: Any, help_text: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, help_text=help_text, required=False, widget=forms.CheckboxInput(attrs=SWITCH))


class PermissionsForm(forms.Form):
    """What provider and collaborator settle. Only these names are read from a request; owner, state and person are nobody's to send."""

    relation = forms.ChoiceField(
        label=_("What they are to you"), choices=Collaboration.Relation.choices, initial=Collaboration.Relation.CLINICIAN
    )
    ends_on = forms.DateField(
        label=_("Ends on"),
        required=False,
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        help_text=_("Through that day, in the time zone of your first practice."),
        error_messages={"invalid": _("This is no day of the calendar. Enter one such as 2027-06-30.")},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    scope = forms.ChoiceField(label=_("Cases"), choices=[("none", _("No case yet")), ("every", _("Every case"))], initial="none")
    add_orders = _switch(Grant.ADD_ORDERS.label, HELP[Grant.ADD_ORDERS])
    decline_setups = _switch(Grant.DECLINE_SETUPS.label, HELP[Grant.DECLINE_SETUPS])
    edit_records = _switch(Grant.EDIT_RECORDS.label, HELP[Grant.EDIT_RECORDS])
    download = _switch(Grant.DOWNLOAD.label, HELP[Grant.DOWNLOAD])
    publish_setups = _switch(Grant.PUBLISH_SETUPS.label, HELP[Grant.PUBLISH_SETUPS])
    shows_identity = _switch(
        _("Show the patient’s name and birth date"),
        _("Off: they work with the case number alone. What shows in a face, in an image or in typed words is not altered."),
    )
    evaluates = _switch(
        _("Evaluates treatment setups"), _("Setups wait for their Ready mark. Off for staff who take no part in the decision.")
    )

    @classmethod
    def values_of(cls, row: Collaboration) -> dict[str, Any]:
        """The form's values for what `row` grants now."""
        values: dict[str, Any] = {grant.value: getattr(row, grant.value) for grant in Grant}
        values |= {"relation": row.relation, "ends_on": row.ends_on, "scope": "every" if row.every_case else "none"}
        return values | {"shows_identity": not row.hides_identity, "evaluates": row.evaluates}

    def terms(self) -> dict[str, Any]:
        """What the services take."""
        given = self.cleaned_data
        return {
            "relation": given["relation"],
            "grants": [grant.value for grant in Grant if given[grant.value]],
            "evaluates": given["evaluates"],
            "hides_identity": not given["shows_identity"],
            "every_case": given["scope"] == "every",
            "ends_on": given["ends_on"],
        }

    def differences(self, row: Collaboration) -> list[tuple[str, str, str]]:
        """Where what was typed is not what `row` grants now: the field, what stands, what was typed. The form is valid."""
        now = self.values_of(row)
        changed = [name for name in self.fields if name in now and now[name] != self.cleaned_data[name]]
        return [(str(self[name].label), self._said(name, now[name]), self._said(name, self.cleaned_data[name])) for name in changed]

    def _said(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            return str(dict(field.choices)[value])  # type: ignore[arg-type]
        if isinstance(value, bool):
            return gettext("on") if value else gettext("off")
        return date_format(value, "DATE_FORMAT") if value else gettext("none")

    @property
    def switches(self) -> list[forms.BoundField]:
        return [self[name] for name in (*Grant.values, "shows_identity", "evaluates")]


class CollaboratorForm(PermissionsForm):
    """Somebody new, or somebody known under this address."""

    email = AddressField(help_text=_("The invitation is sent to this address."))
    first_name = forms.CharField(label=_("First name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    last_name = forms.CharField(label=_("Last name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    message = forms.CharField(
        label=_("Message"),
        required=False,
        max_length=1000,
        help_text=_("Stands in the e-mail and on the invitation. Write no patient’s name."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        options["initial"] = {"shows_identity": True, "evaluates": True} | options.get("initial", {})
        super().__init__(*args, **options)
        self.fields["email"].widget.attrs |= {
            "list": "known-people",
            "autocomplete": "off",
            "placeholder": "name@practice.example",
        }

    def clean_email(self) -> str:
        """One address: a request that names several is refused, whichever of them would have been taken."""
        sent = self.data.getlist("email") if hasattr(self.data, "getlist") else [self.data.get("email")]
        if len(sent) != 1:
            raise forms.ValidationError(_("There is more than one address. Enter one."))
        return str(self.cleaned_data["email"])
