"""Texts and their translations: `make messages` brings the catalogues up to date, `make install` and `make demo` compile them.

Run with the environment's own Python: it needs Django and polib, and no gettext tools. The texts are read from the sources
themselves: Python through its syntax tree, templates through Django's own lexer. What is written depends on the texts alone (no dates,
no line numbers, one order), so that a catalogue changes only where a text did.

    python bin/messages.py update     adds new texts to each catalogue, drops those that are gone
    python bin/messages.py check      says what a catalogue lacks; code 1 if anything does
    python bin/messages.py compile    writes the .mo files that Django reads
"""

import ast
import difflib
import re
import string
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import django
import polib
from django.conf import settings
from django.utils.translation.template import templatize

ROOT: Final = Path(__file__).resolve().parent.parent
LOCALE: Final = ROOT / "midline" / "locale"
# Function of django.utils.translation (without _lazy, _noop): which argument is what.
ARGUMENTS: Final = {
    "gettext": ("id",),
    "ngettext": ("id", "plural"),
    "pgettext": ("context", "id"),
    "npgettext": ("context", "id", "plural"),
}
# As gettext's own tables have them. Another language is added with its rule here; docs/translating.md says how.
PLURALS: Final = {
    "de": "nplurals=2; plural=(n != 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
}
ALIKE: Final = 0.75

Key = tuple[str, str]


class NotExtractable(Exception):
    """A text that is put together while the program runs: no catalogue can hold it."""


@dataclass
class Text:
    """One text of the sources, with the files that say it."""

    id: str
    plural: str = ""
    context: str = ""
    files: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return (self.context, self.id)


# --- reading the sources ---------------------------------------------------------------------------------------------


def sources() -> Iterator[Path]:
    """What people may read: Python and templates of every room and the settings; not tests, not migrations, not the demo's data."""
    for folder in ("midline", "config"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.parts):
                yield path
    yield from sorted(p for p in (ROOT / "midline").rglob("templates/**/*") if p.suffix in {".html", ".txt"})


def extract() -> dict[Key, Text]:
    """Every text of today's sources. Raises NotExtractable with the place of a text that is no literal."""
    found: dict[Key, Text] = {}
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        read = texts_of_python if path.suffix == ".py" else texts_of_template
        for text in read(path.read_text(), name):
            kept = found.setdefault(text.key, text)
            kept.files.add(name)
            if text.plural and not kept.plural:
                kept.plural = text.plural
    return found


def texts_of_python(source: str, name: str) -> Iterator[Text]:
    """The texts of a module, under whatever names it imports gettext's functions."""
    tree = ast.parse(source)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            names.update({alias.asname or alias.name: alias.name for alias in node.names})
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            function = names.get(node.func.id, "")
        elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id in names:
            function = node.func.attr
        else:
            continue
        if function == "gettext" and "gettext_noop" in names.values() and isinstance(node.args[0], ast.Name):
            continue  # one of a list that gettext_noop has named
        function = function.removesuffix("_lazy").removesuffix("_noop")
        if function in ARGUMENTS:
            yield text_of_call(function, node, name)


def text_of_call(function: str, call: ast.Call, name: str) -> Text:
    values = {}
    for part, argument in zip(ARGUMENTS[function], call.args, strict=False):
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
            raise NotExtractable(f"{name}:{call.lineno}: {function}() takes a literal text, so that it can be translated.")
        values[part] = argument.value
    return Text(values["id"], values.get("plural", ""), values.get("context", ""))


CALL: Final = re.compile(r"(?<![\w.])(_|n?p?gettext)\(")


def texts_of_template(source: str, name: str) -> Iterator[Text]:
    """The texts of a template: Django turns its tags into calls, and what stands between them into X."""
    code = templatize(source, origin=name)
    for match in CALL.finditer(code):
        call = first_call(code, match.start())
        if call is None:
            raise NotExtractable(f"{name}: {code[match.start() : match.start() + 60]!r} is no literal text.")
        yield text_of_call("gettext" if match[1] == "_" else match[1], call, name)


def first_call(code: str, start: int) -> ast.Call | None:
    """The call that begins at `start`: up to the first parenthesis with which it is whole."""
    end = start
    while (end := code.find(")", end) + 1) > 0:
        try:
            node = ast.parse(code[start:end].strip(), mode="eval").body
        except SyntaxError:
            continue
        return node if isinstance(node, ast.Call) else None
    return None


# --- catalogues ------------------------------------------------------------------------------------------------------


def languages() -> list[str]:
    """The languages that have a catalogue here."""
    return sorted(path.parent.parent.name for path in LOCALE.glob("*/LC_MESSAGES/django.po"))


def catalogue(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> polib.POFile:
    path = catalogue(language)
    return polib.pofile(str(path), wrapwidth=0) if path.is_file() else polib.POFile(wrapwidth=0)


def write(language: str, entries: Iterable[polib.POEntry]) -> None:
    """The catalogue in its one order: by the first file that says a text, then by the text."""
    file = polib.POFile(wrapwidth=0)
    file.metadata = {
        "Project-Id-Version": "Midline",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[language],
    }
    file.extend(sorted(entries, key=lambda entry: (entry.occurrences[0][0], entry.msgid, entry.msgctxt or "")))
    path = catalogue(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(file).rstrip("\n") + "\n")


def entry_of(text: Text, known: polib.POEntry | None, language: str) -> polib.POEntry:
    """The text's line in the catalogue, with the translation it has."""
    count = int(PLURALS[language].removeprefix("nplurals=")[0])
    entry = polib.POEntry(msgid=text.id, msgctxt=text.context or None, occurrences=[(name, "") for name in sorted(text.files)])
    if text.plural:
        entry.msgid_plural = text.plural
        entry.msgstr_plural = dict.fromkeys(range(count), "")
    if "%(" in text.id:
        entry.flags.append("python-format")
    if known is not None:
        entry.tcomment = known.tcomment
        if text.plural and known.msgstr_plural:
            entry.msgstr_plural.update(known.msgstr_plural)
        elif not text.plural:
            entry.msgstr = known.msgstr
        if known.fuzzy and known.msgid == text.id:
            entry.flags.insert(0, "fuzzy")
            entry.previous_msgid = known.previous_msgid
    return entry


def update(language: str) -> tuple[int, int]:
    """Brings the catalogue to today's texts. A text that changed a little keeps its translation, marked fuzzy.

    Returns how many texts are new or changed, and how many are gone.
    """
    texts = extract()
    known = {(entry.msgctxt or "", entry.msgid): entry for entry in read(language) if not entry.obsolete}
    gone = {key: entry for key, entry in known.items() if key not in texts and entry.translated()}
    entries, new = [], 0
    for key, text in texts.items():
        entry = entry_of(text, known.get(key), language)
        if key not in known:
            new += 1
            like = difflib.get_close_matches(text.id, [was.msgid for was in gone.values()], 1, ALIKE)
            if like and (was := next(e for e in gone.values() if e.msgid == like[0])):
                entry = entry_of(text, was, language)
                entry.flags.insert(0, "fuzzy")
                entry.previous_msgid = was.msgid
        entries.append(entry)
    write(language, entries)
    return new, len([key for key in known if key not in texts])


def compile_all() -> None:
    for language in languages():
        read(language).save_as_mofile(str(catalogue(language).with_suffix(".mo")))


# --- is a catalogue complete? ----------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """The tags of a text with their attributes, those that a translation may turn left out."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(f"<{tag} {sorted((name, value) for name, value in attrs if name not in {'title', 'aria-label'})}>")

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"</{tag}>")


def placeholders(text: str) -> list[str]:
    """What is filled in: %(name)s in gettext's way, {name} in the viewer's."""
    named = re.findall(r"%\((\w+)\)([sd])", text)
    braces = [name for _text, name, _spec, _how in string.Formatter().parse(text) if name] if re.search(r"\{\w+\}", text) else []
    return sorted({f"%({name}){kind}" for name, kind in named} | {f"{{{name}}}" for name in braces})


def faults_of(entry: polib.POEntry) -> Iterator[str]:
    """What is wrong with one translation."""
    if entry.fuzzy:
        yield "is marked fuzzy: check it and take the mark away"
    given = list(entry.msgstr_plural.items()) if entry.msgid_plural else [(0, entry.msgstr)]
    for index, said in given:
        wanted = entry.msgid_plural if entry.msgid_plural and index else entry.msgid
        if not said.strip():
            yield "is not translated"
            continue
        # One of something may be said in words: the singular may leave its number out.
        asked, got = set(placeholders(wanted)), set(placeholders(said))
        if got - set(placeholders(entry.msgid + entry.msgid_plural)) or (asked - got and not (entry.msgid_plural and index == 0)):
            yield f"has the placeholders {sorted(got)} instead of {sorted(asked)}"
        if sorted(Tags(wanted).found) != sorted(Tags(said).found):
            yield f"has the tags {Tags(said).found} instead of {Tags(wanted).found}"
        if (wanted[:1].isspace(), wanted[-1:].isspace()) != (said[:1].isspace(), said[-1:].isspace()):
            yield "begins or ends with another space than the text"
        if re.search(r"%(?!\(\w+\)[sd])", said.replace("%%", "")) and "%(" in wanted:
            yield "holds a % that is no placeholder: write %%"


def problems(language: str) -> list[str]:
    """One line for each thing that the catalogue lacks or has too much."""
    texts, lines = extract(), []
    known = {(entry.msgctxt or "", entry.msgid): entry for entry in read(language)}
    lines += [f"{language}: {text.id!r} ({min(text.files)}) is missing" for key, text in texts.items() if key not in known]
    for key, entry in known.items():
        if key not in texts or entry.obsolete:
            lines.append(f"{language}: {entry.msgid!r} is said by no source")
        elif bool(texts[key].plural) != bool(entry.msgid_plural):
            lines.append(f"{language}: {entry.msgid!r} has a plural in one of source and catalogue only")
        else:
            lines += [f"{language}: {entry.msgid!r} {fault}" for fault in faults_of(entry)]
    return lines


def main(words: list[str]) -> int:
    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    try:
        match words:
            case ["update", *chosen]:
                for language in chosen or languages():
                    new, gone = update(language)
                    sys.stdout.write(f"{language}: {new} new or changed, {gone} gone, {len(problems(language))} to do\n")
            case ["check"]:
                lines = [line for language in languages() for line in problems(language)]
                if lines:
                    sys.stdout.write(
                        "\n".join([*lines, f"{len(lines)} to do: `make messages`, then translate (docs/translating.md)."]) + "\n"
                    )
                    return 1
            case ["compile"]:
                compile_all()
            case _:
                sys.stdout.write(__doc__ or "")
                return 2
    except NotExtractable as reason:
        sys.stdout.write(f"midline: {reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
