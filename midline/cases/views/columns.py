"""The columns that a list can show, which of them a reader chose, and what each is in a CSV.

A column's name stands in the reader's choice and in the class of its cells; Case and Patient always stand first.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from midline.cases.queries import Row
from midline.core.workspace import Workspace


@dataclass(frozen=True)
class Column:
    """A column: `value` is what stands in a CSV. sharing: only once the provider has a collaborator. offered: only when it was chosen."""

    name: str
    label: StrOrPromise
    value: Callable[[Row], object]
    sort: str = ""
    class_name: str = ""
    cell_class: str = "c-more"
    sharing: bool = False
    offered: bool = False

    @property
    def fixed(self) -> bool:
        return self.name in FIXED


FIXED: Final = ("case", "patient")
# Below 1380 px these go; on a phone a row has three lines and no room for them.
NARROW: Final = "max-[1380px]:!hidden"


def _patient(row: Row) -> str:
    return ", ".join(filter(None, [_("Identity hidden"), row.about])) if row.hidden else row.patient


def _status(row: Row) -> str:
    return f"{row.status.label}, {row.detail}" if row.detail else str(row.status.label)


BEGUN: Final = Column("begun", gettext_lazy("Begun by"), lambda row: row.begun_by, offered=True)


def _columns(workspace: Workspace) -> tuple[Column, ...]:
    """Every column of the workspace's list, in the order in which it begins."""
    provider = workspace is Workspace.PROVIDER
    case = Column("case", gettext_lazy("Case"), lambda row: row.number, "number", cell_class="c-case")
    patient = Column("patient", gettext_lazy("Patient"), _patient, "patient", cell_class="c-who")
    about = Column("about", gettext_lazy("Age and sex"), lambda row: row.about, class_name="max-md:!hidden", offered=True)
    owner = gettext_lazy("Clinician") if provider else gettext_lazy("Provider")
    from_whom = Column(
        "provider", owner, lambda row: row.provider, "provider", cell_class="c-more" if provider else "c-from", offered=provider
    )
    practice = Column("practice", gettext_lazy("Practice"), lambda row: row.practice, "practice", NARROW, offered=not provider)
    kind = Column("type", gettext_lazy("Case type"), lambda row: row.type, "type", NARROW if provider else "max-xl:!hidden")
    category = Column("category", gettext_lazy("Category"), lambda row: str(row.status.group.label), offered=True)
    status = Column("status", gettext_lazy("Status"), _status, "status", cell_class="c-status", offered=not provider)
    people = Column("people", gettext_lazy("Collaborators"), lambda row: row.collaborators, "people", cell_class="c-people", sharing=True)
    cstatus = Column(
        "cstatus",
        gettext_lazy("Collaborator status"),
        lambda row: str(row.collaborator_status.label) if row.collaborator_status else "",
        "cstatus",
        cell_class="c-state",
        sharing=provider,
    )
    turn = Column("turn", gettext_lazy("Whose turn"), lambda row: str(row.turn.label), "turn", cell_class="c-turn")
    unread = Column("unread", gettext_lazy("Unread comments"), lambda row: row.unread, "unread", offered=True)
    submitted = Column("submitted", gettext_lazy("Submitted"), lambda row: _moment(row.submitted_at), offered=True)
    activity = Column(
        "activity", gettext_lazy("Last activity"), lambda row: _moment(row.last_activity_at), "activity", "!text-right", "c-when"
    )
    if provider:
        return (
            case,
            patient,
            practice,
            kind,
            status,
            people,
            cstatus,
            turn,
            about,
            from_whom,
            category,
            unread,
            BEGUN,
            submitted,
            activity,
        )
    return (case, patient, from_whom, kind, cstatus, turn, about, practice, status, category, unread, BEGUN, submitted, activity)


def _moment(moment: object) -> str:
    return moment.isoformat(timespec="minutes") if hasattr(moment, "isoformat") else ""


COLUMNS: Final = {workspace: _columns(workspace) for workspace in (Workspace.PROVIDER, Workspace.COLLABORATOR)}


def default_names(workspace: Workspace) -> list[str]:
    """The columns of a reader who chose nothing."""
    return [column.name for column in COLUMNS[workspace] if not column.offered]


def known_names(names: Iterable[str], workspace: Workspace) -> list[str]:
    """Of `names` those that are columns of this workspace, once each, in their order; Case and Patient first, whatever was sent."""
    known = {column.name for column in COLUMNS[workspace]}
    return list(dict.fromkeys([*FIXED, *(name for name in names if name in known)]))


def columns_of(workspace: Workspace, names: Sequence[str] | None, *, shares: bool = True) -> list[Column]:
    """The columns that a reader sees: those chosen (None: nothing was), without those of sharing while the provider has no collaborator."""
    by_name = {column.name: column for column in COLUMNS[workspace]}
    chosen = known_names(names if names is not None else default_names(workspace), workspace)
    return [by_name[name] for name in chosen if shares or not by_name[name].sharing]
