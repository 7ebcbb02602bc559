"""A pseudo-language: every text that can be translated becomes ⟦text⟧, so that what stands outside ⟦⟧ was forgotten."""

import importlib.util
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import allauth
import django
import polib
from django.apps import apps
from django.db import models
from django.utils import translation

from midline.people.models import User
from midline.practices import countries

ROOT: Final = Path(__file__).resolve().parents[3]
ATTRIBUTES: Final = {"alt", "title", "aria-label", "aria-description", "aria-valuetext", "placeholder", "label"}
# Names, units and keys that are the same in every language.
# Addresses and time zones go first, because names stand in them too.
ELSEWHERE: Final = re.compile(r"https?://\S+|[\w.+-]+@[\w.-]+|\b[A-Z]\w+(?:/[\w+-]+)+")
# Names, units and keys that are the same in every language, and initials.
KNOWN: Final = re.compile(
    r"\bMidline Lab\b|\b(Midline|FDI|STL|PLY|OBJ|ZIP|PNG|JPEG|PDF|DICOM|glTF|CSV|IPR|Esc|Ctrl|Enter|Shift|UTC|English|Deutsch)\b"
    r"|\b(mm|cm|µm|MB|kB|KB|GB|px)\b|\bimp-\d+|\b\d+\.stl|\b(upper|lower)/|^\W*\w\w\W*$"
)
WORD: Final = re.compile(r"[^\W\d_]{2,}")


def messages_tool() -> ModuleType:
    """bin/messages.py, which knows every text of the sources."""
    spec = importlib.util.spec_from_file_location("messages", ROOT / "bin" / "messages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["messages"] = module
    spec.loader.exec_module(module)
    return module


def bracketed(text: str) -> str:
    return f"⟦{text}⟧"


def write_catalogue(folder: Path) -> None:
    """A catalogue for `de` under `folder`, of our texts, Django's and allauth's."""
    file = polib.POFile()
    file.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": "nplurals=2; plural=(n != 1);"}
    seen: set[tuple[str, str]] = set()
    for text in messages_tool().extract().values():
        seen.add(text.key)
        file.append(_entry(text.context, text.id, text.plural))
    for package in (django, allauth):
        for path in Path(str(package.__file__)).parent.rglob("locale/de/LC_MESSAGES/django.mo"):
            for entry in polib.mofile(str(path)):
                if (entry.msgctxt or "", entry.msgid) not in seen:
                    seen.add((entry.msgctxt or "", entry.msgid))
                    file.append(_entry(entry.msgctxt or "", entry.msgid, entry.msgid_plural))
    target = folder / "de" / "LC_MESSAGES"
    target.mkdir(parents=True)
    file.save_as_mofile(str(target / "django.mo"))


def _entry(context: str, text: str, plural: str) -> polib.POEntry:
    entry = polib.POEntry(msgid=text, msgctxt=context or None)
    if plural:
        entry.msgid_plural = plural
        entry.msgstr_plural = {0: bracketed(text), 1: bracketed(plural)}
    else:
        entry.msgstr = bracketed(text)
    return entry


# A number for people has the comma of its language; a number for a machine never has.
POINT: Final = re.compile(r"\d\.\d+\s?(?:mm|°|µm|%|MB|GB|kB|s\b)")
COMMA: Final = re.compile(r"^-?\d+,\d+$|:\s*-?\d+,\d+\s*(?:%|px|deg|;|$)")


class Reader(HTMLParser):
    """The text of a page that stands outside ⟦⟧, with the attributes that people read or hear; and numbers in the wrong form."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.numbers: list[str] = []
        self._depth = 0
        self._silent: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.numbers += [f"{name}={value!r}" for name, value in attrs if value and name not in ATTRIBUTES and COMMA.search(value)]
        for name in ATTRIBUTES & given.keys():
            self.outside += outside(given[name] or "")
        if tag == "input" and given.get("type") in {"submit", "button"}:
            self.outside += outside(given.get("value") or "")
        if tag in {"script", "style", "svg", "textarea"}:
            self._silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.numbers += POINT.findall(data)
        left = []
        for character in data:
            if character == "⟦":
                self._depth += 1
            elif character == "⟧":
                self._depth = max(0, self._depth - 1)
            elif self._depth == 0:
                left.append(character)
        if "".join(left).strip():
            self.outside.append("".join(left).strip())


def outside(text: str) -> list[str]:
    """What of a text stands outside every pair of brackets."""
    left, depth = [], 0
    for character in text:
        if character == "⟦":
            depth += 1
        elif character == "⟧":
            depth = max(0, depth - 1)
        elif depth == 0:
            left.append(character)
    found = "".join(left).strip()
    return [found] if found else []


def what_people_wrote() -> list[str]:
    """Every text that people gave to the portal: names, comments, addresses, files; the longest first."""
    found: set[str] = set()
    for model in apps.get_models():
        if not model.__module__.startswith(("midline.", "allauth.")):
            continue
        for field in model._meta.get_fields():
            if isinstance(field, (models.CharField, models.TextField)) and not field.choices:
                found.update(value for value in model._default_manager.values_list(field.attname, flat=True).distinct() if value)
            elif isinstance(field, models.JSONField):
                for value in model._default_manager.values_list(field.attname, flat=True):
                    found.update(_texts_in(value))
    names = User.objects.values_list("first_name", "last_name")
    parts = {part for pair in names for name in pair for part in [name, *name.split()] if len(part) > 2}
    found |= {name for language in ("en", "de") for name in countries_in(language)}
    found = {" ".join(text.split()) for text in found}
    return sorted({text for text in found if len(text) > 2 and not re.fullmatch(r"[a-z_.]+", text)} | parts, key=len, reverse=True)


def countries_in(language: str) -> list[str]:
    """They have a table of their own (practices/countries.py)."""
    with translation.override(language):
        return [name for _code, name in countries.choices()]


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts_in(item)


def forgotten(pieces: Iterable[str], written: Sequence[str]) -> set[str]:
    """Those of the pieces that still hold a word when names, units and what people wrote are taken away."""
    kept = tuple(written)
    return {piece for piece in pieces if _is_forgotten(piece, kept)}


@cache
def _is_forgotten(piece: str, written: tuple[str, ...]) -> bool:
    left = ELSEWHERE.sub(" ", " ".join(piece.split()))
    if not WORD.search(left):
        return False
    for text in written:
        if text in left:
            left = left.replace(text, " ")
    return WORD.search(KNOWN.sub(" ", left)) is not None
