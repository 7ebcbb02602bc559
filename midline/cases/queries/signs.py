"""States as people see them: coloured icon, words in ink. Each is written once per language and kept.

Whoever passes words of their own (`detail`) passes plain text; it is escaped here.
"""

from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Final

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from midline.cases.models import CollaboratorStatus, Status, Turn
from midline.core.icons import icon

# A number of the same length as every case's, which stands in an address until the row's own takes its place.
ANY_NUMBER: Final = "0000000"


def status_sign(status: Status, *, detail: str = "", tag: bool = False, unusable: bool = False) -> SafeString:
    """A case status; `tag` fills it, for page headers; `unusable` is red where a missing record is yellow."""
    sign = _status(get_language(), status, unusable and status is Status.RECORDS_NEEDED, tag)
    return _with(sign, "" if tag else detail)


def collaborator_sign(status: CollaboratorStatus | None, *, detail: str = "", tag: bool = False) -> SafeString:
    """A collaborator status; a dash where there is none."""
    sign = _collaborator_status(get_language(), status, tag)
    return _with(sign, "" if tag or status is None else detail)


def turn_sign(turn: Turn, *, own: bool) -> SafeString:
    """Whose turn it is; the reader's own says "Your turn", in a filled tag."""
    return _turn(get_language(), turn, own)


def bubble_sign(count: int) -> SafeString:
    """Unread comments; nothing when there are none."""
    return _bubble(get_language(), count) if count else SafeString()


@lru_cache(256)
def _status(language: str | None, status: Status, unusable: bool, tag: bool) -> SafeString:
    tone, name = ("stop", "file-x-2") if unusable else (status.tone, status.icon)
    return _sign(tone, name, str(status.label), tag)


@lru_cache(64)
def _collaborator_status(language: str | None, status: CollaboratorStatus | None, tag: bool) -> SafeString:
    if status is None:
        said = escape(_("No collaborator evaluates"))
        return mark_safe(f'<span class="text-ink-3" aria-label="{said}">—</span>')  # noqa: S308 - escaped
    return _sign(status.tone, status.icon, str(status.label), tag)


@lru_cache(64)
def _turn(language: str | None, turn: Turn, own: bool) -> SafeString:
    if turn is Turn.NOBODY:
        said = escape(_("Nobody"))
        html = f'<span class="ml-turn text-ink-3"><span aria-hidden="true">—</span><span class="sr-only">{said}</span></span>'
    elif own:
        html = f'<span class="ml-turn" data-tone="{turn.tone}" data-you>{icon("user", "sm")}{escape(_("Your turn"))}</span>'
    else:
        html = f'<span class="ml-turn" data-tone="{turn.tone}">{icon(turn.icon, "sm")}{escape(str(turn.label))}</span>'
    return mark_safe(html)  # noqa: S308 - labels are escaped, the rest is ours


@lru_cache(512)
def _bubble(language: str | None, count: int) -> SafeString:
    said = escape(ngettext("%(n)s unread comment", "%(n)s unread comments", count) % {"n": count})
    return mark_safe(  # noqa: S308 - escaped
        f'<span class="ml-bubble" title="{said}"><span aria-hidden="true">{count}</span><span class="sr-only">{said}</span></span>'
    )


def _sign(tone: str, name: str, label: str, tag: bool) -> SafeString:
    if tag:
        html = f'<span class="ml-tag" data-tone="{tone}">{icon(name, "sm")}{escape(label)}</span>'
    else:
        html = f'<span class="ml-status" data-tone="{tone}">{icon(name)}<span>{escape(label)}</span></span>'
    return mark_safe(html)  # noqa: S308 - the label is escaped, tone and name are ours


def _with(sign: SafeString, detail: str) -> SafeString:
    if not detail:
        return sign
    return mark_safe(f'{sign}<span class="text-xs text-ink-3 ml-2">{escape(detail)}</span>')  # noqa: S308 - escaped


@dataclass(frozen=True)
class _Parts:
    """The texts of the icon in one language, once."""

    change: str
    add: str
    people: str
    nobody: str


@lru_cache(32)
def _parts(language: str | None) -> _Parts:
    return _Parts(_("Change"), _("Add a collaborator to %(number)s"), icon("users", "sm"), icon("user-plus", "sm"))


def collaborators_cell(number: str, count: int, class_name: str = "", *, in_list: bool = False) -> SafeString:
    """The people icon of a case with its number; opens the popover, and leads to a page of its own where no scripts run.

    In a list that link is left to the page of the case: fifty of them are a tenth of the list.
    """
    parts = _parts(get_language())
    before, after = around_number("cases:case_collaborators")
    address = f"{before}{number}{after}"
    said = parts.add
    if count:
        said = ngettext("%(n)s collaborator on %(number)s", "%(n)s collaborators on %(number)s", count)
    said = escape(said % {"n": count, "number": number})
    classes = escape(f"ml-collab {class_name}".strip())
    shown, empty = (f"{parts.people}{count}", "") if count else (parts.nobody, " data-empty")
    without_scripts = "" if in_list else f'<noscript><a class="ml-2 text-xs" href="{address}">{escape(parts.change)}</a></noscript>'
    return mark_safe(  # noqa: S308 - number and count are ours, the words are escaped
        f'<span id="collaborators-{number}"><button type="button" class="{classes}" data-collaborators popovertarget="ml-collaborators"'
        f' data-src="{address}" aria-haspopup="dialog" aria-expanded="false"{empty} aria-label="{said}">{shown}</button>'
        f"{without_scripts}</span>"
    )


@lru_cache(256)
def around_number(name: str, workspace: str = "") -> tuple[str, str]:
    """The address `name` around the number of a case: so that it is looked up once and not for each row."""
    before, _number, after = reverse(name, args=[*filter(None, [workspace]), ANY_NUMBER]).partition(ANY_NUMBER)
    return before, after
