"""Tags of every page, builtin: no `{% load %}`. What each looks like stands on /design/, how it is used in ../README.md."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, cast

from django import template
from django.conf import settings
from django.forms import BaseForm
from django.template.base import FilterExpression, Parser, Token
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import formats
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django_vite.core.asset_loader import DjangoViteAssetLoader
from django_vite.core.exceptions import DjangoViteAssetNotFoundError

from midline.cases.models import Case, CollaboratorStatus, Status, Turn
from midline.cases.queries import bubble_sign, collaborator_sign, collaborators_cell, status_sign, turn_sign
from midline.core import clock, icons, moments
from midline.core.sizes import file_size
from midline.core.workspace import Workspace
from midline.people.numbering import tooth_number
from midline.web.context import TONES, address
from midline.web.queries import last_event
from midline.web.words import words as page_words

register = template.Library()

MARK = mark_safe(
    '<svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"'
    ' aria-hidden="true"><path d="M3.6 19.4c0-7.4 1.3-11.9 5-13.6"/><path d="M20.4 19.4c0-7.4-1.3-11.9-5-13.6"/>'
    '<path d="M12 4v15.4" stroke="var(--color-primary)"/></svg>'
)
GLYPH = mark_safe(
    '<svg viewBox="0 0 48 48" width="40" height="40" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"'
    ' aria-hidden="true"><path d="M8 40c0-16 2.5-25 10-28.5M40 40c0-16-2.5-25-10-28.5"/><path d="M24 7v34" stroke-dasharray="3 4"/></svg>'
)


# --- what stands on a page once -------------------------------------------------------------------------------------


class Same(template.Node):
    """What follows from the language and the named values alone, written once for each: it knows nothing else of the page."""

    def __init__(self, nodelist: template.NodeList, named: Mapping[str, FilterExpression]) -> None:
        self.nodelist, self.named = nodelist, named

    def render(self, context: Context) -> SafeString:
        values = tuple((name, type(kept), kept) for name, value in self.named.items() for kept in [_plain(value.resolve(context))])
        return _same(self, get_language(), values, context.template)


def _plain(value: object) -> Hashable:
    """A value that may be kept: never an object with a request behind it. Raises TypeError for what is neither plain nor a row."""
    if value is None or issubclass(type(value), str | int):
        return value
    return tuple(cast(Iterable[Hashable], value))


@lru_cache(512)
def _same(node: Same, language: str | None, values: tuple[tuple[str, type, Hashable], ...], of: template.Template) -> SafeString:
    inner = Context({name: value for name, _kind, value in values})
    with inner.bind_template(of):
        return node.nodelist.render(inner)


@register.tag
def same(parser: Parser, token: Token) -> Same:
    """`{% same menu=menu %}…{% endsame %}`: what stands between follows from these values and the language, and is written once for each.

    Inside there is nothing but these values: no request, no person, no token. Values are words, numbers or rows of entries; few of them.
    """
    named = template.base.token_kwargs(token.split_contents()[1:], parser)
    nodelist = parser.parse(("endsame",))
    parser.delete_first_token()
    return Same(nodelist, named)


@register.simple_tag
def asset(path: str) -> str:
    """Scripts and styles of a Vite entry. Tests run without a build and get nothing."""
    try:
        return mark_safe(str(DjangoViteAssetLoader.instance().generate_vite_asset(path)))  # noqa: S308 - the build's own file names
    except DjangoViteAssetNotFoundError:
        if settings.MIDLINE_ENV == "test":
            return ""
        raise


@register.simple_tag
def asset_url(path: str) -> str:
    """The address of one built file, or nothing when it was not built."""
    try:
        return _built(path)
    except DjangoViteAssetNotFoundError:
        return ""


@cache
def _built(path: str) -> str:
    return str(DjangoViteAssetLoader.instance().generate_vite_asset_url(path))


@register.simple_tag
def words() -> SafeString:
    """The sentences of the page's scripts."""
    return json_script(page_words(), "ml-words")


@register.simple_tag
def sprite() -> str:
    return static("web/icons.svg")


@register.simple_tag
def mark() -> SafeString:
    """The sign of Midline."""
    return MARK


@register.simple_tag
def glyph() -> SafeString:
    """The mid line of empty states."""
    return GLYPH


@register.simple_tag(takes_context=True)
def last_event_of(context: Context, case: Case) -> int:
    """The newest event of the case that the reader may read: what `data-after` says the page has shown."""
    return last_event(context["actor"], case, context.get("allowed"))


@register.simple_tag
def at(name: str, *args: str) -> str:
    """The address of a page whose parts never change, looked up once a process: what `{% url %}` does, for what stands on every page."""
    return address(name, *args) or ""


# --- signs ----------------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, size: str = "", label: str = "", class_name: str = "") -> SafeString:
    """An icon of the sprite. Hidden from screen readers unless `label` names it; `class_name` adds classes."""
    return icons.icon(name, size, str(label), class_name)


@register.simple_tag
def status(value: Status | Case | str, detail: str = "", tag: bool = False, unusable: bool = False) -> SafeString:
    """A case status: coloured icon, words in ink; `tag` fills it, for page headers. A case brings its detail along."""
    if isinstance(value, Case):
        return status_sign(value.state, detail=detail or value.status_detail, tag=tag, unusable=unusable)
    return status_sign(Status(value), detail=detail, tag=tag, unusable=unusable)


@register.simple_tag
def collaborator_status(value: CollaboratorStatus | str | None, detail: str = "", tag: bool = False) -> SafeString:
    """A collaborator status; a dash where there is none."""
    return collaborator_sign(CollaboratorStatus(value) if value else None, detail=detail, tag=tag)


@register.simple_tag(takes_context=True)
def turn(context: Context, value: Turn | str, you: bool | None = None) -> SafeString:
    """Whose turn it is. The reader's own says "Your turn".

    Provider and lab are known by the workspace; for a collaborator the caller says `you`, because who has marked ready is not asked again.
    """
    whose, actor = Turn(value), context.get("actor")
    if you is None:
        own = {Turn.PROVIDER: Workspace.PROVIDER, Turn.LAB: Workspace.LAB}
        you = actor is not None and own.get(whose) is actor.workspace
    return turn_sign(whose, own=bool(you))


@register.simple_tag
def bubble(count: int) -> str:
    """Unread comments; nothing when there are none."""
    return bubble_sign(count)


@register.simple_tag
def people_of_case(number: str, count: int, class_name: str = "") -> SafeString:
    """The people icon of a case with the number of its collaborators; the page holds `{% popover "ml-collaborators" %}`."""
    return collaborators_cell(number, count, class_name)


@register.simple_tag
def avatar(who: Any, tone: str = "idle", size: str = "") -> SafeString:
    """The initials of a person, of a collaboration or of a name; always beside the name itself."""
    initials = getattr(who, "initials", "") or "".join(part[:1] for part in str(who).split()[:2]).upper()
    return format_html(
        '<span class="ml-av{}" data-tone="{}" aria-hidden="true">{}</span>', " ml-av-sm" if size == "sm" else "", tone, initials
    )


@register.filter
def grouped(number: int) -> str:
    """A count as people read it: 204,760 or 204.760, by the language."""
    return formats.number_format(number, force_grouping=True)


@register.filter
def tone_of(workspace: Workspace | None) -> str:
    """The tone of a role, the same in every workspace."""
    return TONES.get(workspace, "idle") if workspace else "idle"


# --- values ---------------------------------------------------------------------------------------------------------


@register.simple_tag
def ago(moment: datetime | None) -> str:
    """ "12 min", "Yesterday", "14 Nov", exact on hover; kept true by the page's script."""
    if moment is None:
        return ""
    return moments.time_tag(moment, clock.now())


@register.simple_tag(takes_context=True)
def number_of_tooth(context: Context, fdi: int) -> str:
    """A tooth in the numbering that the reader chose."""
    actor = context.get("actor")
    return tooth_number(int(fdi), actor.user.numbering if actor else "fdi")


@register.filter
def tooth(fdi: int, numbering: str) -> str:
    """`{{ 21|tooth:actor.user.numbering }}`"""
    return tooth_number(int(fdi), numbering)


@register.filter
def quoted(words: str) -> str:
    """What somebody wrote, in the quotation marks of the reader's language."""
    return pgettext("quotation", "“%(words)s”") % {"words": words}


register.filter(file_size)


@register.filter
def mm(value: float | None, how: str = "2") -> str:
    """Millimetres with a thin space: "0.20 mm". `how`: decimals, after "+" when the sign is always written."""
    return "" if value is None else f"{_number(value, how)}\u2009mm"


@register.filter
def deg(value: float | None, how: str = "1") -> str:
    """Degrees: "4.2°". `how` as for mm."""
    return "" if value is None else f"{_number(value, how)}°"


def _number(value: float, how: str) -> str:
    decimals = int(how.lstrip("+") or "1")
    rounded = round(float(value), decimals)
    text = formats.number_format(abs(rounded), decimal_pos=decimals)
    sign = "−" if rounded < 0 else "+" if how.startswith("+") and rounded > 0 else ""
    return f"{sign}{text}"


# --- parts ----------------------------------------------------------------------------------------------------------


@register.simple_tag
def progress(percent: int, label: str, said: str = "", tone: str = "") -> SafeString:
    """A bar with per cent and time left in words; tone "act" when interrupted."""
    return mark_safe(  # noqa: S308 - a rendered template
        render_to_string("components/progress.html", {"percent": percent, "label": label, "said": said or f"{percent}%", "tone": tone})
    )


@register.simple_tag
def skeleton(rows: int = 5) -> SafeString:
    """Rows to come, shown after 200 ms."""
    return _skeleton(rows, get_language())


@lru_cache(64)
def _skeleton(rows: int, language: str | None) -> SafeString:
    widths = [40, 62, 50, 45, 58]
    return mark_safe(render_to_string("components/skeleton.html", {"rows": [widths[n % 5] for n in range(rows)]}))  # noqa: S308


@register.inclusion_tag("components/error_summary.html")
def error_summary(*forms: BaseForm) -> dict[str, Any]:
    """What is wrong, on top of the form, linked to each field. Takes one form or several."""
    items = [
        {"id": field.id_for_label or field.auto_id, "label": field.label, "text": error}
        for form in forms
        for field in form
        for error in field.errors
    ]
    general = [error for form in forms for error in form.non_field_errors()]
    return {"items": items, "general": general, "count": len(items) + len(general)}


@register.simple_block_tag(takes_context=True)
def dialog(context: Context, content: str, name: str, title: str, text: str = "", **flags: Any) -> str:
    """A decision: title asks, text says what happens. `is_open` shows it at once, `hold` keeps it on a click beside it."""
    return _shell("dialog", context, content, name=name, title=title, text=text, **flags)


@register.simple_block_tag(takes_context=True)
def drawer(context: Context, content: str, name: str, title: str, **flags: Any) -> str:
    """420 px from the right; the page stays alive beside it."""
    return _shell("drawer", context, content, name=name, title=title, **flags)


@register.simple_block_tag
def popover(content: str, name: str, title: str = "", label: str = "", menu: bool = False, align: str = "") -> SafeString:
    """340 px, from the button with popovertarget="<name>". Written here and not in a template, because a list holds a dozen."""
    kind = mark_safe(' ml-menu" data-menu') if menu else mark_safe('"')
    named, head = SafeString(), SafeString()
    if title:
        named = format_html(' aria-labelledby="{}-title"', name)
        head = format_html('<h2 id="{}-title" class="px-3 pt-3 pb-1.5 text-sm">{}</h2>', name, title)
    elif label:
        named = format_html(' aria-label="{}"', label)
    side = format_html(' data-align="{}"', align) if align else SafeString()
    return format_html(
        '<div id="{}" popover class="ml-pop{}{} role="dialog"{}>{}<div data-body>{}</div></div>', name, kind, side, named, head, content
    )


@register.simple_block_tag(takes_context=True)
def nothing(context: Context, content: str, title: str, text: str = "", **flags: Any) -> str:
    """Empty state: the mid line, what is empty, why, and one way out as content."""
    return _shell("nothing", context, content, title=title, text=text, **flags)


@register.simple_block_tag(takes_context=True)
def bar(context: Context, content: str, label: str, **flags: Any) -> str:
    """The bar at the bottom: names the object at the left, holds one primary button at the right. `selection` shows it with a selection."""
    return _shell("bar", context, content, label=label, **flags)


def _shell(part: str, context: Context, content: str, **values: Any) -> SafeString:
    html = render_to_string(f"components/{part}.html", {"content": content, **values}, request=None)
    return mark_safe(html)  # noqa: S308 - a rendered template; its parts were escaped there


@register.filter
def pairs(choices: Sequence[Any]) -> list[tuple[str, str]]:
    """Choices of a field or of an enumeration as (value, label)."""
    return [(str(value), str(label)) for value, label in choices]
