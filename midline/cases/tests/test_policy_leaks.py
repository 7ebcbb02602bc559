"""Does the truth table have teeth? Rules are broken on purpose, in a copy of the policy's source: each leak must be noticed."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from midline.cases import policies
from midline.cases.actions import Action
from midline.cases.tests import policy_answers
from midline.cases.tests.policy_answers import disagreements
from midline.cases.tests.policy_world import NOW, World, the_table
from midline.collaboration.models import Grant
from midline.core import clock
from midline.core.workspace import Workspace

# what is forgotten, the words of policies.py that say it, the words that leak
LEAKS = [
    (
        "the end date",
        "rule = LIVE(moment)",
        "rule = Q(state='active', provider__state='confirmed')",
    ),
    (
        "that an invitation must be accepted",
        "rule = LIVE(moment)",
        "rule = LIVE(moment) | Q(state='invited')",
    ),
    (
        "that a collaboration can end",
        "rule = LIVE(moment)",
        "rule = LIVE(moment) | Q(state='ended')",
    ),
    (
        "that the provider must be confirmed, when sharing",
        "rule = LIVE(moment)",
        "rule = Q(state='active') & (Q(ends_at=None) | Q(ends_at__gt=moment))",
    ),
    (
        "to ask for the permission",
        "rule &= Q(**{grant.value: True})",
        "pass",
    ),
    (
        "hidden identity",
        "rule &= Q(hides_identity=False)",
        "pass",
    ),
    (
        "that originals carry names",
        "frozenset({Action.SEE_IDENTITY, Action.DOWNLOAD_ORIGINALS})",
        "frozenset({Action.SEE_IDENTITY})",
    ),
    (
        "whose provider's share it is",
        ", provider_id=provider_id)\n    if grant",
        ")\n    if grant",
    ),
    (
        "that the share was ended",
        'collaboration_id=OuterRef("pk"), ended_at=None)\n    rows',
        'collaboration_id=OuterRef("pk"))\n    rows',
    ),
    (
        "that a row may only hold what is taken away",
        "Q(every_case=True) | Probe(row.filter(gives=True)), provider_id=provider_id",
        "Q(every_case=True) | Probe(row), provider_id=provider_id",
    ),
    (
        "which case the share is of",
        'Share.objects.filter(case_id=case_id, collaboration_id=OuterRef("pk"), ended_at=None)\n    rows',
        'Share.objects.filter(collaboration_id=OuterRef("pk"), ended_at=None)\n    rows',
    ),
    (
        "what is taken away on this case",
        "rows = rows.filter(~Probe(row.filter(**{WITHHOLDS[grant]: True})))",
        "pass",
    ),
    (
        "what is taken away, on the page alone",
        "mine.granted - (share.withheld if share else set())",
        "mine.granted",
    ),
    (
        "hidden identity, on the page alone",
        "given - NEEDS_IDENTITY if mine.hides_identity else given",
        "given",
    ),
    (
        "whose collaboration it is",
        ".filter(person_id=actor.user_id)\n            return Case",
        "\n            return Case",
    ),
    (
        "who took the order",
        "planner_id=person_id, planner_workspace=workspace",
        "planner_workspace=workspace",
    ),
    (
        "as whom the order was taken",
        "planner_id=person_id, planner_workspace=workspace",
        "planner_id=person_id",
    ),
    (
        "that the order was closed",
        "planner_workspace=workspace, closed_at=None)",
        "planner_workspace=workspace)",
    ),
    (
        "which case the planner planned",
        "Order.objects.filter(case_id=case_id, planner_id",
        "Order.objects.filter(planner_id",
    ),
    (
        "that only the planner publishes, in the lab",
        "Workspace.LAB: frozenset({Action.PUBLISH_SETUP})",
        "Workspace.LAB: frozenset()",
    ),
    (
        "that the lab sees no draft",
        "Case.objects.submitted()",
        "Case.objects.all()",
    ),
    (
        "that the lab sees no draft, on the page alone",
        "actor.user.is_technician and case.submitted_at:",
        "actor.user.is_technician:",
    ),
    (
        "that the lab sees no draft, when writing to it",
        "if action in LAB and case.submitted_at:",
        "if action in LAB:",
    ),
    (
        "who is a technician",
        "if action in LAB and isinstance(actor, Actor) and actor.user.is_technician:",
        "if action in LAB:",
    ),
    (
        "who is a technician, when writing to them",
        "people.filter(is_technician=True)",
        "people",
    ),
    (
        "who owns the case",
        "Case.objects.filter(_owned(actor.provider_id, actor.user_id), provider_id=actor.provider_id)",
        "Case.objects.all()",
    ),
    (
        "that the number of a provider is said by anybody",
        "Provider.objects.filter(pk=provider_id, person_id=person_id, state",
        "Provider.objects.filter(pk=provider_id, state",
    ),
    (
        "that the provider must be confirmed",
        ", state=Provider.State.CONFIRMED))",
        "))",
    ),
    (
        "that an account can be closed",
        "if isinstance(actor, Actor) and not actor.user.is_active:\n        return Case.objects.none()",
        "if False:\n        pass",
    ),
    (
        "that an account can be closed, when writing to it",
        "User.objects.filter(is_active=True)",
        "User.objects.all()",
    ),
    (
        "to ask before the door opens",
        "if action is not Action.VIEW and not may(actor, action, case):",
        "if False:",
    ),
    (
        "that hidden is 404",
        "rows = cases_for(actor).select",
        "rows = Case.objects.select",
    ),
]


@pytest.fixture
def world(db) -> World:
    with clock.at(NOW):
        return the_table("draft", "submitted")


def policy_with(old: str, new: str) -> ModuleType:
    """The policy with `old` replaced by `new`, under a name of its own; the real one is not touched."""
    source = Path(policies.__file__).read_text()
    assert source.count(old) == 1, f"policies.py says {old!r} {source.count(old)} times"
    leaky = ModuleType("leaky_policies")
    exec(compile(source.replace(old, new), "leaky_policies.py", "exec"), vars(leaky))  # noqa: S102
    return leaky


@pytest.mark.slow
@pytest.mark.once
def test_the_table_notices_each_leak(world, monkeypatch):
    unnoticed = []
    for name, old, new in LEAKS:
        monkeypatch.setattr(policy_answers, "policies", policy_with(old, new))
        if not (disagreements(world, each=False, most=1) or disagreements(world, most=1)):
            unnoticed.append(name)
    monkeypatch.setattr(policy_answers, "policies", policies)

    assert unnoticed == []
    assert disagreements(world, each=False) == [], "the policy itself leaks nothing"


def changed_tables() -> list[tuple[str, dict[str, Any]]]:
    """Every table of the policy with one entry more or less."""
    changes: list[tuple[str, dict[str, Any]]] = []
    for action in Action:
        for name in ("OWNER", "LAB"):
            changes.append((f"{name} and {action}", {name: getattr(policies, name) ^ {action}}))
        always = policies.ALWAYS ^ {action}
        changes.append((f"ALWAYS and {action}", {"ALWAYS": always, "COLLABORATOR": policies.COLLABORATOR ^ {action}}))
        # What is not granted at all is the same with and without the patient's name or a planner.
        if action in policies.COLLABORATOR:
            changes.append((f"NEEDS_IDENTITY and {action}", {"NEEDS_IDENTITY": policies.NEEDS_IDENTITY ^ {action}}))
        for workspace, table in ((Workspace.LAB, policies.LAB), (Workspace.COLLABORATOR, policies.COLLABORATOR)):
            if action in table:
                rows = {**policies.NEEDS_PLANNER, workspace: policies.NEEDS_PLANNER[workspace] ^ {action}}
                changes.append((f"NEEDS_PLANNER of {workspace} and {action}", {"NEEDS_PLANNER": rows}))
    for action, grant in policies.IF_GRANTED.items():
        for other in set(Grant) - {grant}:
            changes.append((f"{action} by {other}", {"IF_GRANTED": {**policies.IF_GRANTED, action: other}}))
    return changes


@pytest.mark.slow
@pytest.mark.once
def test_the_table_notices_each_entry_more_or_less_in_a_table_of_the_policy(world, monkeypatch):
    unnoticed = []
    for name, tables in changed_tables():
        with monkeypatch.context() as patch:
            for table, entries in tables.items():
                patch.setattr(policies, table, entries)
            if not disagreements(world, each=False, most=1):
                unnoticed.append(name)

    assert unnoticed == []
