"""Forms of the conversation and of change requests."""

import json
import re
from typing import Any, Final
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from midline.conversation.services import PinAt
from midline.conversation.services.comments import LONGEST

LONGEST_CAMERA: Final = 1000
FARTHEST: Final = 1e6
UNKEPT: Final = re.compile(r"\\u(0000|d[89a-f])", re.IGNORECASE)
"""What no database keeps, as JSON writes it: NUL, and half of a sign."""


class Hidden(forms.JSONField):
    """A value that the viewer fills in: nothing is written as nothing, not as the word null.

    What is too deep to be read, a number without end and what no database keeps is no value, and does not come back into the form.
    """

    def to_python(self, value: Any) -> Any:
        if not _is_readable(value):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return super().bound_data(data, initial) if _is_readable(data) else None

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)


def _is_readable(text: Any) -> bool:
    """Whether it is JSON of a size and kind that a viewer writes, or no text at all."""
    if not isinstance(text, str) or not text:
        return True
    try:
        json.loads(text)
    except (RecursionError, ValueError):
        return False
    return not UNKEPT.search(text)


class CommentForm(forms.Form):
    """A comment, perhaps with a place on a model (filled by the viewer) and a version it speaks of."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    body = forms.CharField(label=gettext_lazy("Comment"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    part = forms.CharField(required=False, max_length=24, widget=forms.HiddenInput)
    point = Hidden(required=False, widget=forms.HiddenInput)
    normal = Hidden(required=False, widget=forms.HiddenInput)
    stage = forms.IntegerField(required=False, min_value=0, max_value=500, widget=forms.HiddenInput)
    view = forms.ChoiceField(
        required=False, choices=[(v, v) for v in ("", "front", "right", "left", "upper", "lower")], widget=forms.HiddenInput
    )
    camera = Hidden(required=False, widget=forms.HiddenInput)
    tooth = forms.IntegerField(required=False, min_value=11, max_value=85, widget=forms.HiddenInput)
    reply_to = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["pin"] = None
        if data.get("part"):
            point, normal = _triple(data.get("point")), _triple(data.get("normal"))
            if point is None or normal is None or data.get("stage") is None:
                raise forms.ValidationError(_("The pin has no place on the model. Set it again on a tooth."))
            camera = data.get("camera")
            if not _is_camera(camera):
                raise forms.ValidationError(_("The view of the pin cannot be read. Set it again on a tooth."))
            data["pin"] = PinAt(data["part"], point, normal, data["stage"], data.get("view") or "", data.get("tooth"), camera)
        return data

    @classmethod
    def empty(cls, version: int | None = None, reply_to: int | None = None) -> "CommentForm":
        return cls(initial={"key": uuid4(), "version": version, "reply_to": reply_to})


def _triple(value: Any) -> tuple[float, float, float] | None:
    if not isinstance(value, list) or len(value) != 3:
        return None
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) and abs(v) <= FARTHEST for v in value)
    return (float(value[0]), float(value[1]), float(value[2])) if numbers else None


def _is_camera(value: Any) -> bool:
    """None, or a few named numbers, words and rows of numbers, as the viewer writes them."""
    if value is None:
        return True
    if not isinstance(value, dict) or len(json.dumps(value)) > LONGEST_CAMERA:
        return False
    flat = [inner for one in value.values() for inner in (one if isinstance(one, list) else [one])]
    return all(isinstance(one, str | bool) or (isinstance(one, int | float) and abs(one) <= FARTHEST) for one in flat)


class EditForm(forms.Form):
    """The words of a comment anew, and which of its files go."""

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    body = forms.CharField(label=gettext_lazy("Comment"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}))


class ChangesForm(forms.Form):
    """What is true of the whole request; its lines come as repeated fields, see `lines.py`."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    seen_hash = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    words = forms.CharField(required=False, max_length=4000, label=gettext_lazy("In words"), widget=forms.Textarea(attrs={"rows": 3}))

    @classmethod
    def empty(cls, seen_hash: str, words: str = "") -> "ChangesForm":
        return cls(initial={"key": uuid4(), "seen_hash": seen_hash, "words": words})


def ticked_from(data: QueryDict) -> frozenset[int]:
    """The proposed requests that the sender ticked."""
    return _numbers(data, "ticked")


def removed_from(data: QueryDict) -> frozenset[int]:
    """The files that go when a comment is changed."""
    return _numbers(data, "remove")


def _numbers(data: QueryDict, name: str) -> frozenset[int]:
    return frozenset(int(value) for value in data.getlist(name) if value.isascii() and value.isdigit() and len(value) <= 15)
