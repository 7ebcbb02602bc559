"""Forms of practices and of the registration as a provider."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from midline.people.forms import AddressField
from midline.practices.countries import choices_or_none


def _line(label: Any, at_most: int, *, complete: str = "", required: bool = True) -> forms.CharField:
    attributes = {"autocomplete": complete} if complete else {}
    return forms.CharField(label=label, max_length=at_most, required=required, widget=forms.TextInput(attrs=attributes))


def _time_zone() -> forms.ChoiceField:
    names = [name for name in sorted(available_timezones()) if "/" in name or name == "UTC"]
    return forms.ChoiceField(label=_("Time zone"), choices=[(name, name) for name in names], initial="UTC")


class PracticeForm(forms.Form):
    name = _line(_("Practice name"), 120, complete="organization")
    street = _line(_("Street and number"), 160, complete="street-address", required=False)
    city = _line(_("Postal code and city"), 120, complete="address-level2", required=False)
    country = forms.ChoiceField(label=_("Country"), choices=choices_or_none, required=False)
    phone = _line(_("Phone"), 40, complete="tel", required=False)
    time_zone = _time_zone()


class ClinicForm(forms.Form):
    """What a signed-in person adds to become a provider."""

    license_number = _line(_("Licence number"), 60)
    country = forms.ChoiceField(label=_("Country of the licence"), choices=choices_or_none)
    practice_name = _line(_("Practice name"), 120, complete="organization")
    time_zone = _time_zone()


class RegisterForm(ClinicForm):
    """A clinician without an account."""

    email = AddressField()
    first_name = _line(_("First name"), 80, complete="given-name")
    last_name = _line(_("Last name"), 80, complete="family-name")
    language = forms.ChoiceField(label=_("Language"))
    password = forms.CharField(
        label=_("Password"),
        min_length=12,
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    field_order = ["email", "first_name", "last_name", "license_number", "country", "practice_name", "time_zone", "language", "password"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]
        self.fields["language"].initial = get_language()
