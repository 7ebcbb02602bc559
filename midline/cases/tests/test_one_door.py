"""One door: cases are read through the policy. Only these places may begin from every case there is."""

import ast
from pathlib import Path

import midline

ROOT = Path(midline.__file__).parent
MAY = ("policies.py", "services", "services.py", "migrations", "tests", "management")
# Nobody reads here: what follows from an event, and the letter about it, whose reader was asked of the policy before.
WITHOUT_A_READER = ("notify/subscribers.py", "notify/letters.py")


def reads_every_case(path: Path) -> list[int]:
    """The lines that name the manager of Case."""
    managers = {"objects", "_default_manager", "_base_manager"}
    named = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute) and node.attr in managers]
    return [node.lineno for node in named if isinstance(node.value, ast.Name) and node.value.id == "Case"]


def places_that_read_every_case() -> list[str]:
    paths = {path.relative_to(ROOT).as_posix(): path for path in ROOT.rglob("*.py") if not set(path.relative_to(ROOT).parts) & set(MAY)}
    return [f"{name}:{line}" for name, path in paths.items() if name not in WITHOUT_A_READER for line in reads_every_case(path)]


def test_case_objects_stands_only_in_policies_services_and_tests():
    assert places_that_read_every_case() == []


def test_the_check_sees_the_policy_itself():
    tree = ast.parse((ROOT / "cases" / "policies.py").read_text())

    assert any(
        isinstance(node, ast.Attribute) and node.attr == "objects" and getattr(node.value, "id", "") == "Case" for node in ast.walk(tree)
    )
