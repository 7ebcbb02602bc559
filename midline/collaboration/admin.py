"""The texts that providers tick, for administrators."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from midline.collaboration.models import ConsentText
from midline.collaboration.queries import consent_texts_in_force
from midline.collaboration.services import text_write


@admin.register(ConsentText)
class ConsentTextAdmin(admin.ModelAdmin[ConsentText]):
    """Saving the text in force writes a new version, which asks every provider again; what people ticked is never changed."""

    list_display = ["kind", "version", "created_at", "is_in_force"]
    ordering = ["kind", "-version"]
    fields = ["kind", "version", "created_at", "body"]

    @admin.display(boolean=True, description=_("In force"))
    def is_in_force(self, obj: ConsentText) -> bool:
        texts = consent_texts_in_force()
        return obj.kind in texts and texts[obj.kind].pk == obj.pk

    def get_fields(self, request: HttpRequest, obj: ConsentText | None = None) -> Any:
        return ["kind", "version", "created_at", "body"] if obj else ["kind", "body"]

    def get_readonly_fields(self, request: HttpRequest, obj: ConsentText | None = None) -> list[str]:
        return ["kind", "version", "created_at"] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        """An earlier version is read only."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or self.is_in_force(obj))

    def has_delete_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ConsentText, form: ModelForm[ConsentText], change: bool) -> None:
        """The form's object becomes the version that was written, so that the log of the administration names that one."""
        written = text_write(kind=obj.kind, body=obj.body)
        obj.pk, obj.version, obj.created_at, obj.body = written.pk, written.version, written.created_at, written.body
