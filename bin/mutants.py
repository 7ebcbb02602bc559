"""`make test-mutants`: does the truth table notice every change of the policy? mutmut makes the changes, two processes ask about each.

Mutated are midline/cases/policies.py and the condition LIVE of midline/collaboration/models.py, function by function. The database and the
people of the table are made once; each mutant runs as a module of its own and must disagree with the table, or fail. What survives must be
listed in docs/policy-mutants.md with the reason why it changes no answer. Exit 0 only when survivors and list are the same.

Names of functions as arguments ask about those alone; --verbose shows each mutant and what the table says against it. What was answered is
kept in mutants/answers.json, outside version control, and not asked again while the policy, the models and the table are unchanged: a run
that was interrupted goes on where it stopped. --anew forgets it.

Not mutated: the policy's tables of actions, which are no functions. midline/cases/tests/test_policy_leaks.py changes each of their entries.
"""

import difflib
import hashlib
import json
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LISTED = ROOT / "docs" / "policy-mutants.md"
POLICY, CONDITION = "midline/cases/policies.py", "midline/collaboration/models.py"
ANSWERS = ROOT / "mutants" / "answers.json"
# What an answer depends on, besides this file: when one of these changes, everything is asked anew.
SUBJECT = (POLICY, CONDITION, "midline/cases/actions.py", "midline/cases/models/*.py", "midline/cases/tests/policy_*.py")
PROCESSES = 2


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

    @property
    def key(self) -> str:
        """What no other change has, also where the same words stand twice in a function."""
        return hashlib.sha256(f"{self.function} {self.source}".encode()).hexdigest()


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "¦").replace("`", "'")


def mutants() -> list[Mutant]:
    """mutmut's changes of the functions of the policy, and of LIVE."""
    return [*_changes((ROOT / POLICY).read_text()), *_changes(condition())]


def condition() -> str:
    """LIVE of the model's module, as a module of its own."""
    source = (ROOT / CONDITION).read_text()
    source = source[source.index("def LIVE(") :]
    return "from datetime import datetime\n\nfrom django.db.models import Q\n\n\n" + source[: source.index("\n\n\nclass ")] + "\n"


def _changes(source: str) -> Iterator[Mutant]:
    from mutmut.mutation.file_mutation import create_mutations, deep_replace

    module, found, *_ignored = create_mutations("mutated.py", source)
    for one in found:
        function = getattr(one.contained_by_top_level_function, "name", None)
        if function is None:
            continue
        changed: Any = deep_replace(module, one.original_node, one.mutated_node)
        lines = list(difflib.unified_diff(source.splitlines(), changed.code.splitlines(), n=0, lineterm=""))[2:]
        before, after = (" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
        yield Mutant(function.value, before, after, changed.code)


def as_policy(mutant: Mutant | None) -> ModuleType:
    """The policy with this change, as a module of its own; the real one is not touched."""
    from midline.core.prepared import prepared

    policy = ModuleType("mutated_policies")
    in_policy = mutant is not None and mutant.function != "LIVE"
    source = mutant.source if mutant and in_policy else (ROOT / POLICY).read_text()
    exec(compile(source, "mutated_policies.py", "exec"), vars(policy))  # noqa: S102 - our own source
    if mutant and not in_policy:
        scope: dict[str, Any] = {}
        exec(compile(mutant.source, "mutated_condition.py", "exec"), scope)  # noqa: S102 - our own source
        vars(policy)["LIVE"] = scope["LIVE"]
    # What is composed once is composed once for each change.
    vars(policy)["prepared"] = lambda key, make: prepared((id(policy), key), make)
    return policy


class Table:
    """The questions of the truth table, asked in the order in which they are likely to notice a change."""

    def __init__(self, world: Any) -> None:
        from midline.cases.tests.policy_answers import questions

        self.questions = list(questions(world))
        # A first order without a pattern, the same in every run; then what noticed a change of the same function comes first.
        self.order = random.Random(0).sample(range(len(self.questions)), len(self.questions))  # noqa: S311 - no secret
        self.noticed: dict[str, Counter[int]] = {}

    def against(self, mutant: Mutant | None) -> str:
        """What the table says against this change, or how it fails; "" when nothing is noticed."""
        from django.db import transaction

        from midline.cases.tests import policy_answers
        from midline.cases.tests.policy_world import NOW
        from midline.core import clock

        noticed = self.noticed.setdefault(mutant.function if mutant else "", Counter())
        order = sorted(self.order, key=lambda n: -noticed[n])
        asked = 0
        try:
            with transaction.atomic(), clock.at(NOW):
                vars(policy_answers)["policies"] = as_policy(mutant)
                for asked in order:
                    for said in self.questions[asked]():
                        noticed[asked] += 1
                        return said
        except Exception as error:  # a policy that fails answers nothing, whatever the failure
            noticed[asked] += 1
            return f"{type(error).__name__}: {' '.join(str(error).split())}"
        return ""


@cache
def subject() -> str:
    """A digest of everything that an answer depends on."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted(path for pattern in SUBJECT for path in ROOT.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def kept() -> dict[str, str]:
    """What was said against which mutant in earlier runs over the same policy and table."""
    if "--anew" in sys.argv or not ANSWERS.exists():
        return {}
    found = json.loads(ANSWERS.read_text())
    return dict(found["said"]) if found["subject"] == subject() else {}


def keep(said: dict[str, str]) -> None:
    """Writes the answers down, all or none."""
    ANSWERS.parent.mkdir(exist_ok=True)
    fresh = ANSWERS.with_suffix(".new")
    fresh.write_text(json.dumps({"subject": subject(), "said": said}, indent=1))
    fresh.replace(ANSWERS)


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


_table: Table | None = None


def _ask(number: int, mutant: Mutant | None) -> tuple[int, str]:
    """In a process of the pool: a fork of this one, so the database in memory and the people in it are its own copy."""
    if _table is None:
        raise RuntimeError("the table is made before the processes")
    return number, _table.against(mutant)


def _asked(item: tuple[int, Mutant]) -> tuple[int, str]:
    return _ask(*item)


def answers(every: list[Mutant]) -> Iterator[tuple[int, str]]:
    """(number of the mutant, what is said against it), in the order of the answers.

    Raises SystemExit when the policy itself, unchanged, disagrees with the table.
    """
    global _table
    said = kept()
    yield from ((n, said[mutant.key]) for n, mutant in enumerate(every) if mutant.key in said)
    missing = [(n, mutant) for n, mutant in enumerate(every) if mutant.key not in said]
    if not missing:
        return
    _table = Table(prepare())
    if wrong := _table.against(None):
        sys.exit(f"The policy as it stands disagrees with the table: {wrong}")
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        for number, against in pool.imap_unordered(_asked, missing):
            said[every[number].key] = against
            keep(said)
            yield number, against


def main() -> int:
    began = time.monotonic()
    wanted = {word for word in sys.argv[1:] if not word.startswith("--")}
    every = [mutant for mutant in mutants() if not wanted or mutant.function in wanted]
    survivors, killed = set(), 0
    for done, (number, said) in enumerate(answers(every), 1):
        mutant = every[number]
        if said:
            killed += 1
        else:
            survivors.add(mutant.cell)
        if "--verbose" in sys.argv:
            sys.stdout.write(f"{done}/{len(every)} {mutant.cell} {said or 'SURVIVED'}\n")
            sys.stdout.flush()
    known = {cell for cell in listed() if not wanted or cell.split("|")[1].strip() in wanted}
    for cell in sorted(survivors - known):
        sys.stdout.write(f"survived, and is not in docs/policy-mutants.md:\n{cell} why it changes no answer |\n")
    for cell in sorted(known - survivors):
        sys.stdout.write(f"is in docs/policy-mutants.md, but does not survive (any more):\n{cell}\n")
    minutes = (time.monotonic() - began) / 60
    equivalent = len(every) - killed if survivors <= known else len(survivors & known)
    sys.stdout.write(f"{len(every)} mutants, {killed} noticed, {equivalent} equivalent as listed, {minutes:.1f} minutes\n")
    return 1 if survivors != known else 0


if __name__ == "__main__":
    sys.exit(main())
