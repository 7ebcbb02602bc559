"""The rows of a list as HTML. One pass over the rows makes every string; what is the same in each is asked once.

A cell is a function of a row and of the `Drawing`, by the name of its column. Everything that people wrote is escaped where it enters.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Final

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
        self.selects = _("Select %(number)s") if selects else ""
        self.case_address = around_number("web:case", workspace.value)
        self.hidden = _hidden(self.language)

    def address(self, row: Row) -> str:
        """Where a row leads: to the version that waits for the reader as a collaborator, else to the case."""
        if self.is_collaborator and row.own and row.awaiting_version:
            return reverse("setups:review", args=[self.workspace, row.number, row.awaiting_version])
        before, after = self.case_address
        return f"{before}{row.number}{after}"

    def row(self, row: Row) -> SafeString:
        """The whole `<tr>`."""
        parts = [f'<tr data-row id="case-{row.number}">']
        if self.selects:
            said = escape(self.selects % {"number": row.number})
            parts.append(
                '<td class="c-select !pr-0"><input type="checkbox" class="checkbox" form="selected" name="case"'
                f' value="{row.number}" data-select aria-label="{said}"></td>'
            )
        parts += [cell(row, self) for cell in self.cells]
        parts.append("</tr>")
        return mark_safe("".join(parts))  # noqa: S308 - every cell escapes what people wrote

    def groups(self, page: ListPage) -> list[DrawnGroup]:
        """The rows of a page in their groups."""
        return [
            DrawnGroup(group.name, group.label, group.tone, group.count, mark_safe("".join(map(self.row, group.rows))))  # noqa: S308 - rows
            for group in page.groups
        ]


@lru_cache(32)
def _hidden(language: str | None) -> str:
    return f'{icon("eye-off", "sm")}<span class="whitespace-nowrap">{escape(_("Identity hidden"))}</span>'


def drawn(page: ListPage, columns: Sequence[Column], *, selects: bool = False) -> dict[str, object]:
    """What the table of a list is made of: the groups with their rows, and how many columns a group's name spans."""
    drawing = Drawing(page.reach.actor.workspace, columns, selects=selects)
    rows = "cases:collaborator_rows" if drawing.is_collaborator else "cases:orders_rows"
    return {
        "groups": drawing.groups(page),
        "span": len(columns) + selects,
        "rows_url": reverse(rows) + page.asked.address(),
        "all_count": page.reach.counts(page.asked.provider).all,
    }


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
    return f'<td class="c-status">{status_sign(row.status, detail=row.detail, unusable=row.unusable)}{by}</td>'


def _by(row: Row, class_name: str) -> str:
    """Which collaborator began the order: under the type, and under the status while it is a draft."""
    if not row.begun_by:
        return ""
    said = escape(_("by %(name)s") % {"name": row.begun_by})
    return f'<span class="-mt-1 block text-xs leading-4 text-ink-3{class_name}">{said}</span>'


def _people(row: Row, here: Drawing) -> str:
    return f'<td class="c-people">{collaborators_cell(row.number, row.collaborators, in_list=True)}</td>'


def _cstatus(row: Row, here: Drawing) -> str:
    """The state of evaluation with the version beside it (a collaborator's own), and what is unread."""
    beside = ""
    if here.is_collaborator and row.collaborator_detail:
        beside = f'<span class="text-xs text-ink-3 num truncate">{escape(row.collaborator_detail)}</span>'
    inner = f"{collaborator_sign(row.collaborator_status)}{beside}{bubble_sign(row.unread)}"
    return f'<td class="c-state"><span class="flex items-center gap-2">{inner}</span></td>'


def _turn(row: Row, here: Drawing) -> str:
    return f'<td class="c-turn">{turn_sign(row.turn, own=row.own)}</td>'


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
