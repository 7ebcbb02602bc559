"""Filters of a list: the chips that stand above it, and the fields in which one chooses. A page carries the chips alone; what there is to
choose from is fetched when a filter is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from midline.cases.models import CaseType, CollaboratorStatus, Group, RecordNeed, Status, Turn
from midline.cases.queries import Asked, Reach
from midline.collaboration.models import Collaboration
from midline.core.workspace import Workspace

# Up to so many practices are shown at once; more are searched.
FEW: Final = 100
# From here on a filter has a field to find an option by.
GLANCE: Final = 8


@dataclass(frozen=True)
class Place:
    """A list that can be narrowed. list_name, filters_name: its address, and that of its filters; chips: which filters stand offered
    above it, names: all of them."""

    list_name: str
    filters_name: str
    workspace: Workspace
    chips: tuple[str, ...]
    names: tuple[str, ...]


NAMES: Final = ("status", "records", "category", "cstatus", "collaborator", "practice", "type", "turn", "activity", "submitted", "unread")
ORDERS: Final = Place(
    "cases:manage_orders", "cases:orders_filters", Workspace.PROVIDER, ("status", "cstatus", "practice", "type", "turn"), NAMES
)
MANAGE: Final = Place(
    "cases:manage_collaborators",
    "cases:collaborators_filters",
    Workspace.PROVIDER,
    ("status", "practice", "type", "activity"),
    ("status", "category", "records", "practice", "type", "turn", "activity", "submitted"),
)
SHARED: Final = Place(
    "cases:collaborator_cases",
    "cases:collaborator_filters",
    Workspace.COLLABORATOR,
    ("cstatus", "practice", "type", "turn", "unread"),
    tuple(name for name in NAMES if name != "collaborator"),
)
PLACES: Final = {place.filters_name: place for place in (ORDERS, MANAGE, SHARED)}

# Label of the filter, and how its chip begins once it narrows.
LABELS: Final[dict[str, tuple[StrOrPromise, StrOrPromise]]] = {
    "status": (gettext_lazy("Status"), gettext_lazy("Status is")),
    "records": (gettext_lazy("Records asked for"), gettext_lazy("Records are")),
    "category": (gettext_lazy("Category"), gettext_lazy("Category is")),
    "cstatus": (gettext_lazy("Collaborator status"), gettext_lazy("Collaborator status is")),
    "collaborator": (gettext_lazy("Collaborator"), gettext_lazy("Shared with")),
    "practice": (gettext_lazy("Practice"), gettext_lazy("Practice is")),
    "type": (gettext_lazy("Case type"), gettext_lazy("Case type is")),
    "turn": (gettext_lazy("Whose turn"), gettext_lazy("Whose turn is")),
    "activity": (gettext_lazy("Last activity"), gettext_lazy("Active")),
    "submitted": (gettext_lazy("Submitted"), gettext_lazy("Submitted")),
    "unread": (gettext_lazy("Unread"), gettext_lazy("Comments are")),
}
CHOICES: Final[dict[str, Sequence[tuple[str, StrOrPromise]]]] = {
    "status": Status.choices,
    "records": RecordNeed.Kind.choices,
    "category": Group.choices,
    "cstatus": CollaboratorStatus.choices,
    "type": CaseType.choices,
    "turn": Turn.choices,
}
DAYS: Final = (
    ("7", gettext_lazy("in the last 7 days")),
    ("30", gettext_lazy("in the last 30 days")),
    ("90", gettext_lazy("in the last 90 days")),
    ("365", gettext_lazy("in the last year")),
)
# What taking a filter out changes in the view.
CLEARED: Final[dict[str, dict[str, Any]]] = {
    "activity": {"active": None, "active_from": None, "active_to": None},
    "submitted": {"submitted_from": None, "submitted_to": None},
    "unread": {"unread": False},
    **{name: {name: ()} for name in (*CHOICES, "collaborator", "practice")},
}


def without(asked: Asked, *names: str) -> Asked:
    """The view without these filters."""
    return asked.but(**{part: value for name in names for part, value in CLEARED[name].items()})


@dataclass(frozen=True)
class Chip:
    """A filter above a list. value: what it narrows to, empty while it is only offered; without: the view without it
    (of one with nothing to choose, while it is only offered: with it); src: its fields."""

    name: str
    label: StrOrPromise
    value: str
    without: str
    src: str


def chips_of(place: Place, asked: Asked, reach: Reach, collaborations: Sequence[Collaboration]) -> list[Chip]:
    """Those that narrow and those that stand offered, in one order; narrowing ones first."""
    fetch = reverse(place.filters_name) + asked.address()
    between = "&" if "=" in fetch else ""
    found = []
    for name in place.names:
        value = _value(name, asked, reach, collaborations)
        label, src = LABELS[name][1 if value else 0], f"{fetch}{between}only={name}"
        if name == "unread" and (value or name in place.chips):
            found.append(Chip(name, label, value, asked.address(unread=not value), ""))
        elif value or (name in place.chips and (name != "cstatus" or reach.is_collaborator or collaborations)):
            found.append(Chip(name, label, value, without(asked, name).address(), src))
    return sorted(found, key=lambda chip: not chip.value)


def _value(name: str, asked: Asked, reach: Reach, collaborations: Sequence[Collaboration]) -> str:
    match name:
        case "activity":
            days = dict(DAYS).get(str(asked.active), "")
            return ", ".join(filter(None, [str(days), _range(asked.active_from, asked.active_to)]))
        case "submitted":
            return _range(asked.submitted_from, asked.submitted_to)
        case "unread":
            return _("unread") if asked.unread else ""
    chosen = getattr(asked, name)
    if len(chosen) != 1:
        return _("any of %(n)s") % {"n": len(chosen)} if chosen else ""
    return str(_named(name, chosen[0], reach, collaborations) or _("another"))


def _named(name: str, value: str | int, reach: Reach, collaborations: Sequence[Collaboration]) -> StrOrPromise:
    """What one chosen option is called; empty when it is none of the reader's."""
    if name == "practice":
        return reach.practices().filter(pk=value).values_list("name", flat=True).first() or ""
    if name == "collaborator":
        return next((one.name for one in collaborations if one.pk == value), "")
    return dict(CHOICES[name]).get(str(value), "")


def _range(since: date | None, until: date | None) -> str:
    words = {"from": date_format(since, "DATE_FORMAT") if since else "", "to": date_format(until, "DATE_FORMAT") if until else ""}
    if since and until:
        return _("%(from)s to %(to)s") % words if since != until else _("on %(from)s") % words
    return (_("from %(from)s") if since else _("through %(to)s") if until else "") % words


# --- what one chooses in --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    value: str
    label: StrOrPromise
    chosen: bool
    about: str = ""


@dataclass(frozen=True)
class Field:
    """A filter opened. kind: "many" boxes, "days" with two dates (and, for the last activity, options of which one holds), "one" box,
    "fetched" when there are too many to show: `src` leads to them."""

    name: str
    label: StrOrPromise
    kind: str
    options: Sequence[Option] = ()
    src: str = ""
    dates: tuple[str, ...] = ()

    @property
    def searched(self) -> bool:
        return len(self.options) > GLANCE and self.name in {"practice", "collaborator"}


def fields_of(place: Place, asked: Asked, reach: Reach, collaborations: Sequence[Collaboration], only: Sequence[str]) -> list[Field]:
    """The filters named by `only`, opened."""
    found = (_field(name, asked, reach, collaborations) for name in place.names if name in only)
    # A filter with nothing to choose from is none.
    return [field for field in found if field.options or field.kind != "many"]


def _field(name: str, asked: Asked, reach: Reach, collaborations: Sequence[Collaboration]) -> Field:
    label = LABELS[name][0]
    match name:
        case "activity":
            options = [Option("", _("at any time"), asked.active is None)]
            options += [Option(value, words, value == str(asked.active)) for value, words in DAYS]
            return Field(name, label, "days", options, dates=("active_from", "active_to"))
        case "submitted":
            return Field(name, label, "days", dates=("submitted_from", "submitted_to"))
        case "unread":
            return Field(name, label, "one", [Option("1", _("Only cases with unread comments"), asked.unread)])
        case "practice":
            rows = list(reach.practices(asked.provider).select_related("provider__person")[: FEW + 1])
            if reach.is_collaborator and len(rows) > FEW:
                return Field(name, label, "fetched", src=reverse("cases:collaborator_practice") + asked.address())
            named = reach.is_collaborator and asked.provider is None
            options = [Option(str(p.pk), p.name, p.pk in asked.practice, p.provider.name if named else "") for p in rows]
            return Field(name, label, "many", options)
        case "collaborator":
            return Field(name, label, "many", [Option(str(c.pk), c.name, c.pk in asked.collaborator) for c in collaborations])
    chosen = getattr(asked, name)
    return Field(name, label, "many", [Option(value, words, value in chosen) for value, words in CHOICES[name]])
