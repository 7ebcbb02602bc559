"""The queue as the administrator sees it: what waits, what runs, what was given up, and a second chance for it."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from midline.jobs import services
from midline.jobs.models import Job


@admin.register(Job)
class JobAdmin(admin.ModelAdmin[Job]):
    list_display = ("id", "kind", "state", "attempts", "run_after", "finished_at", "error_line")
    list_filter = ("state", "kind")
    actions = ("try_again",)
    ordering = ("-id",)

    @admin.display(description=_("Error"))
    def error_line(self, job: Job) -> str:
        return job.error[:120]

    @admin.action(description=_("Try given-up jobs again"))
    def try_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        count = sum(services.retry(job) for job in queryset)
        self.message_user(request, ngettext("%(n)s job starts again.", "%(n)s jobs start again.", count) % {"n": count}, messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        """Rows are read, never typed into; the action asks for this permission without a row."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False
