"""The baseline: a plain Django admin change list over the same tables, as a Django shop would begin, with the usual access rule.

It is the admin as it comes: columns, filters, search and order by attributes, `get_queryset` narrowed by two subqueries, pages counted
and cut by OFFSET. It reads the portal's own columns and indexes (names already without accents), which a beginning would not have, and
its access rule is written with IN, not with joins and DISTINCT. Its settings are `bench.shop_settings`; never part of the portal.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import path

from bench.data import Facts
from bench.floors import PAGE
from midline.cases.models import Case, Share
from midline.collaboration.models import Collaboration
from midline.people.models import User

if TYPE_CHECKING:
    from django.test import Client


def visible(cases: "QuerySet[Case]", user: User, *, as_provider: bool) -> "QuerySet[Case]":
    """What a reader sees, in the way that comes to mind first."""
    if as_provider:
        return cases.filter(provider__person=user)
    mine = Collaboration.objects.live().filter(person=user)
    singly = Share.objects.filter(collaboration__in=mine.filter(every_case=False), ended_at=None, gives=True)
    return cases.filter(Q(provider__in=mine.filter(every_case=True).values("provider")) | Q(pk__in=singly.values("case")))


class CaseAdmin(admin.ModelAdmin[Case]):
    list_display = ("number", "patient_norm", "practice", "clinician_norm", "status", "case_type", "last_activity_at")
    list_filter = ("status", "case_type")
    list_select_related = ("practice",)
    list_per_page = PAGE
    search_fields = ("number", "patient_norm", "clinician_norm")
    ordering = ("-last_activity_at", "id")
    actions = None

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Case]":
        return visible(super().get_queryset(request), request.user, as_provider=isinstance(self.admin_site, OwnSite))  # type: ignore[arg-type]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not isinstance(request.user, AnonymousUser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SharedSite(admin.AdminSite):
    """What others share with the reader."""

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated

    def has_module_permission(self, _request: HttpRequest) -> bool:
        return True


class OwnSite(SharedSite):
    """The reader's own cases."""


shared, own = SharedSite(name="shared"), OwnSite(name="own")
shared.register(Case, CaseAdmin)
own.register(Case, CaseAdmin)
urlpatterns = [path("shared/", shared.urls), path("own/", own.urls)]


class Shop:
    """Asks this admin as the portal is asked."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._clients: dict[str, Client] = {}

    def client(self, actor: str) -> "Client":
        from django.test import Client

        if actor not in self._clients:
            self._clients[actor] = Client()
            self._clients[actor].force_login(User.objects.get(pk=self.facts.actors[actor][0]), "django.contrib.auth.backends.ModelBackend")
        return self._clients[actor]

    def address(self, actor: str, view: str) -> str:
        """Raises KeyError for a view that is not compared."""
        page = f"/{'own' if actor == 'provider' else 'shared'}/cases/case/"
        queries: dict[str, Callable[[], str]] = {
            "default": lambda: "",
            "status": lambda: "?status__exact=in_production",
            "sort_patient": lambda: "?o=2",
            "search_rare": lambda: f"?q={self.facts.terms['search_rare']}",
            "search_common": lambda: f"?q={self.facts.terms['search_common']}",
            "last_page": lambda: f"?p={max(1, -(-self.cases(actor).count() // PAGE))}",
        }
        return page + queries[view]()

    def cases(self, actor: str) -> "QuerySet[Case]":
        """The cases that this admin shows the actor."""
        return visible(Case.objects.all(), User.objects.get(pk=self.facts.actors[actor][0]), as_provider=actor == "provider")

    def measure(self, actor: str, view: str, seconds: float) -> dict[str, Any]:
        from bench.cell import late, middle, take_turns

        url = self.address(actor, view)
        times = take_turns({"http": lambda: self._request(actor, url)}, seconds)
        return {
            "django_admin_ms": middle(times["http"]),
            "django_admin_p95_ms": late(times["http"]),
            "django_admin_cpu_ms": middle(times["cpu"]),
        }

    def _request(self, actor: str, url: str) -> None:
        answer = self.client(actor).get(url)
        if answer.status_code != 200 or b'id="changelist"' not in answer.content:
            raise RuntimeError(f"The admin answered {answer.status_code} to {url}.")
