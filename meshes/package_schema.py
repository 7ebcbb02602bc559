"""The setup package's JSON Schema, applied. The schema is the one truth: what it says is checked, and nothing else here knows the format.

Only the words of JSON Schema that the schema uses are understood; another one raises KeyError in the tests, never at a person.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

SCHEMA: Final = Path(__file__).parent / "schema" / "setup-package-1.json"
SILENT: Final = {"$schema", "$id", "$defs", "title", "description", "default", "$ref", "properties", "additionalProperties", "items"}
SHOWN: Final = 40

KINDS: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
NAMED: Final = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "null": "null",
}


class Wrong(ValueError):
    """One value that the schema does not allow. where: its path, as “teeth[3].mesh”; reason: a full sentence that names it."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(reason)
        self.where = where
        self.reason = reason


@cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


def check(value: Any) -> None:
    """Raises Wrong for the first value that does not fit."""
    _check(value, schema(), "")


def shown(value: Any) -> str:
    """A value as a sentence quotes it: short, on one line, in signs that can be written down."""
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, (dict, list)) else ("{…}" if isinstance(value, dict) else "[…]")
    text = writable(text)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def writable(text: str) -> str:
    """The text with every sign that no file, database or page takes spelt out: a lone surrogate as \\ud800, NUL as \\x00."""
    spelt = text.encode("utf-8", "backslashreplace").decode()
    return "".join(sign.encode("unicode_escape").decode() if is_control(sign) else sign for sign in spelt)


def is_control(sign: str) -> bool:
    """Whether it is a control character beside tab and the ends of lines, or half of a surrogate pair."""
    return unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\t\r\n"


def _check(value: Any, rule: dict[str, Any], where: str) -> None:
    if "$ref" in rule:
        rule = schema()["$defs"][rule["$ref"].rsplit("/", 1)[-1]]
    if "type" in rule and not is_kind(value, rule["type"]):
        raise Wrong(where, f"“{where or 'setup.json'}” is {shown(value)}; {NAMED[rule['type']]} is expected.")
    if isinstance(value, str) and any(map(is_control, value)):
        raise Wrong(where, f"“{where}” is {shown(value)}; text is expected.")
    for word, given in rule.items():
        if word not in SILENT and word != "type":
            RULES[word](value, given, where)
    if isinstance(value, dict) and "properties" in rule:
        allowed = rule["properties"]
        for key, member in value.items():
            below = f"{where}.{key}" if where else key
            if key not in allowed:
                raise Wrong(below, f"“{writable(below[:120])}” is not known; leave it out.")
            _check(member, allowed[key], below)
    if isinstance(value, list) and "items" in rule:
        for index, item in enumerate(value):
            _check(item, rule["items"], f"{where}[{index}]")


def is_kind(value: Any, kind: str) -> bool:
    return isinstance(value, KINDS[kind]) and not (isinstance(value, bool) and kind in ("integer", "number"))


def _required(value: Any, given: list[str], where: str) -> None:
    for key in given:
        if key not in value:
            below = f"{where}.{key}" if where else key
            raise Wrong(below, f"“{below}” is missing.")


def _const(value: Any, given: Any, where: str) -> None:
    if value != given or isinstance(value, bool):
        raise Wrong(where, f"“{where}” is {shown(value)}; {shown(given)} is expected.")


def _enum(value: Any, given: list[Any], where: str) -> None:
    if value not in given:
        raise Wrong(where, f"“{where}” is {shown(value)}; one of {', '.join(map(str, given))} is expected.")


def _one_of(value: Any, given: list[dict[str, Any]], where: str) -> None:
    wrong: list[Wrong] = []
    for rule in given:
        try:
            _check(value, rule, where)
        except Wrong as error:
            wrong.append(error)
    if len(given) - len(wrong) != 1:
        raise Wrong(where, f"“{where}” is {shown(value)}; none of its forms fits.")


def _limit(says: str, holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any, str], None]:
    def rule(value: Any, given: Any, where: str) -> None:
        if not holds(value, given):
            raise Wrong(where, f"“{where}” is {shown(value)}; {says} {given} is expected.")

    return rule


def _length(says: str, holds: Callable[[int, int], bool]) -> Callable[[Any, Any, str], None]:
    def rule(value: Any, given: int, where: str) -> None:
        if not holds(len(value), given):
            raise Wrong(where, f"“{where or 'setup.json'}” has the length {len(value):,}; {says} {given:,} is expected.")

    return rule


def _pattern(value: Any, given: str, where: str) -> None:
    if not re.fullmatch(given.removeprefix("^").removesuffix("$"), value):
        raise Wrong(where, f"“{where}” is {shown(value)}; {given} is expected.")


RULES: Final[dict[str, Callable[[Any, Any, str], None]]] = {
    "required": _required,
    "const": _const,
    "enum": _enum,
    "oneOf": _one_of,
    "pattern": _pattern,
    "minimum": _limit("at least", lambda value, given: value >= given),
    "exclusiveMinimum": _limit("more than", lambda value, given: value > given),
    "maximum": _limit("at most", lambda value, given: value <= given),
    "minItems": _length("at least", lambda count, given: count >= given),
    "maxItems": _length("at most", lambda count, given: count <= given),
    "minLength": _length("at least", lambda count, given: count >= given),
    "maxLength": _length("at most", lambda count, given: count <= given),
    "minProperties": _length("at least", lambda count, given: count >= given),
}
