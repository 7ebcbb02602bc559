"""Every cell of an export is text, whatever people are called."""

import pytest

from midline.core.cells import cell


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_what_a_spreadsheet_would_run_becomes_text(first):
    assert cell(f'{first}HYPERLINK("https://evil.example")') == f"'{first}" + 'HYPERLINK("https://evil.example")'


@pytest.mark.parametrize(("value", "shown"), [("Łukasz", "Łukasz"), ("O'Neil-Smith", "O'Neil-Smith"), (None, ""), (3, "3"), ("", "")])
def test_what_is_harmless_stays_as_it_is(value, shown):
    assert cell(value) == shown
