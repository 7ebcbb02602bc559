"""The texts that providers tick, for administrators."""

from django.contrib import admin
from django.db.models import Max
from django.forms import ModelForm
from django.http import HttpRequest

from midline.collaboration.models import ConsentText


@admin.register(ConsentText)
class ConsentTextAdmin(admin.ModelAdmin[ConsentText]):
    """A text is never changed once it stands, because people ticked it; a new version is written, and asks again."""

    list_display = ["kind", "version", "created_at"]
    fields = ["kind", "body"]

    def has_change_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ConsentText, form: ModelForm[ConsentText], change: bool) -> None:
        obj.version = (ConsentText.objects.filter(kind=obj.kind).aggregate(last=Max("version"))["last"] or 0) + 1
        super().save_model(request, obj, form, change)
