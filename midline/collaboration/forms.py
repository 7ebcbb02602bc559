"""Forms of the invited person."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from midline.people.forms import AddressField
from midline.people.models import User


class AcceptForm(forms.Form):
    """The answer to what the page showed: `revision` says which grants those were, `terms` which version of the text."""

    revision = forms.IntegerField(min_value=1, max_value=2_000_000_000, widget=forms.HiddenInput)
    terms = forms.IntegerField(min_value=1, max_value=2_000_000_000, widget=forms.HiddenInput)
    accept = forms.BooleanField(
        label=_("I accept responsibility for what I do on these cases, and the Terms & Conditions for collaborators."),
        error_messages={"required": _("The box is not ticked. Tick it to accept.")},
    )


HOW = [("password", _("Password")), ("passkey", _("Passkey"))]


class RegisterForm(AcceptForm):
    """The account of an invited person. With a passkey the password is not asked for, and `credential` is what the browser made."""

    first_name = forms.CharField(label=_("First name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "given-name"}))
    last_name = forms.CharField(label=_("Last name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "family-name"}))
    language = forms.ChoiceField(label=_("Language"))
    numbering = forms.ChoiceField(
        label=_("Tooth numbering"),
        choices=[("fdi", _("FDI: 11, 21, 36")), ("universal", _("Universal: 8, 9, 19")), ("palmer", _("Palmer: 1⏌, ⎿1, ⎾6"))],
    )
    how = forms.ChoiceField(label=_("How you will sign in"), choices=HOW, required=False)
    credential = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)
    password = forms.CharField(
        label=_("Password"),
        min_length=12,
        max_length=500,
        strip=False,
        help_text=_("At least 12 characters. You can add a passkey and a second factor afterwards, in My Account."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]

        self.with_passkey = self.data.get("how") == "passkey"
        self.fields["password"].required = not self.with_passkey

    def clean_numbering(self) -> str:
        return str(User.Numbering(self.cleaned_data["numbering"]).value)


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        help_text=_("The provider reads it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AgainForm(forms.Form):
    email = AddressField()
