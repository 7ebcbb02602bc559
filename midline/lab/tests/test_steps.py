"""The steps of an import as its page tells them."""

from datetime import timedelta

import pytest

from midline.core import clock
from midline.lab.import_page.steps import steps
from midline.setups.models import SetupImport
from midline.setups.queries import import_standing
from midline.setups.tests.factories import make_import


@pytest.mark.parametrize(
    ("passed", "said"), [(0, "40 s left"), (33, "7 s left"), (50, "nearly done")], ids=["at once", "later", "too late"]
)
def test_the_page_counts_down_between_two_lines(cast, passed, said):
    order = cast.case.current_order
    item = make_import(order, cast.technician.user, state=SetupImport.State.READING)
    moment = clock.now()
    item.progress = {"step": "read", "part": "read", "done": 3, "of": 9, "percent": 33, "at": moment.timestamp(), "left_s": 40}
    with clock.at(moment + timedelta(seconds=passed)):
        step = steps(item, import_standing(item))[0]

    assert step.words == f"{said} · 3 of 9 files"
    assert step.percent == 33
