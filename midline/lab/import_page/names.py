"""Names of files in a ZIP as its reader may see them: what others packed may be named after a patient whose identity is hidden."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from midline.cases.actions import Action
from midline.cases.policies import may
from midline.lab.import_page.files import FileRow
from midline.people.policies import Actor
from midline.setups.models import SetupImport
from midline.setups.queries import ImportStanding

QUOTED: Final = re.compile(r"([“„])([^“”„]*\w[./\\][^“”„]*|[^“”„]*[./\\]\w[^“”„]*)([”“])")
"""A file's name or path in quotation marks, English or German: something with a dot or a slash beside a letter."""

SHORT: Final = 4
"""A piece of a name this short stands in ordinary words too, and is only looked for behind the word for a tooth."""

CITED: Final = re.compile(r"[“„«\"]([^“”„«»\"]+)[”“»\"]")
PLACE: Final = re.compile(
    r"setup\.json|[\d.,]+|(format|version|units|frame|numbering|made_by|reference_point|stages|teeth|gingiva|movements|ipr|attachments|pontics"
    r"|extractions|wear_schedule|notes)(\[\d+\]|\.(tooth|mesh|meshes|poses|frame|arch|stage|teeth|surface|shape|size|upper|lower|[a-z]+_(mm|deg|stage)))*"
)
"""What a sentence of the readers may quote that names nobody: “teeth[3].mesh”, “1,024”. Its words are those of a package."""


class Names:
    """What a reader from whom identity is hidden reads instead of the names in somebody else's ZIP: the case number and a place.

    Their own ZIP keeps its names, for they typed them. Sentences about files name them too, so every sentence goes through `said`.
    """

    def __init__(self, item: SetupImport, actor: Actor) -> None:
        self.are_open = item.added_by_id == actor.user_id or may(actor, Action.SEE_IDENTITY, item.case)
        self.of_zip = item.filename if self.are_open else f"{item.case.number}.zip"
        self._neutral: dict[str, str] = {} if self.are_open else _neutral(item)
        self._pattern = re.compile("|".join(re.escape(name) for name in sorted(self._neutral, key=len, reverse=True)))

    def said(self, text: str) -> str:
        """The sentence with every name in it made neutral, the longest first, because a path holds its last part.

        What still stands in quotation marks and looks like a file is a name that the report does not have, of a ZIP refused as a whole.
        """
        if self.are_open or not text:
            return text
        neutral = self._pattern.sub(lambda found: self._neutral[found[0]], text) if self._neutral else text
        known = set(self._neutral.values())
        return QUOTED.sub(lambda found: found[0] if found[2] in known or PLACE.fullmatch(found[2]) else f"{found[1]}…{found[3]}", neutral)

    def rows(self, rows: list[FileRow]) -> list[FileRow]:
        if self.are_open:
            return rows
        groups = {group: f"{place}" for place, group in enumerate(sorted({row.group for row in rows if row.group}), start=1)}
        return [
            replace(
                row,
                name=self._neutral.get(row.name, ""),
                group=groups.get(row.group, "") and f"#{groups[row.group]}",
                why=self.said(row.why),
                reason=self.said(row.reason),
                remedy=self.said(row.remedy),
                errors=self.sentences(row.errors),
            )
            for row in rows
        ]

    def sentences(self, texts: Mapping[str, str]) -> dict[str, str]:
        return {key: self.said(text) for key, text in texts.items()}

    def standing(self, standing: ImportStanding) -> ImportStanding:
        """The failure with neutral names.

        What its reason quotes beside (a name that a package asks for, one that is there twice) is no name of the report: every quotation
        that is neither a place in a package nor a number is left out. Remedies are the product's own words.
        """
        failure = self.sentences(standing.failure)
        if not self.are_open and failure:
            failure["reason"] = CITED.sub(self._kept, failure.get("reason", ""))
        return replace(standing, failure=failure)

    def _kept(self, found: re.Match[str]) -> str:
        said = found[1]
        plain = PLACE.fullmatch(said) or said in self._neutral.values()
        return found[0] if plain or said == "…" else found[0].replace(said, "…")


def _neutral(item: SetupImport) -> dict[str, str]:
    """{a name as the ZIP has it, or its last part: what is shown}."""
    found = {item.filename: f"{item.case.number}.zip"}
    names = [row["name"] for row in item.report.get("files", [])]
    failed = str((item.report.get("failure") or {}).get("file") or "")
    for place, name in enumerate([*names, *([failed] if failed and failed not in names else [])], start=1):
        path = PurePosixPath(name)
        shown = f"{item.case.number}_{place:03}{path.suffix.lower()}"
        found |= {name: shown, path.name: shown}
        if len(path.stem) > 3:
            found[path.stem] = shown.removesuffix(path.suffix.lower())
    return _groups(item) | {name: shown for name, shown in found.items() if name}


def _groups(item: SetupImport) -> dict[str, str]:
    """{the piece of a name by which a sentence tells a tooth without a number: "#3"}."""
    files = item.report.get("files", [])
    groups = sorted({row["group"] for row in files if row.get("group")})
    unnumbered = {row["group"] for row in files if row.get("group") and not row.get("fdi")}
    unnumbered |= {row["group"] for row in item.mapping if row.get("group") and not row.get("fdi")}
    found = {}
    for place, group in enumerate(groups, start=1):
        if group not in unnumbered:
            continue
        last = group.rsplit("/", 1)[-1]
        for piece in {group, last}:
            if len(piece) >= SHORT:
                found[piece] = f"#{place}"
        found |= {f"{word} {last}": f"{word} #{place}" for word in ("Tooth", "tooth", "Zahn")}
    return found
