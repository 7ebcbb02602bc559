"""The rule of access against an independent oracle, in worlds that a Hypothesis machine lives through.

`make test` lives through a few worlds, `make test-policy` through as many as MIDLINE_POLICY questions need. A failure prints the world's
history in words; MIDLINE_SHRINK=1 lets Hypothesis look for a shorter one, which takes minutes.
"""

import os

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from midline.cases.tests.policy_machine.bugs import FAULTS
from midline.cases.tests.policy_machine.stories import ACTS, STORIES, Stories
from midline.cases.tests.policy_machine.world import Cast, Disagreement, Figures

WANTED = int(os.environ.get("MIDLINE_POLICY", "5000"))
# `make test` lives through every story in each of two worlds; `make test-policy` through a third of them in each of many worlds, and
# through more of what chance draws.
IN_FULL = WANTED > 5000
WORLDS, TOLD, STEPS = (max(8, WANTED // 8000), 4, 25) if IN_FULL else (2, len(STORIES), 15)
FAULTY_WORLDS = 40
# Those that `make test` plants; `make test-policy` plants every one of bugs.py.
QUICKLY_FOUND = ["end_date_forgotten", "hidden_identity_downloads_originals", "invited_see"]

# What access hangs on: each was there while questions were asked.
SITUATIONS = (
    "invited", "active", "declined", "withdrawn", "expired", "revoked", "left", "past its end date, nobody looked", "standing grant",
    "single shares", "nothing shared", "identity hidden", "taken away on a case", "undone", "moved between practices", "registered later",
    "a provider as collaborator", "plans an order", "summary ready", "summary evaluating", "summary approved", "summary None",
)  # fmt: skip


def live(worlds: int, cast: Cast, told: int = len(STORIES)) -> Figures:
    """Lets the machine live through `worlds` worlds, the same each time. Raises Disagreement with the history of the first that differs."""
    figures = Figures()
    shrink = (Phase.generate, Phase.shrink) if os.environ.get("MIDLINE_SHRINK") else (Phase.generate,)
    run_state_machine_as_test(
        type("Machine", (Stories,), {"cast": cast, "figures": figures, "told": told}),
        settings=settings(
            max_examples=worlds, stateful_step_count=STEPS, phases=shrink, deadline=None, database=None, derandomize=True,
            print_blob=False, report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    return figures


def report(figures: Figures) -> str:
    done = {kind: figures.deeds.get((kind, True), 0) for kind, _done in figures.deeds}
    refused = {kind: figures.deeds.get((kind, False), 0) for kind, _done in figures.deeds}
    lines = [
        f"{connection.vendor}: {figures.questions:,} questions in {figures.worlds:,} worlds and {figures.steps:,} steps, 0 disagreements",
        f"  by direction: {figures.asked}",
        f"  answers: {figures.answers[True]:,} yes, {figures.answers[False]:,} no",
        "  acts done and refused: " + ", ".join(f"{kind} {done[kind]}/{refused[kind]}" for kind in sorted(done)),
        f"  met: {dict(sorted(figures.met.items()))}",
    ]
    return "\n".join(lines)


@pytest.mark.slow
def test_no_answer_differs_from_the_description(db, capsys):
    figures = live(WORLDS, Cast.make(), TOLD)

    if IN_FULL:
        with capsys.disabled():
            print("\n" + report(figures))  # noqa: T201 - what make test-policy is run for
    assert figures.questions >= WANTED
    assert figures.worlds <= 100 or IN_FULL
    for way in ("cases_for", "users_who_may", "actions_on"):
        assert figures.asked[way] >= figures.questions // 20, f"{way} is hardly asked"
    assert figures.answers[True] >= figures.questions // 12, "nearly every answer is no"
    assert [act for act in ACTS if not figures.deeds.get((act, True))] == [], "these acts never succeeded"
    assert {act for act, _done in figures.deeds} == set(ACTS), "ACTS names every kind of act"
    assert [situation for situation in SITUATIONS if not figures.met.get(situation)] == [], "no world was asked about these"


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("fault", sorted(FAULTS) if IN_FULL else QUICKLY_FOUND)
def test_the_machine_finds_a_planted_fault(db, fault):
    cast = Cast.make()
    with FAULTS[fault](), pytest.raises(Disagreement) as found:
        live(FAULTY_WORLDS, cast)
    assert "The world so far" in str(found.value)
