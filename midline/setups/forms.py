"""Forms of the decisions on a version."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DecisionForm(forms.Form):
    """Which content was looked at, and the key that makes a repeated press harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    seen_hash = forms.CharField(max_length=64, widget=forms.HiddenInput)


class ApproveForm(DecisionForm):
    password = forms.CharField(
        label=_("Your password"), required=False, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class PushBackForm(DecisionForm):
    body = forms.CharField(
        label=_("Reason"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Give the reason: your collaborators read it in the conversation.")},
    )
