"""What a page says when a decision came too late: what is newer, what is different there, and how what was typed goes along."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from midline.cases.models import Case
from midline.cases.policies import actions_on
from midline.cases.queries import standing_of
from midline.conversation.lines import NAMES, TypedLine, said
from midline.people.policies import Actor
from midline.setups.comparison import comparison
from midline.setups.models import SetupVersion
from midline.setups.queries import versions_for
from midline.setups.review import choice


def conflict(case: Case, setup: SetupVersion, actor: Actor, lines: Sequence[TypedLine], data: QueryDict) -> dict[str, Any]:
    """The facts of the 409 page. lines, data: what was typed on `setup`; it is shown, and carried where a drawer is open for it."""
    case.refresh_from_db()
    published = [row for row in versions_for(actor, case) if row.published_at is not None]
    newest = published[0] if published else setup
    back = reverse("web:case", args=[actor.workspace, case.number])
    there = reverse("setups:review", args=[actor.workspace, case.number, newest.number])
    typed = [(_("Your lines"), said(lines)), *((_("Your words"), data.get(name, "")) for name in ("words", "body"))]
    facts: dict[str, Any] = {
        "kept": [(label, text) for label, text in typed if text.strip()],
        "back": (_("To the case"), back),
        "primary": (_("Open version %(n)s") % {"n": newest.number}, there),
        "carry": _carried(case, setup, newest, actor, lines, data.get("words", "")),
    }
    if newest.number > setup.number:
        address = reverse("setups:compare", args=[actor.workspace, case.number, newest.number])
        facts["different"] = (_("What changed since version %(n)s") % {"n": setup.number}, f"{address}?with={setup.number}")
        facts["differences"] = comparison(case, newest, setup, actor).sentences() or [_("Its plan is the same.")]
        facts["differences_title"] = _("Version %(n)s against version %(was)s") % {"n": newest.number, "was": setup.number}
    return facts


def _carried(
    case: Case, setup: SetupVersion, newest: SetupVersion, actor: Actor, lines: Sequence[TypedLine], words: str
) -> dict[str, Any] | None:
    """The form that takes lines and words into the drawer of the newest version; None where nothing was typed or no drawer is open."""
    kept = [line for line in lines if not line.is_empty]
    open_now = choice(case, newest, actor, actions_on(actor, case), standing_of(case, actor))
    if not (kept or words.strip()) or not (open_now.decline or open_now.propose):
        return None
    label = _("Take it into version %(n)s") if newest.number > setup.number else _("Go on with what you typed")
    hidden = [(f"item_{name}", getattr(line, name)) for line in kept for name in NAMES]
    return {
        "label": label % {"n": newest.number},
        "address": reverse("setups:carry", args=[actor.workspace, case.number, newest.number]),
        "fields": [*hidden, ("words", words), ("from", str(setup.number))],
    }


def against(setup: SetupVersion, lines: Sequence[TypedLine]) -> list[TypedLine]:
    """Lines written for another version, each with what does not fit this one beside it."""
    last = max(setup.stages_upper, setup.stages_lower)
    kept = [TypedLine(**{field.name: getattr(line, field.name) for field in fields(TypedLine)}) for line in lines if not line.is_empty]
    for line in kept:
        if line.stage.isascii() and line.stage.isdigit() and len(line.stage) <= 6 and int(line.stage) > last:
            line.error = _("Version %(n)s ends at stage %(last)s.") % {"n": setup.number, "last": last}
            line.wrong = "stage"
    return kept
