"""The viewer's words: the same keys and placeholders on both sides, and the reader's language in the page."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from midline.setups.words import words

SOURCE = Path(__file__).resolve().parents[3] / "viewer" / "src" / "format" / "strings.ts"


def english() -> dict[str, str]:
    """The table of strings.ts."""
    table = SOURCE.read_text().split("export const ENGLISH = {", 1)[1].split("} as const;", 1)[0]
    return dict(re.findall(r'^\s+(\w+):\s*"((?:[^"\\]|\\.)*)",$', table, re.MULTILINE))


def test_the_server_sends_exactly_the_words_that_the_viewer_knows():
    assert len(english()) > 40
    assert {key: text for key, text in words().items() if not key.startswith("tooth_")} == english()


def test_every_tooth_has_a_name_of_its_own():
    names = {key: name for key, name in words().items() if key.startswith("tooth_")}
    assert len(set(names.values())) == len(names) == 52
    assert (names["tooth_21"], names["tooth_46"], names["tooth_85"]) == (
        "Upper left central incisor",
        "Lower right first molar",
        "Lower right primary second molar",
    )


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_translation_loses_a_placeholder(language):
    with translation.override(language):
        said = words()
    for key, text in english().items():
        assert set(re.findall(r"\{\w+\}", said[key])) == set(re.findall(r"\{\w+\}", text)), key
