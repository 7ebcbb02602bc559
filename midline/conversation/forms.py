"""Forms of the conversation and of change requests."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from midline.conversation.models import ChangeItem
from midline.conversation.services import PinAt, Wanted
from midline.conversation.services.comments import LONGEST
from midline.core.errors import Refused


class CommentForm(forms.Form):
    """A comment, perhaps with a place on a model (filled by the viewer) and a version it speaks of."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    body = forms.CharField(label=gettext_lazy("Comment"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    part = forms.CharField(required=False, max_length=24, widget=forms.HiddenInput)
    point = forms.JSONField(required=False, widget=forms.HiddenInput)
    normal = forms.JSONField(required=False, widget=forms.HiddenInput)
    stage = forms.IntegerField(required=False, min_value=0, max_value=500, widget=forms.HiddenInput)
    view = forms.ChoiceField(
        required=False, choices=[(v, v) for v in ("", "front", "right", "left", "upper", "lower")], widget=forms.HiddenInput
    )
    tooth = forms.IntegerField(required=False, min_value=11, max_value=48, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["pin"] = None
        if data.get("part"):
            point, normal = _triple(data.get("point")), _triple(data.get("normal"))
            if point is None or normal is None or data.get("stage") is None:
                raise forms.ValidationError(_("The pin has no place on the model. Set it again on a tooth."))
            data["pin"] = PinAt(data["part"], point, normal, data["stage"], data.get("view") or "", data.get("tooth"))
        return data

    @classmethod
    def empty(cls, version: int | None = None) -> "CommentForm":
        return cls(initial={"key": uuid4(), "version": version})


def _triple(value: Any) -> tuple[float, float, float] | None:
    numbers = isinstance(value, list) and len(value) == 3 and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
    return (float(value[0]), float(value[1]), float(value[2])) if numbers else None


class EditForm(forms.Form):
    body = forms.CharField(label=gettext_lazy("Comment"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}))


class ChangesForm(forms.Form):
    """What is true of the whole request; its lines come as repeated fields, see `wanted_from`."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    seen_hash = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    words = forms.CharField(required=False, max_length=4000, label=gettext_lazy("In words"), widget=forms.Textarea(attrs={"rows": 3}))

    @classmethod
    def empty(cls, seen_hash: str) -> "ChangesForm":
        return cls(initial={"key": uuid4(), "seen_hash": seen_hash})


def wanted_from(data: QueryDict) -> list[Wanted]:
    """The lines of a change request: item_tooth, item_movement, item_amount, item_words, one of each a line; empty lines are left out.

    Raises Refused with the field and the value that cannot be read.
    """
    columns = [data.getlist(f"item_{name}") for name in ("tooth", "movement", "amount", "words")]
    if len({len(column) for column in columns}) > 1:
        raise Refused(_("The lines of the change request do not fit together. Reload the page and write them again."), field="words")
    lines = []
    for tooth, movement, amount, words in zip(*columns, strict=True):
        if not (tooth.strip() or amount.strip() or words.strip()):
            continue
        lines.append(
            Wanted(
                tooth=_tooth(tooth),
                movement=movement or ChangeItem.Movement.OTHER,
                amount=_amount(amount),
                words=words.strip(),
            )
        )
    return lines


def _tooth(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdigit():
        raise Refused(_("“%(value)s” is no tooth number. Choose a tooth from the list.") % {"value": text[:20]}, field="tooth")
    return int(text)


def _amount(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        amount = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise Refused(_("“%(value)s” is no amount. Write a number such as 0.3.") % {"value": text[:20]}, field="amount")
    return amount.quantize(Decimal("0.01"))


def ticked_from(data: QueryDict) -> frozenset[int]:
    """The proposed requests that the sender ticked."""
    return frozenset(int(value) for value in data.getlist("ticked") if value.isdigit())
