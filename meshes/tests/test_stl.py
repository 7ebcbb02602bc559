"""What an STL is, and what is refused instead of guessed."""

from __future__ import annotations

import re

import numpy as np
import pytest

from meshes import stl
from meshes.errors import BadFile
from meshes.tests.cases import lying_header, tiny_arch, with_corner


@pytest.fixture(scope="module")
def good():
    return tiny_arch("upper", 1).file(0)


def text_stl(triangles, name=b"solid model"):
    rows = [name]
    for triangle in triangles:
        rows += [b"facet normal 0 0 0", b"outer loop"]
        rows += [b"vertex " + b" ".join(b"%.6f" % value for value in corner) for corner in triangle]
        rows += [b"endloop", b"endfacet"]
    return b"\n".join([*rows, b"endsolid"])


def test_what_is_written_is_read_back_exactly(good):
    triangles = stl.parse(good, "a.stl")

    assert np.array_equal(triangles, tiny_arch("upper", 1).triangles(0))
    assert stl.parse(stl.write(triangles), "a.stl").tobytes() == triangles.tobytes()


def test_a_binary_file_that_begins_with_solid_is_binary(good):
    assert len(stl.parse(b"solid" + good[5:], "a.stl")) == len(stl.parse(good, "a.stl"))


def test_a_text_file_gives_the_same_triangles(good):
    triangles = stl.parse(good, "a.stl")

    assert np.allclose(stl.parse(text_stl(triangles, b"solid a vertex of facets"), "a.stl"), triangles, atol=1e-5)


def test_the_header_of_a_scrubbed_file_names_nobody(good):
    named = b"Patient: Someone, 1980".ljust(80) + good[80:]

    assert b"Someone" not in stl.scrubbed(named, "a.stl")


def test_equal_points_have_equal_bytes_even_when_one_is_minus_zero():
    flat = np.array([[[0, 0, 0], [1, 0, 0], [0, 1, 0]]] * 4, dtype=np.float32)
    flat[1] *= np.float32(-1)
    flat[1, 0] = (-0.0, -0.0, -0.0)

    assert not np.signbit(stl.parse(stl.write(flat), "a.stl")[1, 0]).any()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda data: b"", "empty"),
        (lambda data: data[:60], "60 bytes, too few"),
        (lambda data: data[: 84 + 50 * 100], "Cut off: 4,000 triangles announced, 100 there"),
        (lambda data: data[:-7], "Cut off"),
        (lambda data: lying_header(data, 7), "7 triangles announced"),
        (lambda data: lying_header(data, 0), "announces 0 triangles"),
        (lambda data: lying_header(data, 4_000_000_000), "announces 4,000,000,000 triangles"),
        (lambda data: with_corner(data, float("nan")), "not a number"),
        (lambda data: with_corner(data, float("inf")), "not a number"),
        (lambda data: with_corner(data, 1e38), "limit"),
        (lambda data: with_corner(data, 1500.0), "1,500 mm from the origin"),
        (lambda data: b"<!DOCTYPE html><html><body>Sign in</body></html>" + b" " * 200, "web page"),
        (lambda data: text_stl(stl.parse(data, "a")[:20])[:-400], "Cut off"),
        (lambda data: text_stl(stl.parse(data, "a")[:20]).replace(b"vertex", b"vertex x", 1), "numbers"),
        (lambda data: re.sub(rb"vertex \S+", b"vertex nan", text_stl(stl.parse(data, "a")[:20]), count=1), "not a number"),
        (lambda data: re.sub(rb"vertex \S+", b"vertex 1e39", text_stl(stl.parse(data, "a")[:20]), count=1), "not a number"),
        (lambda data: text_stl(stl.parse(data, "a")[:20]).replace(b"vertex", b"corner", 1), "every facet needs three"),
        (lambda data: stl.write(stl.parse(data, "a")[:3]), "at least 4"),
    ],
)
def test_a_broken_file_is_refused_with_its_name_and_the_reason(good, spoil, words):
    data = lying_header(good, 4_000) if "4,000 triangles" in words else good
    with pytest.raises(BadFile) as refused:
        stl.parse(spoil(data), "Lower_07.stl")

    assert refused.value.file == "Lower_07.stl"
    assert words in refused.value.reason
    assert refused.value.reason.endswith(".")
    assert refused.value.remedy
