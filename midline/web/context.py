"""What every page knows: who acts and where, the header's links, the workspaces of the person, the side menu of My Account.

Everything is worked out when a template asks for it, so a fragment costs nothing; a whole page costs at most three queries.
A link whose page does not exist is left out: rooms add their addresses, nothing here needs to change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

from django.conf import settings
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from midline.cases.models import Status
from midline.cases.policies import begins_anywhere
from midline.collaboration.models import LIVE, Collaboration
from midline.core import clock
from midline.core.prepared import Slot, prepared
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.models import Provider
from midline.practices.queries import provider_id_of


@dataclass(frozen=True)
class Link:
    """A page that a menu offers.

    `go` is the letter after G; `needs` is a workspace of the person or "add_order"; `also` names second segments of addresses
    that mark it too.
    """

    label: str | Promise
    name: str
    args: tuple[str, ...] = ()
    icon: str = ""
    go: str = ""
    needs: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A link as a template shows it. `name` is the page's, for a page that says which entry it belongs to (`menu_mark`).

    Entries are compared without their labels: what a page is called follows from its name and the language.
    """

    label: str | Promise = field(compare=False)
    url: str
    icon: str
    go: str
    current: bool
    name: str


@dataclass(frozen=True)
class Place:
    """A workspace of the person; what is in it, in words, is asked only by the menu that was opened."""

    workspace: Workspace
    label: str
    count: Callable[[], str]
    url: str
    tone: str
    current: bool

    @property
    def facts(self) -> str:
        """ "3 practices, 148 cases"."""
        return self.count()


TONES = {Workspace.PROVIDER: "act", Workspace.COLLABORATOR: "peer", Workspace.LAB: "lab", Workspace.ACCOUNT: "idle"}

# What a page of My Account says in its address: the workspace from which the person came.
FROM = "from"

HEADER: dict[Workspace, list[Link]] = {
    Workspace.PROVIDER: [
        Link(gettext_lazy("Dashboard"), "web:dashboard", ("provider",), go="d"),
        Link(gettext_lazy("Manage Orders"), "cases:manage_orders", go="o", also=("cases",)),
        Link(gettext_lazy("Manage Collaborators"), "cases:manage_collaborators", go="c"),
        Link(gettext_lazy("Add Order"), "orders:add", ("provider",), icon="plus"),
        Link(gettext_lazy("Add Retainer"), "orders:add_retainer", ("provider",), icon="plus"),
    ],
    Workspace.COLLABORATOR: [
        Link(gettext_lazy("Dashboard"), "cases:collaborator_cases", go="d", also=("cases",)),
        Link(gettext_lazy("Add Order"), "orders:add", ("collaborator",), icon="plus", needs="add_order"),
        Link(gettext_lazy("Add Retainer"), "orders:add_retainer", ("collaborator",), icon="plus", needs="add_order"),
    ],
    Workspace.LAB: [
        Link(gettext_lazy("Queue"), "lab:queue", go="o", also=("cases",)),
    ],
}

# The side menu of My Account. A room that adds a page adds a line here.
ACCOUNT: list[Link] = [
    Link(gettext_lazy("Profile"), "people:profile", icon="user"),
    Link(gettext_lazy("Practices"), "practices:practices", icon="building-2", needs="provider"),
    Link(gettext_lazy("Collaborator(s)"), "cases:account_collaborators", icon="users", needs="provider"),
    Link(gettext_lazy("Collaborations"), "collaboration:collaborations", icon="repeat", needs="collaborator"),
    Link(gettext_lazy("Email Notifications"), "notify:email_notifications", icon="mail"),
    Link(gettext_lazy("Treatment preferences"), "practices:preferences", icon="sliders-horizontal", needs="provider"),
    Link(gettext_lazy("Security"), "people:security", icon="shield-check", also=("2fa", "password", "email", "sessions")),
    Link(gettext_lazy("Access log"), "web:access_log", icon="history", needs="provider"),
    Link(gettext_lazy("API tokens"), "people:tokens", icon="key-round"),
]


@cache
def address(name: str, *args: str) -> str | None:
    """The address of a page, or None while no room offers it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


@cache
def _has_template(name: str) -> bool:
    try:
        get_template(name)
    except TemplateDoesNotExist:
        return False
    return True


def _entries(links: Sequence[Link], path: str, having: set[str]) -> list[Entry]:
    """The links that lead somewhere and that this person may use, the longest address above `path` marked as current."""
    offered = [(link, address(link.name, *link.args)) for link in links if not link.needs or link.needs in having]
    found = [(link, url) for link, url in offered if url]
    above = [url for link, url in found if path == url or (path.startswith(url) and link.name not in {"web:dashboard", "people:profile"})]
    current = max(above, key=len, default="")
    segment = path.strip("/").split("/")[1:2]
    if not current:
        current = next((url for link, url in found if segment and segment[0] in link.also), "")
    return [Entry(link.label, url, link.icon, link.go, url == current, link.name) for link, url in found]


def _collaborates() -> QuerySet[Collaboration, Any]:
    """A collaboration of this person, now or once; to be invited is none."""
    mine = Collaboration.objects.filter(person_id=Slot("person")).exclude(state=Collaboration.State.INVITED)
    return mine.order_by().values_list("pk")[:1]


class Portal:
    """The header of one request; each part is worked out once, when asked."""

    def __init__(self, request: HttpRequest) -> None:
        user = getattr(request, "user", None)
        self.user: User | None = user if isinstance(user, User) else None
        self.path = request.path_info
        self.actor: Actor | None = getattr(request, "actor", None)
        self._asked = request.GET.get(FROM, "")
        self._places: list[Place] | None = None

    @property
    def workspace(self) -> Workspace | None:
        return self.actor.workspace if self.actor else None

    @property
    def side(self) -> Workspace | None:
        """The workspace whose links the header shows: the page's own; in My Account the one that the address says one came from
        (`?from=collaborator`), else the person's first."""
        if self.workspace not in {None, Workspace.ACCOUNT}:
            return self.workspace
        own = [place.workspace for place in self.places()]
        return next((workspace for workspace in own if workspace == self._asked), own[0] if own else None)

    @property
    def way_back(self) -> Place | None:
        """Where My Account leads back to, for whoever has more than one workspace."""
        found = next((place for place in self.places() if place.workspace is self.side), None)
        return found if len(self.places()) > 1 else None

    def of_account(self, url: str) -> str:
        """A link into My Account, which keeps in its address the workspace from which one goes there."""
        back = self.way_back
        return f"{url}?{FROM}={back.workspace}" if back else url

    def places(self) -> list[Place]:
        """The workspaces that this person has, provider first."""
        if self._places is None:
            found = (self._provider(), self._collaborator(), self._lab()) if self.user else ()
            self._places = [place for place in found if place]
        return self._places

    def _place(self, workspace: Workspace, count: Callable[[], str] = str) -> Place:
        return Place(workspace, str(workspace.label), count, f"/{workspace.value}/", TONES[workspace], workspace is self.workspace)

    def _provider(self) -> Place | None:
        """In the own workspace and in the account the actor knows; elsewhere it is asked, and no more than that."""
        if self.actor and self.workspace in {Workspace.PROVIDER, Workspace.ACCOUNT}:
            found = self.actor.provider_id is not None
        else:
            found = self.user is not None and provider_id_of(self.user.pk) is not None
        return self._place(Workspace.PROVIDER, self._provider_facts) if found else None

    def _provider_facts(self) -> str:
        counts = sum((F(f"counts__{status.value}") for status in Status), start=F("pk") * 0)
        row = (
            Provider.objects.filter(person=self.user, state=Provider.State.CONFIRMED)
            .annotate(practice_count=Count("practices"), case_count=counts)
            .values_list("practice_count", "case_count")
            .first()
        )
        practices, cases = row or (0, 0)
        facts = ngettext("%(n)s practice", "%(n)s practices", practices) % {"n": practices}
        return facts + ", " + ngettext("%(n)s case", "%(n)s cases", cases or 0) % {"n": cases or 0}

    def _collaborator(self) -> Place | None:
        found = self.workspace is Workspace.COLLABORATOR
        if not found and self.user:
            found = bool(prepared("collaborates", _collaborates).rows(person=self.user.pk))
        return self._place(Workspace.COLLABORATOR, self._collaborator_facts) if found else None

    def _collaborator_facts(self) -> str:
        live = Collaboration.objects.filter(LIVE(clock.now()), person=self.user).count()
        return ngettext("%(n)s provider shares", "%(n)s providers share", live) % {"n": live} if live else _("Nobody shares with you now")

    def _lab(self) -> Place | None:
        return self._place(Workspace.LAB, lambda: str(settings.MIDLINE_LAB_NAME)) if self.user and self.user.is_technician else None

    def header(self) -> list[Entry]:
        """The links of the workspace on the page, or of the one that My Account leads back to."""
        return _entries(HEADER.get(self.side, []), self.path, self._having(self.side)) if self.side else []

    def _having(self, workspace: Workspace | None) -> set[str]:
        """What links may need. "add_order" is asked of the policy, where a collaborator may or may not begin orders."""
        if workspace is not Workspace.COLLABORATOR or self.user is None:
            return set()
        return {"add_order"} if self.may_add_orders else set()

    @cached_property
    def may_add_orders(self) -> bool:
        """Whether some provider lets this collaborator begin orders; the policy's answer, asked once a page."""
        return self.user is not None and begins_anywhere(Actor(self.user, Workspace.COLLABORATOR))

    def account(self) -> list[Entry]:
        """The side menu of My Account."""
        entries = _entries(ACCOUNT, self.path, {place.workspace.value for place in self.places()})
        return [replace(entry, url=self.of_account(entry.url)) for entry in entries]

    def start(self) -> str:
        """Where the sign of Midline leads: to the beginning of the workspace on the page, and to `/` where there is none."""
        return self._place(self.side).url if self.side else "/"

    def home(self) -> str:
        """Where `/` leads: the first workspace of the person; who waits to be confirmed reads so, the others come to their account."""
        if places := self.places():
            return places[0].url
        waits = Provider.objects.filter(person=self.user, state=Provider.State.PENDING).exists()
        return (address("practices:waiting") if waits else None) or address("people:profile") or "/account/"


def portal(request: HttpRequest) -> dict[str, Any]:
    """The context of every template: actor, portal, workspaces, menu, account_menu and the account links."""
    here = Portal(request)
    return {
        "actor": here.actor,
        "portal": here,
        "workspaces": SimpleLazyObject(here.places),
        "menu": SimpleLazyObject(here.header),
        "account_menu": SimpleLazyObject(here.account),
        "start_url": SimpleLazyObject(here.start),
        "way_back": SimpleLazyObject(lambda: here.way_back),
        "account_url": SimpleLazyObject(lambda: here.of_account(reverse("people:profile"))),
        "notifications_url": SimpleLazyObject(lambda: here.of_account(reverse("notify:email_notifications"))),
        "bell": "notify/_bell.html" if here.user and _has_template("notify/_bell.html") else "",
        "lab_name": settings.MIDLINE_LAB_NAME,
        "registration_open": settings.MIDLINE_REGISTRATION != "closed",
    }
