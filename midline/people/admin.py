"""Accounts, for administrators. Signing in to the administration goes through the portal's own door: same limits, same second factor."""

from typing import cast

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.forms import Form
from django.http import HttpRequest

from midline.people import services
from midline.people.models import User

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = "Midline"


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    """Roles and closing of accounts. Passwords are not set here: a person chooses their own by a link."""

    list_display = ["email", "first_name", "last_name", "is_active", "is_technician", "is_staff", "joined_at", "seen_at"]
    list_filter = ["is_active", "is_technician", "is_staff"]
    search_fields = ["email", "first_name", "last_name"]
    fields = ["email", "first_name", "last_name", "is_active", "is_technician", "is_staff", "joined_at", "seen_at"]
    readonly_fields = ["email", "joined_at", "seen_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Form, change: bool) -> None:
        """Inside the transaction of the page."""
        super().save_model(request, obj, form, change)
        if {"first_name", "last_name"} & set(form.changed_data):
            services.renamed(user=obj, by=cast(User, request.user))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People stay: what they did stays under their name. An account is closed by making it inactive."""
        return False
