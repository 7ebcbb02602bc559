"""The letters of the treatment summary: names and notes in other scripts, and what stands where no font has a letter."""

import io
from typing import Any

import pytest
from pypdf import PdfReader

from midline.cases.models import Case
from midline.setups.models import SetupVersion
from midline.setups.summary import render, summary_of
from midline.setups.summary.writing import font_of, is_writable, markup, plain
from midline.setups.tests.test_summary import version

__all__ = ["version"]
NAMES = {
    "Hebrew": ("שרה", "כהן-לוי"),
    "Arabic": ("محمد عبد الله", "الأحمدي"),
    "Persian": ("پریسا", "کیانی"),
    "simplified Chinese": ("王", "小明"),
    "traditional Chinese": ("陳", "怡君"),
    "Japanese": ("鈴木", "はなこ・ハナコ"),
    "a Japanese name with a letter of its own": ("𠮷田", "髙橋﨑"),
    "Korean": ("김", "민수"),
}


def named(version: SetupVersion, first: str, last: str) -> SetupVersion:
    patient = Case.objects.get(pk=version.case_id).patient
    assert patient is not None
    patient.first_name, patient.last_name = first, last
    patient.save()
    return SetupVersion.objects.get(pk=version.pk)


def pages_of(version: SetupVersion, cast) -> list[Any]:
    return list(PdfReader(io.BytesIO(render(summary_of(version, cast.owner.actor, "en")))).pages)


@pytest.mark.parametrize("script", NAMES)
def test_a_name_in_another_script_is_printed_in_an_embedded_font_that_has_its_letters(cast, version, script):
    first, last = NAMES[script]
    page = pages_of(named(version, first, last), cast)[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    names = [font for font in fonts if "Noto" in font["/BaseFont"]]

    assert is_writable(f"{first} {last}")
    assert all(font_of(letter) for letter in f"{first}{last}" if letter != " ")
    assert names
    assert all("/FontFile2" in font["/FontDescriptor"] for font in names)


def test_ideographs_can_be_read_back(cast, version):
    text = " ".join(page.extract_text() for page in pages_of(named(version, "王", "小明"), cast))

    assert "王 小明" in text


def test_words_from_the_right_are_joined_turned_round_and_broken_from_their_beginning():
    assert markup("שלום") == '<font name="Names-Hebrew">םולש</font>'
    assert markup("21 שלום", base="L").startswith("21 ")
    assert "\ufefb" in markup("لا")
    first, second = markup("אחת שתיים שלוש", width=48, size=9).split("<br/>")
    assert "תחא" in first
    assert "שולש" in second
    assert markup("Hold <b>21</b> & 22") == "Hold &lt;b&gt;21&lt;/b&gt; &amp; 22"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("สมชาย", "[Thai]"),
        ("नमस्ते Anna", "[Devanagari] Anna"),
        ("go 😀 on", "go [Grinning face] on"),
        ("a\u202eb\u0000c", "abc"),
        ("\u00a0x\u3000y", " x y"),
        ("ﬁne", "fine"),
        ("שָׁלוֹם", "שלום"),
        ("[Thai]", "[Thai]"),
    ],
)
def test_what_no_font_has_is_named_in_brackets_and_never_an_empty_box(words, shown):
    assert plain(words) == shown
    assert all(letter == " " or font_of(letter) for letter in plain(words))


def test_a_name_without_letters_gives_way_to_the_case_number_and_the_paper_says_why(cast, version):
    version.notes = "Hold it. สวัสดี"
    SetupVersion.objects.filter(pk=version.pk).update(notes=version.notes)
    text = " ".join(" ".join(page.extract_text() for page in pages_of(named(version, "สมชาย", "ใจดี"), cast)).split())

    assert f"the patient of case {version.case.number}" in text
    assert "Hold it. [Thai]" in text
    assert "Words in brackets stand for letters that this paper cannot show." in text


def test_a_paper_in_latin_letters_says_nothing_of_letters_and_carries_no_other_font(cast, version):
    pages = pages_of(version, cast)

    assert "Words in brackets" not in " ".join(page.extract_text() for page in pages)
    assert not [font for page in pages for font in page["/Resources"]["/Font"].values() if "Noto" in font.get_object()["/BaseFont"]]


@pytest.mark.parametrize("notes", ["字" * 3000, "שלום " * 800, "x" * 4000, "שלוםשלום" * 300, "\n" * 300, "[" * 50])
def test_long_notes_in_any_script_fit_their_paper(cast, version, notes):
    SetupVersion.objects.filter(pk=version.pk).update(notes=notes)

    assert len(pages_of(SetupVersion.objects.get(pk=version.pk), cast)) < 12
