"""What the review page shows of a version: the plan as tables, the decision open to the reader, the block for the viewer."""

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from midline.cases.actions import Action
from midline.cases.models import Case, Status
from midline.cases.policies import actions_on
from midline.cases.queries import Standing, evaluating_collaborations, standing_of, type_words
from midline.conversation.forms import ChangesForm, CommentForm
from midline.conversation.models import ChangeItem, ChangeRequest
from midline.conversation.queries import panel, pins_json, talk_of
from midline.core.ids import new_key
from midline.core.workspace import Workspace
from midline.people.policies import Actor
from midline.setups.asking import drawer
from midline.setups.comparison import LABELS, comparison
from midline.setups.models import Attachment, Decision, SetupVersion
from midline.setups.queries import plan_json, still_pictures, versions_for
from midline.setups.words import before_in_words, source_in_words, until_in_words

UPPER: Final = (17, 16, 15, 14, 13, 12, 11, 21, 22, 23, 24, 25, 26, 27)
LOWER: Final = (47, 46, 45, 44, 43, 42, 41, 31, 32, 33, 34, 35, 36, 37)
WISDOM: Final = {18, 28, 38, 48}
MOVEMENTS: Final = tuple(LABELS.items())


@dataclass(frozen=True)
class Tooth:
    fdi: int
    there: bool
    moves: bool
    attachment: bool
    out: bool = False
    pontic: bool = False


@dataclass(frozen=True)
class AttachmentLine:
    """Attachments of one shape and time on several teeth, as a lab writes them: "13, 23  Ellipsoid, 3.5 × 2 mm  3 → 22"."""

    teeth: list[int]
    words: str
    added: int
    removed: int | None


@dataclass(frozen=True)
class GapLine:
    """A tooth that is taken out, or a gap that is filled. before: the stage before which it is taken out, None for a pontic."""

    tooth: int
    what: str
    when: str
    before: int | None


@dataclass(frozen=True)
class Choice:
    """What the reader may decide now, and what the bar at the bottom says. waits: who has not said that it is ready, in words."""

    lead: str
    text: str
    own: bool
    approve: bool = False
    push_back: bool = False
    decline: bool = False
    propose: bool = False
    ready: bool = False
    take_back: bool = False
    waits: str = ""


def page(case: Case, version: SetupVersion, actor: Actor, *, other: SetupVersion | None = None) -> dict[str, Any]:
    """Everything the review page needs. other: the earlier version to compare with; the one before, where none is named."""
    actions = actions_on(actor, case)
    standing = standing_of(case, actor)
    urls = {what: reverse("setups:model", args=[actor.workspace, case.number, version.number, what]) for what in ("preview", "full")}
    talks = Action.READ_CONVERSATION in actions
    talk = talk_of(case, actor, actions)
    versions = list(versions_for(actor, case, actions))
    earlier = [row for row in versions if row.number < version.number]
    other = other or (earlier[0] if earlier else None)
    prefetch_related_objects([version, *([other] if other else [])], "iprs", "attachments", "extractions", "pontics")
    plan = plan_json(version, actor, urls)
    asked_here = [request for request in talk.requests if request.version == version.number]
    plan["others"] = [
        {"version": row.number, "overlay": reverse("setups:overlay", args=[actor.workspace, case.number, version.number, row.number])}
        for row in versions
        if row.number != version.number
    ]
    plan["pictures"] = {
        view: {moment: _picture_url(actor, version, name) for moment, name in pair.items()}
        for view, pair in still_pictures(version).items()
    }
    plan["pins"] = pins_json(talk, version.number) if talks else []
    shown = {
        "case": case,
        "setup": version,
        "actions": {action.value for action in actions},
        "standing": standing,
        "plan": plan,
        "subject": case.patient.name if Action.SEE_IDENTITY in actions and case.patient else _("Patient hidden"),
        "type_words": type_words(case),
        "last_stage": max(version.stages_upper, version.stages_lower),
        "stages": range(1, max(version.stages_upper, version.stages_lower) + 1),
        "chart": chart(version, plan),
        "whole_arches": not any(part["kind"] == "tooth" for part in plan["parts"]),
        "movements": MOVEMENTS,
        "source_words": source_in_words(str(version.plan.get("movement_source", ""))),
        "table": table(plan),
        "iprs": list(version.iprs.all()),
        "ipr_total": sum((row.amount_mm for row in version.iprs.all()), Decimal(0)),
        "attachments": attachment_lines(version.attachments.all()),
        "gaps": gap_lines(version),
        "versions": versions,
        "earlier": earlier,
        "comparison": comparison(case, version, other, actor, talk.requests) if other else None,
        "choice": choice(case, version, actor, actions, standing),
        "proposed": [r for r in asked_here if r.state == ChangeRequest.State.PROPOSED],
        "sent": [r for r in asked_here if r.state == ChangeRequest.State.SENT],
        "changes_form": ChangesForm.empty(version.content_hash),
        "movement_choices": ChangeItem.Movement.choices,
        "teeth": sorted({*UPPER, *LOWER} | (WISDOM & {p["fdi"] for p in plan["parts"] if p["fdi"]})),
        "keys": {name: new_key() for name in ("approve", "ready", "take_back", "push_back")},
    }
    shown |= drawer([part["fdi"] for part in plan["parts"] if part["fdi"]])
    if talks:
        shown |= panel(case, actor, talk) | {"form": CommentForm.empty(version.number), "version": version.number, "pin_list": plan["pins"]}
    return shown | {"unread": shown.get("waiting", 0), "allowed": actions}


def _picture_url(actor: Actor, version: SetupVersion, name: str | None) -> str | None:
    return name and reverse("setups:picture", args=[actor.workspace, version.case.number, version.number, name])


def chart(version: SetupVersion, plan: dict[str, Any]) -> list[list[Tooth]]:
    """Two rows of the tooth chart, from the patient's right to the left; wisdom teeth only where models or plan have them.

    A primary tooth stands in the place of the one that follows it, and beside it where both are there.
    """
    parts = {part["fdi"]: part for part in plan["parts"] if part["fdi"]}
    attached = {row["fdi"] for row in plan["attachments"]}
    out = {row["fdi"] for row in plan["extractions"]}
    pontics = {row.tooth for row in version.pontics.all()}
    named = parts.keys() | out | pontics
    rows = []
    for numbers, right, left in ((UPPER, 18, 28), (LOWER, 48, 38)):
        row = [*([right] if right in named else []), *_mixed(numbers, named), *([left] if left in named else [])]
        rows.append(
            [Tooth(fdi, fdi in parts, bool(parts.get(fdi, {}).get("moves")), fdi in attached, fdi in out, fdi in pontics) for fdi in row]
        )
    return rows


def _mixed(numbers: Iterable[int], there: Container[int]) -> list[int]:
    row = []
    for tooth in numbers:
        primary = tooth + 40 if tooth % 10 <= 5 and tooth + 40 in there else None
        row += [tooth] if primary is None else [tooth, primary] if tooth in there else [primary]
    return row


def table(plan: dict[str, Any]) -> list[tuple[int, list[float]]]:
    """The planned movement of each tooth at the last stage: read without the viewer, by whoever has no WebGL or no script."""
    return [(int(fdi), rows[-1][1:]) for fdi, rows in sorted(plan["movements"].items()) if rows]


def attachment_lines(rows: Iterable[Attachment]) -> list[AttachmentLine]:
    groups: dict[tuple[str, int, int | None], list[int]] = defaultdict(list)
    for row in rows:
        words = ", ".join(part for part in (row.shape, row.size) if part)
        groups[(words, row.added_stage, row.removed_stage)].append(row.tooth)
    return [AttachmentLine(sorted(teeth), words, added, removed) for (words, added, removed), teeth in groups.items()]


def gap_lines(version: SetupVersion) -> list[GapLine]:
    """Extractions in the order in which they are due, then pontics."""
    out = [GapLine(row.tooth, _("Extraction"), before_in_words(row.before_stage), row.before_stage) for row in version.extractions.all()]
    return out + [GapLine(row.tooth, _("Pontic"), until_in_words(row.until_stage), None) for row in version.pontics.all()]


def choice(case: Case, version: SetupVersion, actor: Actor, actions: frozenset[Action], standing: Standing) -> Choice:
    """What stands in the decision bar. Only the newest version can be decided on, and only while it waits."""
    n = {"n": version.number}
    if version.published_at is None:
        return Choice(_("Version %(n)s is not published.") % n, _("Only its planner and the lab see it."), own=False)
    may_propose = Action.PROPOSE_CHANGES in actions
    if case.awaiting_version != version.number or version.order.status != Status.AWAITING_APPROVAL:
        approved = version.decisions.filter(kind=Decision.Kind.APPROVED).select_related("by").first()
        if approved:
            said = {"name": approved.by.name, "hash": version.content_hash[:12]}
            return Choice(_("Approved."), _("%(name)s approved this version; it is frozen (%(hash)s).") % said, own=False, propose=False)
        if version.number != case.newest_version:
            return Choice(_("An older version."), _("Version %(n)s is the newest.") % {"n": case.newest_version}, own=False)
        working = case.status == Status.IN_PRODUCTION
        text = _("The lab works on your changes. What you add now joins them.") if working else ""
        return Choice(
            _("No decision is open."), text, own=False, decline=working and Action.DECLINE_SETUP in actions, propose=may_propose and working
        )
    if actor.workspace == Workspace.LAB:
        return Choice(_("Version %(n)s is with the provider.") % n, _("You see it as they do."), own=False)
    return _open_choice(case, version, actor, actions, standing)


def _open_choice(case: Case, version: SetupVersion, actor: Actor, actions: frozenset[Action], standing: Standing) -> Choice:
    stages = {"n": version.number, "upper": version.stages_upper, "lower": version.stages_lower}
    decline = Action.DECLINE_SETUP in actions
    if actor.workspace == Workspace.PROVIDER:
        evaluating = evaluating_collaborations(case)
        ready = [c.name for c, is_ready in evaluating if is_ready]
        waits = [c.name for c, is_ready in evaluating if not is_ready]
        lead = _("Version %(n)s waits for you.") % stages
        if ready:
            lead = ngettext("Ready, says %(names)s.", "Ready, say %(names)s.", len(ready)) % {"names": " · ".join(ready)}
        text = _("Approving sends version %(n)s to manufacturing: %(upper)s upper and %(lower)s lower stages.") % stages
        if waits and not ready:
            words = ngettext("%(names)s still evaluates it;", "%(names)s still evaluate it;", len(waits)) % {"names": " · ".join(waits)}
            text = f"{words} {_('you may decide before that.')}"
        warning = ngettext("%(names)s has not said that it is ready.", "%(names)s have not said that it is ready.", len(waits))
        open_now = {"approve": Action.APPROVE in actions, "push_back": bool(ready), "decline": decline}
        return Choice(lead, text, standing.own, waits=warning % {"names": " · ".join(waits)} if waits else "", **open_now)
    name = {"name": case.provider.name, "n": version.number}
    marked = standing.mine == "ready" and case.ready_marks.filter(version=version.number, collaboration__person=actor.user).exists()
    planned = standing.mine == "ready" and not marked
    lead = _("Check version %(n)s for %(name)s.") % name
    text = _("%(name)s approves it; you say whether it is ready.") % name
    if marked:
        lead, text = _("You hold version %(n)s ready.") % name, _("%(name)s decides.") % name
    elif planned:
        lead, text = _("You planned version %(n)s.") % name, _("It counts as ready for you; %(name)s decides.") % name
    elif not standing.own:
        lead, text = _("Version %(n)s waits for %(name)s.") % name, _("You need not evaluate it; you may say that it is ready.")
    may_mark = not (marked or planned) and Action.MARK_READY in actions
    return Choice(lead, text, standing.own, decline=decline, propose=True, ready=may_mark, take_back=marked)
