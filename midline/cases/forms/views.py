"""The name of a saved view."""

from django import forms
from django.utils.translation import gettext_lazy

from midline.cases.services.views import NAME_LONGEST


class ViewForm(forms.Form):
    """A name, and whether it may take the place of a view that has it."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_LONGEST,
        error_messages={
            "required": gettext_lazy("Name: nothing is written. Write a name for the view."),
            "max_length": gettext_lazy("Name: it has %(show_value)d letters. Write at most %(limit_value)d."),
        },
    )
    replace = forms.BooleanField(required=False)
