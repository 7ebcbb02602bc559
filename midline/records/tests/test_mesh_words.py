"""What `meshes` says of a file reaches people in their language, with the values it met."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

import meshes
from midline.records.mesh_words import SENTENCES, in_words

FOLDER = Path(meshes.__file__).parent
# These files hold notes on constants in strings, and nothing that is said to people.
SILENT = {"names", "numbering", "borders", "orient", "pack", "pictures", "poses", "shapes", "teeth", "weld", "words", "errors", "__main__"}
SILENT |= {"fuzz", "fuzz_seeds", "fuzz_spoil"}


def sentences(node: ast.AST) -> Iterator[str]:
    """Every whole sentence in a module, its values written as 7."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, (ast.Constant, ast.JoinedStr)):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts).strip()
        if len(text.split()) >= 3 and (text[:1].isupper() or text[:1] == "“") and text.endswith("."):
            yield text
        return
    for child in ast.iter_child_nodes(node):
        yield from sentences(child)


ALL = sorted({said for path in FOLDER.glob("*.py") if path.stem not in SILENT for said in sentences(ast.parse(path.read_text()))})


def test_every_sentence_of_meshes_is_known():
    with translation.override("de"):
        english = [said for said in ALL if in_words(said) == said]
    assert len(ALL) > 100
    assert english == [], "Add these to SENTENCES in records/mesh_words.py"


def test_the_values_stay():
    with translation.override("de"):
        assert in_words("Cut off: 21,204 triangles announced, 9 there.") == "Abgeschnitten: 21.204 Dreiecke angekündigt, 9 vorhanden."


def test_a_name_that_looks_like_a_number_is_left_as_it_is():
    with translation.override("de"):
        assert "1,204" in in_words("Upper stage 3 is also given to “1,204”.")


def test_several_sentences_are_said_one_after_another():
    with translation.override("de"):
        assert in_words("No arch in the name. Export it as STL.") == "Kein Kiefer im Namen. Exportieren Sie sie als STL."


def test_what_is_not_known_stays_as_it_is():
    with translation.override("de"):
        assert in_words("Something new happened.") == "Something new happened."
        assert in_words("") == ""


@pytest.mark.parametrize("said", ["It has %(a)s" * 5, "“(.+)+$” " * 200, "(" * 500])
def test_hostile_text_does_no_harm(said):
    assert in_words(said) == said.strip()


def test_a_sentence_in_english_comes_back_as_it_went_in():
    with translation.override("en"):
        for text in SENTENCES:
            said = re.sub(r"%\(\w\)s", "7", text)
            assert in_words(said) == said
