"""Forms of people."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from midline.core.errors import Refused
from midline.people import services
from midline.people.addresses import address_of
from midline.people.models import User


class AddressField(forms.CharField):
    """One e-mail address, in the spelling under which it is kept."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("E-mail address"))
        options.setdefault("widget", forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}))
        super().__init__(max_length=254, strip=False, **options)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return address_of(text) if text else ""
        except Refused as refused:
            raise forms.ValidationError(refused.reason) from None


class ResetPasswordForm(forms.Form):
    """In place of allauth's: looks nobody up, so that the answer and its time are the same for everybody."""

    email = AddressField()

    def save(self, request: HttpRequest, **options: Any) -> str:
        services.reset_ask(email=self.cleaned_data["email"])
        return str(self.cleaned_data["email"])


FINDABLE = [(User.Findable.EXACT, _("Whoever types my whole address")), (User.Findable.NOBODY, _("Nobody"))]


class ProfileForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ["first_name", "last_name", "language", "numbering", "theme", "findable", "single_keys"]

    language = forms.ChoiceField(label=_("Language"))
    numbering = forms.ChoiceField(label=_("Tooth numbering"), choices=User.Numbering.choices)
    theme = forms.ChoiceField(label=_("Appearance"), choices=User.Theme.choices)
    findable = forms.ChoiceField(label=_("Who finds me"), choices=FINDABLE)
    single_keys = forms.BooleanField(label=_("Single keys"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        from django.conf import settings

        super().__init__(*args, **options)
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]
        for name in ("first_name", "last_name"):
            self.fields[name].required = True


def refuse(form: forms.BaseForm, refused: Refused) -> None:
    """Shows what a service refused at the field it names, or above the form."""
    form.add_error(refused.field if refused.field in form.fields else None, refused.reason)
