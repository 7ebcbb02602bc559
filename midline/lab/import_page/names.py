"""Names of files in a ZIP as its reader may see them: what others packed may be named after a patient whose identity is hidden."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from midline.cases.actions import Action
from midline.cases.policies import may
from midline.lab.import_page.files import FileRow
from midline.people.policies import Actor
from midline.setups.models import SetupImport
from midline.setups.queries import ImportStanding


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
        """The sentence with every name in it made neutral, the longest first, because a path holds its last part."""
        return self._pattern.sub(lambda found: self._neutral[found[0]], text) if text and self._neutral else text

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
        return replace(standing, failure=self.sentences(standing.failure))


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
    return {name: shown for name, shown in found.items() if name}
