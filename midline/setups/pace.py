"""How far a job of an import is and how long it will still take, told from what it has done so far."""

from typing import Final

SURE_AFTER_S: Final = 2.0
SURE_FROM: Final = 0.1
"""Before this much time and this share of the work a guess would only jump about."""

READ: Final = {"read": 0.97, "match": 0.03}
BUILD: Final = {"read": 0.24, "parts": 0.05, "poses": 0.19, "pack": 0.16, "check": 0.36}
BUILD_ANEW: Final = {"read": 0.05, "parts": 0.78, "poses": 0.03, "pack": 0.08, "check": 0.06}
"""What share of its time a job spends in each of its parts, in their order (measured; README of meshes). Models that are meshed anew at
each stage take most of it following the teeth."""

PACKING: Final = ("read", "parts", "poses", "pack")
"""The parts of a build that a person sees as one step."""


def shares_of(*, builds: bool, layout: int | None) -> dict[str, float]:
    return (BUILD_ANEW if layout == 3 else BUILD) if builds else READ


def done_share(shares: dict[str, float], part: str, done: int, of: int, *, within: tuple[str, ...] = ()) -> float:
    """How much is done, 0–1, of the whole job or of the parts `within`. A part that is not known counts as not begun."""
    names = [name for name in shares if not within or name in within]
    if part not in names:
        return 0.0
    before = sum(shares[name] for name in names[: names.index(part)])
    here = shares[part] * (min(done, of) / of if of else 0.0)
    return (before + here) / sum(shares[name] for name in names)


def seconds_left(share: float, elapsed_s: float) -> int | None:
    """What the rest takes when it goes on as so far; None while that says too little."""
    if elapsed_s < SURE_AFTER_S or share < SURE_FROM:
        return None
    return max(1, round(elapsed_s * (1 - share) / share))
