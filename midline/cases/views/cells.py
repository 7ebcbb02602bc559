"""The rows of a list as HTML. One pass over the rows makes every string; what is the same in each is asked once.

A cell is a function of a row and of the `Drawing`, by the name of its column. Everything that people wrote is escaped where it enters.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any, Final

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from midline.cases.models import Status
from midline.cases.queries import Row, around_number, bubble_sign, collaborator_sign, collaborators_cell, status_sign, turn_sign
from midline.cases.views.shown import Column, ListPage
from midline.core import clock
from midline.core.icons import icon
from midline.core.moments import Times
from midline.core.workspace import Workspace

# Stands where the number of a case comes, in what is drawn once for many; nobody can write it.
NUMBER: Final = "\0"


@dataclass(frozen=True)
class DrawnGroup:
    """A group of a list with its rows as HTML; nameless when the list is sorted by a column."""

    name: str
    label: StrOrPromise
    tone: str
    count: int | None
    rows: SafeString


class Drawing:
    """What every row of one page shares: whose page it is, which columns, whether rows are selected."""

    def __init__(self, workspace: Workspace, columns: Sequence[Column], *, selects: bool = False) -> None:
        self.workspace = workspace
        self.is_collaborator = workspace is Workspace.COLLABORATOR
        self.times = Times(clock.now())
        self.language = get_language()
        self.cells = [CELLS[column.name] for column in columns]
        # Where a column goes on a narrow page, its cells go too.
        self.plain = {column.name: f"c-more text-ink-2 {column.class_name}".rstrip() for column in columns}
        self.begins = _beginning(self.language, selects)
        self.case_address = NUMBER.join(around_number("web:case", workspace.value))
        self.hidden = _hidden(self.language)
        # Cells that say what others of the page say: drawn once, under their column and what they follow from.
        self.drawn: dict[Hashable, str] = {}

    def address(self, row: Row) -> str:
        """Where a row leads: to the version that waits for the reader as a collaborator, else to the case."""
        if self.is_collaborator and row.own and row.awaiting_version:
            return reverse("setups:review", args=[self.workspace, row.number, row.awaiting_version])
        return self.case_address.replace(NUMBER, row.number)

    def row(self, row: Row) -> SafeString:
        """The whole `<tr>`; every cell escapes what people wrote."""
        return SafeString(f"{self.begins.replace(NUMBER, row.number)}{''.join([cell(row, self) for cell in self.cells])}</tr>")

    def groups(self, page: ListPage) -> list[DrawnGroup]:
        """The rows of a page in their groups."""
        return [
            DrawnGroup(group.name, group.label, group.tone, group.count, mark_safe("".join(map(self.row, group.rows))))  # noqa: S308 - rows
            for group in page.groups
        ]


@lru_cache(32)
def _beginning(language: str | None, selects: bool) -> str:
    """How a row of the case NUMBER begins, with the box that selects it."""
    begins = f'<tr data-row id="case-{NUMBER}">'
    if not selects:
        return begins
    said = escape(_("Select %(number)s") % {"number": NUMBER})
    return (
        f'{begins}<td class="c-select !pr-0"><input type="checkbox" class="checkbox" form="selected" name="case"'
        f' value="{NUMBER}" data-select aria-label="{said}"></td>'
    )


@lru_cache(32)
def _hidden(language: str | None) -> str:
    return f'{icon("eye-off", "sm")}<span class="whitespace-nowrap">{escape(_("Identity hidden"))}</span>'


def drawn(page: ListPage, columns: Sequence[Column], *, selects: bool = False) -> dict[str, object]:
    """What the table of a list is made of: the groups with their rows, and how many columns a group's name spans."""
    drawing = Drawing(page.reach.actor.workspace, columns, selects=selects)
    rows = "cases:collaborator_rows" if drawing.is_collaborator else "cases:orders_rows"
    return {
        "groups": drawing.groups(page),
        "heads": mark_safe("".join(map(_head, page.heads))),  # noqa: S308 - escaped there
        "span": len(columns) + selects,
        "rows_url": reverse(rows) + page.asked.address(),
        "all_count": page.reach.counts(page.asked.provider).all,
    }


def _head(head: Mapping[str, Any]) -> str:
    """The head of a column, as `components/column.html` writes it."""
    label, direction = escape(str(head["label"])), head["direction"]
    if head["url"]:
        arrow = icon("arrow-down" if direction == "descending" else "arrow-up", "sm") if direction else ""
        link = "inline-flex items-center gap-1 align-middle leading-4 no-underline hover:text-ink"
        label = f'<a class="{link}" href="{escape(head["url"])}">{arrow}{label}</a>'
    elif head["held"]:
        held = escape(head["held"])
        label = f'<span role="link" aria-disabled="true" tabindex="0" class="cursor-default" title="{held}">{label}</span>'
    sort = f' aria-sort="{direction}"' if direction else ""
    return f'<th scope="col"{sort} class="{escape(head["class_name"])}">{label}</th>\n'


# --- cells ----------------------------------------------------------------------------------------------------------


def _case(row: Row, here: Drawing) -> str:
    return f'<td class="c-case"><a class="ml-case" data-open href="{here.address(row)}">{row.number}</a></td>'


def _patient(row: Row, here: Drawing) -> str:
    if not row.hidden:
        return f'<td class="c-who">{escape(row.patient) or "—"}</td>'
    about = f'<span class="truncate text-xs">{escape(row.about)}</span>' if row.about else ""
    wrapped = f'<span class="inline-flex max-w-full items-center gap-1.5 align-middle font-normal text-ink-3">{here.hidden}{about}</span>'
    return f'<td class="c-who">{wrapped}</td>'


def _provider(row: Row, here: Drawing) -> str:
    if not here.is_collaborator:
        return f'<td class="{here.plain["provider"]}">{escape(row.provider)}</td>'
    practice = f'<span class="ml-1 text-xs text-ink-3 max-xl:hidden max-md:inline">{escape(row.practice)}</span>'
    return f'<td class="c-from">{escape(row.provider)} {practice}</td>'


def _practice(row: Row, here: Drawing) -> str:
    return f'<td class="{here.plain["practice"]}">{escape(row.practice)}</td>'


def _type(row: Row, here: Drawing) -> str:
    by = "" if here.is_collaborator or row.status is Status.DRAFT else _by(row, "")
    return f'<td class="{here.plain["type"]}">{escape(row.type)}{by}</td>'


def _status(row: Row, here: Drawing) -> str:
    by = _by(row, " pl-6 max-md:mt-0") if row.status is Status.DRAFT else ""
    key = ("status", row.status.value, row.detail, row.unusable)
    if (sign := here.drawn.get(key)) is None:
        sign = here.drawn[key] = status_sign(row.status, detail=row.detail, unusable=row.unusable)
    return f'<td class="c-status">{sign}{by}</td>'


def _by(row: Row, class_name: str) -> str:
    """Which collaborator began the order: under the type, and under the status while it is a draft."""
    if not row.begun_by:
        return ""
    said = escape(_("by %(name)s") % {"name": row.begun_by})
    return f'<span class="-mt-1 block text-xs leading-4 text-ink-3{class_name}">{said}</span>'


def _people(row: Row, here: Drawing) -> str:
    key = ("people", row.collaborators)
    if (cell := here.drawn.get(key)) is None:
        cell = here.drawn[key] = f'<td class="c-people">{collaborators_cell(NUMBER, row.collaborators, in_list=True)}</td>'
    return cell.replace(NUMBER, row.number)


def _cstatus(row: Row, here: Drawing) -> str:
    """The state of evaluation with the version beside it (a collaborator's own), and what is unread."""
    key = ("cstatus", row.collaborator_status, row.collaborator_detail, row.unread)
    if (cell := here.drawn.get(key)) is None:
        beside = ""
        if here.is_collaborator and row.collaborator_detail:
            beside = f'<span class="text-xs text-ink-3 num truncate">{escape(row.collaborator_detail)}</span>'
        inner = f"{collaborator_sign(row.collaborator_status)}{beside}{bubble_sign(row.unread)}"
        cell = here.drawn[key] = f'<td class="c-state"><span class="flex items-center gap-2">{inner}</span></td>'
    return cell


def _turn(row: Row, here: Drawing) -> str:
    key = ("turn", row.turn, row.own)
    if (cell := here.drawn.get(key)) is None:
        cell = here.drawn[key] = f'<td class="c-turn">{turn_sign(row.turn, own=row.own)}</td>'
    return cell


def _activity(row: Row, here: Drawing) -> str:
    return f'<td class="c-when text-right text-ink-3 num">{here.times.tag(row.last_activity_at)}</td>'


def _about(row: Row, here: Drawing) -> str:
    return f'<td class="{here.plain["about"]}">{escape(row.about)}</td>'


def _category(row: Row, here: Drawing) -> str:
    return f'<td class="{here.plain["category"]}">{escape(str(row.status.group.label))}</td>'


def _unread(row: Row, here: Drawing) -> str:
    return f'<td class="{here.plain["unread"]}">{bubble_sign(row.unread)}</td>'


def _begun(row: Row, here: Drawing) -> str:
    return f'<td class="{here.plain["begun"]}">{escape(row.begun_by)}</td>'


def _submitted(row: Row, here: Drawing) -> str:
    return f'<td class="{here.plain["submitted"]} num">{here.times.tag(row.submitted_at) if row.submitted_at else ""}</td>'


CELLS: Final[dict[str, Callable[[Row, Drawing], str]]] = {
    "case": _case,
    "patient": _patient,
    "provider": _provider,
    "practice": _practice,
    "type": _type,
    "status": _status,
    "people": _people,
    "cstatus": _cstatus,
    "turn": _turn,
    "activity": _activity,
    "about": _about,
    "category": _category,
    "unread": _unread,
    "begun": _begun,
    "submitted": _submitted,
}
