"""The choice of columns: kept for a person and a workspace, in the list and in its CSV."""

import csv
import io

import pytest
from django.urls import reverse

from midline.cases.models import ColumnChoice
from midline.cases.views.columns import COLUMNS
from midline.collaboration.models import Collaboration
from midline.core.workspace import Workspace

ORDERS = reverse("cases:manage_orders")
COLUMNS_URL = reverse("cases:columns", args=["provider"])
DEFAULT = ["case", "patient", "practice", "type", "status", "people", "cstatus", "turn", "activity"]


def heads(cast) -> list[str]:
    return [column.name for column in cast.owner.client.get(ORDERS).context["list"].columns]


def choose(cast, *names: str, **more):
    everything = [column.name for column in COLUMNS[Workspace.PROVIDER]]
    order = more.pop("order", [*names, *(name for name in everything if name not in names)])
    return cast.owner.client.post(COLUMNS_URL, {"order": order, "column": names, **more})


def test_columns_are_chosen_and_ordered_and_apply_to_the_export(cast):
    assert heads(cast) == DEFAULT

    choose(cast, "activity", "status", "about", "unread", "submitted")

    assert heads(cast) == ["case", "patient", "activity", "status", "about", "unread", "submitted"]
    text = b"".join(cast.owner.client.get(reverse("cases:export_orders")).streaming_content).decode().removeprefix("\ufeff")
    head, *rows = csv.reader(io.StringIO(text))
    # Who began an order stands beside its status in the list, and last in the file.
    assert head == ["Case", "Patient", "Last activity", "Status", "Age and sex", "Unread comments", "Submitted", "Begun by"]
    assert rows[0][3] == "Submitted"


def test_case_and_patient_always_stand_first(cast):
    choose(cast, "status", order=["status", "patient", "case"])
    assert heads(cast) == ["case", "patient", "status"]

    choose(cast)
    assert heads(cast) == ["case", "patient"]


def test_what_is_no_column_is_left_out(cast):
    choose(cast, "status", "secret", "<b>", "status")

    assert ColumnChoice.objects.get().names == ["case", "patient", "status"]


def test_every_column_is_drawn_and_exported(cast):
    choose(cast, *[column.name for column in COLUMNS[Workspace.PROVIDER]])
    assert cast.owner.client.get(ORDERS).status_code == 200
    everything = [column.name for column in COLUMNS[Workspace.COLLABORATOR]]
    client = cast.with_no_grant.client
    client.post(reverse("cases:columns", args=["collaborator"]), {"order": everything, "column": everything})
    assert client.get(reverse("cases:collaborator_cases")).status_code == 200
    assert b"".join(client.get(reverse("cases:export_collaborator_cases")).streaming_content)


def test_the_choice_is_the_persons_and_the_workspaces_own(cast):
    choose(cast, "status")

    assert [c.name for c in cast.other_provider.client.get(ORDERS).context["list"].columns][:3] == ["case", "patient", "practice"]
    assert not ColumnChoice.objects.filter(workspace="collaborator").exists()


def test_reset_and_choosing_the_first_ones_again_keep_nothing(cast):
    choose(cast, "status")
    choose(cast, "status", reset="1")
    assert not ColumnChoice.objects.exists()

    choose(cast, *DEFAULT)
    assert not ColumnChoice.objects.exists()


def test_columns_of_sharing_wait_for_the_first_collaborator(cast):
    choose(cast, "people", "cstatus", "turn")
    Collaboration.objects.update(state="ended", ended="left")

    assert heads(cast) == ["case", "patient", "turn"]


@pytest.mark.parametrize(
    ("move", "after"),
    [
        ("turn:-1", ["case", "patient", "turn", "status"]),
        ("status:-1", ["case", "patient", "status", "turn"]),
        ("status:1", ["case", "patient", "turn", "status"]),
        ("case:1", ["case", "patient", "status", "turn"]),
        ("nonsense", ["case", "patient", "status", "turn"]),
        ("turn:99", ["case", "patient", "status", "turn"]),
    ],
)
def test_a_column_moves_by_a_button_and_nothing_is_kept_before_it_is_shown(cast, move, after):
    answer = choose(cast, "status", "turn", order=["status", "turn"], move=move)

    assert [column.name for column, _shown in answer.context["lines"]][:4] == after
    assert not ColumnChoice.objects.exists()


def test_the_way_leads_back_to_the_view_and_nowhere_else(cast):
    assert choose(cast, "status", next=ORDERS + "?status=draft").url == ORDERS + "?status=draft"
    assert choose(cast, "status", next="https://evil.example/").url == ORDERS
    assert choose(cast, "status", next="/collaborator/cases/").url == ORDERS


@pytest.mark.parametrize(("who", "workspace"), [("with_no_grant", "provider"), ("owner", "collaborator"), ("technician", "lab")])
def test_nobody_chooses_columns_where_they_have_no_list(cast, who, workspace):
    address = reverse("cases:columns", args=[workspace])

    assert cast.client_of(who).get(address).status_code == 404
    assert cast.client_of(who).post(address, {"column": "status"}).status_code == 404
