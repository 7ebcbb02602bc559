"""`make test-mutants`: does the truth table notice every change of the policy? mutmut makes the changes, one process asks about each.

Mutated are midline/cases/policies.py and the condition LIVE of midline/collaboration/models.py, function by function. The database and the
people of the table are made once; each mutant runs as a module of its own and must disagree with the table, or fail. What survives must be
listed in docs/policy-mutants.md with the reason why it changes no answer. Exit 0 only when survivors and list are the same.

Names of functions as arguments ask about those alone; --verbose shows each mutant and what the table says against it.

Not mutated: the policy's tables of actions, which are no functions. midline/cases/tests/test_policy_leaks.py changes each of their entries.
"""

import difflib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LISTED = ROOT / "docs" / "policy-mutants.md"
POLICY, CONDITION = "midline/cases/policies.py", "midline/collaboration/models.py"


@dataclass(frozen=True)
class Mutant:
    """One change: the function it is in, the lines before and after, and the whole source with it."""

    function: str
    before: str
    after: str
    source: str

    @property
    def cell(self) -> str:
        """As the list writes it: code in backquotes, bars and backquotes that would end a cell replaced."""
        return f"| {self.function} | `{_plain(self.before)}` | `{_plain(self.after)}` |"


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "¦").replace("`", "'")


def mutants(path: str, only: str = "") -> Iterator[Mutant]:
    """mutmut's changes of a file; of one function when `only`."""
    from mutmut.mutation.file_mutation import create_mutations, deep_replace

    source = (ROOT / path).read_text()
    module, found, *_ignored = create_mutations(path, source)
    for one in found:
        function = getattr(one.contained_by_top_level_function, "name", None)
        name = function.value if function else ""
        if not name or (only and name != only):
            continue
        changed: Any = deep_replace(module, one.original_node, one.mutated_node)
        lines = difflib.ndiff(source.splitlines(), changed.code.splitlines())
        shown = [line for line in lines if line[:2] in {"- ", "+ "}]
        before, after = (" ".join(line[2:].strip() for line in shown if line[0] == sign) for sign in "-+")
        yield Mutant(name, before, after, changed.code)


def as_policy(mutant: Mutant | None) -> ModuleType:
    """The policy with this change, as a module of its own; the real one is not touched."""
    policy = ModuleType("mutated_policies")
    in_policy = mutant is not None and mutant.function != "LIVE"
    source = mutant.source if mutant and in_policy else (ROOT / POLICY).read_text()
    exec(compile(source, "mutated_policies.py", "exec"), vars(policy))  # noqa: S102 - our own source
    if mutant and not in_policy:
        condition = "from datetime import datetime\nfrom django.db.models import Q\n" + mutant.source[mutant.source.index("def LIVE(") :]
        scope: dict[str, Any] = {}
        exec(compile(condition[: condition.index("\nclass ")], "mutated_condition.py", "exec"), scope)  # noqa: S102 - our own source
        vars(policy)["LIVE"] = scope["LIVE"]
    return policy


def noticed(mutant: Mutant | None, world: Any) -> str:
    """What the table says against this change, or how it fails; "" when nothing is noticed."""
    from django.db import transaction

    from midline.cases.tests import policy_answers

    try:
        with transaction.atomic():
            vars(policy_answers)["policies"] = as_policy(mutant)
            for each in (False, True):
                if found := policy_answers.disagreements(world, each=each, most=1):
                    return found[0]
    except Exception as error:  # a policy that fails answers nothing, whatever the failure
        return f"{type(error).__name__}: {error}"
    return ""


def listed() -> set[str]:
    """The first three cells of each line of the list."""
    rows = [line for line in LISTED.read_text().splitlines() if line.startswith("| ") and "`" in line]
    return {"|".join(row.split("|")[:4]) + "|" for row in rows if row.split("|")[4].strip()}


def prepare() -> Any:
    """An empty database in memory, and the people of the table in it."""
    sys.path.insert(0, str(ROOT))
    os.environ |= {"MIDLINE_ENV": "test", "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": "sqlite://:memory:"}
    import django
    from django.test.utils import setup_databases, setup_test_environment

    django.setup()
    setup_test_environment()
    setup_databases(verbosity=0, interactive=False)
    from midline.cases.tests.policy_world import NOW, the_table
    from midline.core import clock

    with clock.at(NOW):
        return the_table("draft", "submitted")


def main() -> int:
    began, world = time.monotonic(), prepare()
    if said := noticed(None, world):
        sys.stdout.write(f"The policy as it stands disagrees with the table: {said}\n")
        return 1
    wanted = {word for word in sys.argv[1:] if not word.startswith("--")}
    found = [*mutants(POLICY), *mutants(CONDITION, only="LIVE")]
    every = [mutant for mutant in found if not wanted or mutant.function in wanted]
    survivors = set()
    for number, mutant in enumerate(every, 1):
        said = noticed(mutant, world)
        if not said:
            survivors.add(mutant.cell)
        if "--verbose" in sys.argv:
            sys.stdout.write(f"{number}/{len(every)} {mutant.cell} {said or 'SURVIVED'}\n")
            sys.stdout.flush()
    known = {cell for cell in listed() if not wanted or cell.split("|")[1].strip() in wanted}
    for cell in sorted(survivors - known):
        sys.stdout.write(f"survived, and is not in docs/policy-mutants.md:\n{cell} why it changes no answer |\n")
    for cell in sorted(known - survivors):
        sys.stdout.write(f"is in docs/policy-mutants.md, but does not survive (any more):\n{cell}\n")
    minutes = (time.monotonic() - began) / 60
    killed = len(every) - len(survivors)
    sys.stdout.write(f"{len(every)} mutants, {killed} noticed, {len(survivors & known)} equivalent as listed, {minutes:.1f} minutes\n")
    return 1 if survivors != known else 0


if __name__ == "__main__":
    sys.exit(main())
