"""What a planner from whom identity is hidden reads of a ZIP that somebody else packed: no piece of a name, in no sentence."""

import pytest

from midline.core.workspace import Workspace
from midline.lab.import_page.names import Names
from midline.people.policies import Actor
from midline.setups.models import SetupImport
from midline.setups.queries import import_standing
from midline.setups.tests.factories import make_import

State = SetupImport.State


def hidden(item, cast):
    return Names(item, Actor(cast.stranger.user, Workspace.COLLABORATOR))


def failed(order, cast, reason, **row):
    item = make_import(order, cast.technician.user, state=State.FAILED)
    item.report["files"][0] |= {"name": "Zofia Dabrowska/Stage 00/Zofia hinten.stl", "part": "tooth", "fdi": None} | row
    item.report["failure"] = {"step": "pack", "file": "Testdatter_setup.zip", "reason": reason, "remedy": ""}
    return item


@pytest.mark.parametrize(
    ("group", "reason", "shown"),
    [
        (
            "zofia dabrowska/zofia hinten",
            "Tooth zofia hinten stage 3 is missing; tooth zofia hinten stages reach from 0 to 4.",
            "Tooth #1 stage 3",
        ),
        ("upper/zo", "Tooth zo stage 3 is also given to “Zofia hinten.stl”.", "Tooth #1 stage 3"),
    ],
    ids=["long", "short"],
)
def test_a_tooth_without_a_number_is_told_by_its_place_and_not_by_a_piece_of_its_name(cast, order, group, reason, shown):
    item = failed(order, cast, reason, group=group)
    said = hidden(item, cast).standing(import_standing(item)).failure["reason"]

    assert said.startswith(shown)
    assert "zofia" not in said.lower()
    assert " zo " not in said
    own = Names(item, cast.technician.actor).standing(import_standing(item)).failure["reason"]
    assert own == reason, "who packed it reads the names"


@pytest.mark.parametrize(
    "reason",
    [
        "It shares its bytes in the ZIP with “Zofia Dabrowska.stl”.",
        "The ZIP holds this name twice (also as “Zofia/upper.stl”), so one would hide the other.",
        "Sie teilt ihre Bytes im ZIP mit „Zofia.stl“.",
    ],
)
def test_a_zip_refused_as_a_whole_names_no_file_that_the_report_does_not_have(cast, order, reason):
    item = make_import(order, cast.technician.user, state=State.FAILED)
    item.report = {"failure": {"step": "read", "file": "Zofia.zip", "reason": reason, "remedy": "Export it as “upper”."}}
    failure = hidden(item, cast).standing(import_standing(item)).failure

    assert "Zofia" not in " ".join(failure.values())
    assert failure["remedy"] == "Export it as “upper”."
