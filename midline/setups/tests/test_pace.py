"""How far a job is and how long it still takes."""

import pytest

from midline.setups import pace


@pytest.mark.parametrize("shares", [pace.READ, pace.BUILD, pace.BUILD_ANEW], ids=["read", "build", "anew"])
def test_what_is_done_grows_from_nothing_to_all(shares):
    said = [pace.done_share(shares, part, done, 4) for part in shares for done in range(5)]

    assert said == sorted(said)
    assert (said[0], round(said[-1], 9)) == (0.0, 1.0)


def test_the_rest_takes_as_long_as_what_was_done_so_far_says():
    assert pace.seconds_left(0.25, 10.0) == 30
    assert pace.seconds_left(0.05, 10.0) is None
    assert pace.seconds_left(0.5, 1.0) is None
    assert pace.seconds_left(0.999, 10.0) == 1


def test_packing_is_one_step_for_people():
    packing = {part: pace.done_share(pace.BUILD, part, 1, 1, within=pace.PACKING) for part in pace.PACKING}

    assert packing["pack"] == pytest.approx(1.0)
    assert pace.done_share(pace.BUILD, "check", 0, 10, within=("check",)) == 0.0


def test_a_part_that_is_not_known_and_a_count_of_nothing_say_nothing_wrong():
    assert pace.done_share(pace.BUILD, "dance", 1, 1) == 0.0
    assert pace.done_share(pace.BUILD, "read", 0, 0) == 0.0
