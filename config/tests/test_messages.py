"""The catalogues' own tool reads every kind of text, and sees every kind of slip in a translation."""

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import polib
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def messages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", ROOT / "bin" / "messages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # Its dataclass looks itself up by name.
    import sys

    sys.modules["messages"] = module
    spec.loader.exec_module(module)
    return module


def test_texts_of_python_are_found_under_whatever_name_gettext_goes(messages):
    source = """
from django.utils import translation
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext as said_of
a = _("One " "whole")
b = ngettext("%(n)s case", "%(n)s cases", 2)
c = said_of("date format", "j M")
d = gettext_lazy("Lazy")
e = other("Not a text for people")
"""
    found = {(t.context, t.id, t.plural) for t in messages.texts_of_python(source, "x.py")}
    assert found == {
        ("", "One whole", ""),
        ("", "%(n)s case", "%(n)s cases"),
        ("date format", "j M", ""),
        ("", "Lazy", ""),
    }


def test_texts_of_templates_are_found_in_tags_blocks_and_arguments(messages):
    source = """<p title="{% translate 'A (title)' %}">{{ x|default:_("None") }} it's</p>
{% blocktranslate count n=n trimmed %}{{ n }} case,
  "quoted"{% plural %}{{ n }} cases{% endblocktranslate %}{% translate "May" context "month" %}"""
    found = {(t.context, t.id, t.plural) for t in messages.texts_of_template(source, "x.html")}
    assert found == {
        ("", "A (title)", ""),
        ("", "None", ""),
        ("", '%(n)s case, "quoted"', "%(n)s cases"),
        ("month", "May", ""),
    }


def test_a_text_put_together_at_run_time_is_refused(messages):
    source = 'from django.utils.translation import gettext as _\n_(f"Case {n}")\n'
    with pytest.raises(messages.NotExtractable, match=r"x\.py:2"):
        list(messages.texts_of_python(source, "x.py"))


SLIPS = [
    ("%(n)s of %(all)s", "%(n)s von allen", "placeholders"),
    ("%(n)s of %(all)s", "%(n)s von %(alle)s", "placeholders"),
    ("{n} mm", "{m} mm", "placeholders"),
    ("<b>%(n)s</b> days", "%(n)s Tage", "tags"),
    ('<a href="%(url)s">Go</a>', '<a href="/else/">Los</a>', "tags"),
    ("Saved.", "", "not translated"),
    ("by ", "von", "space"),
    ("%(n)s%% done", "%(n)s % fertig", "write %%"),
]


@pytest.mark.parametrize(("text", "said", "fault"), SLIPS, ids=[f"{n}-{fault}" for n, (_a, _b, fault) in enumerate(SLIPS)])
def test_a_slip_in_a_translation_is_seen(messages, text, said, fault):
    assert fault in " ".join(messages.faults_of(polib.POEntry(msgid=text, msgstr=said)))


def test_a_right_translation_passes(messages):
    singular_in_words = polib.POEntry(msgid="%(n)s case", msgid_plural="%(n)s cases", msgstr_plural={0: "Ein Fall", 1: "%(n)s Fälle"})
    assert list(messages.faults_of(singular_in_words)) == []
    assert list(messages.faults_of(polib.POEntry(msgid='<b class="x">%(n)s</b> of', msgstr='von <b class="x">%(n)s</b>'))) == []


def test_a_fuzzy_line_is_no_translation(messages):
    entry = polib.POEntry(msgid="Saved.", msgstr="Gespeichert.", flags=["fuzzy"])
    assert list(messages.faults_of(entry)) == ["is marked fuzzy: check it and take the mark away"]


def test_a_changed_text_keeps_its_translation_marked_fuzzy_and_the_file_is_the_same_every_time(messages, tmp_path, monkeypatch):
    monkeypatch.setattr(messages, "LOCALE", tmp_path)
    texts = [messages.Text("The case was saved.", files={"b.py"}), messages.Text("Gone for good", files={"a.py"})]
    monkeypatch.setattr(messages, "extract", lambda: {t.key: t for t in texts})
    messages.update("de")
    file = messages.read("de")
    file[0].msgstr, file[1].msgstr = "Weg", "Der Fall wurde gespeichert."
    messages.write("de", list(file))
    texts[:] = [messages.Text("The case was saved now.", files={"b.py"})]

    assert messages.update("de") == (1, 2)
    (entry,) = messages.read("de")
    assert (entry.msgstr, entry.fuzzy, entry.previous_msgid) == ("Der Fall wurde gespeichert.", True, "The case was saved.")
    once = messages.catalogue("de").read_text()
    messages.update("de")
    assert messages.catalogue("de").read_text() == once


def test_every_text_of_the_sources_can_be_translated(messages):
    assert len(messages.extract()) > 1500


EAGER = {"gettext", "ngettext", "pgettext", "npgettext"}


def said_early(tree: ast.Module) -> Iterator[int]:
    """Lines that say a text while the module loads: it would stay in the language of that moment."""
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }

    def look(node: ast.AST) -> Iterator[int]:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = names.get(node.func.id, node.func.id)
            label = name == "str" and any(isinstance(given, ast.Attribute) and given.attr == "label" for given in node.args)
            if name in EAGER or label:
                yield node.lineno
        for child in ast.iter_child_nodes(node):
            yield from look(child)

    return look(tree)


def test_a_text_said_while_a_module_loads_is_seen():
    lines = ["from django.utils.translation import gettext as _", "A = _('Early')", "def f():", "    return _('Late')", "B = str(S.label)"]
    assert list(said_early(ast.parse("\n".join(lines)))) == [2, 5]


def test_no_text_is_said_while_a_module_loads(messages):
    python = [path for path in messages.sources() if path.suffix == ".py"]
    assert [f"{path.name}:{line}" for path in python for line in said_early(ast.parse(path.read_text()))] == []
