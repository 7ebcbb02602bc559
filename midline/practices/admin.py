"""Providers, for administrators: confirm or refuse a registration."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from midline.people.models import User
from midline.practices import services
from midline.practices.models import Practice, Provider


class PracticeInline(admin.TabularInline[Practice, Provider]):
    """To read: a practice is its provider's to change."""

    model = Practice
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Provider | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Provider | None = None) -> bool:
        return False


@admin.register(Provider)
class ProviderAdmin(admin.ModelAdmin[Provider]):
    list_display = ["name", "license_number", "country", "state", "created_at"]
    list_filter = ["state", "country"]
    search_fields = ["person__email", "person__first_name", "person__last_name", "license_number"]
    readonly_fields = ["person", "state", "created_at"]
    inlines = [PracticeInline]
    actions = ["confirm", "refuse"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Provider | None = None) -> bool:
        return False

    @admin.action(description=_("Confirm the registration"))
    def confirm(self, request: HttpRequest, chosen: QuerySet[Provider]) -> None:
        self._decide(request, chosen, confirm=True)

    @admin.action(description=_("Refuse the registration"))
    def refuse(self, request: HttpRequest, chosen: QuerySet[Provider]) -> None:
        self._decide(request, chosen, confirm=False)

    def _decide(self, request: HttpRequest, chosen: QuerySet[Provider], *, confirm: bool) -> None:
        assert isinstance(request.user, User)
        done = [services.provider_decide(provider=provider, confirm=confirm, by=request.user) for provider in chosen]
        text = ngettext("%(n)s registration decided.", "%(n)s registrations decided.", len(done)) % {"n": len(done)}
        messages.success(request, text)
