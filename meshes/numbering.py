"""Tooth numbers proposed from nothing but shape: order along the arch, widths, gaps.

A proposal for a technician to confirm, never more: exports of layout 2 name no tooth. Numbers are FDI (ISO 3950).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from math import exp
from typing import Final

import numpy as np

from meshes.arrays import Floats

WIDTH_MM: Final = {
    "upper": {1: 8.5, 2: 6.5, 3: 7.5, 4: 7.0, 5: 7.0, 6: 10.0, 7: 9.0, 8: 8.5},
    "lower": {1: 5.0, 2: 5.5, 3: 7.0, 4: 7.0, 5: 7.0, 6: 11.0, 7: 10.5, 8: 10.0},
}
"""Mean mesiodistal crown widths by the second digit, after Wheeler's tables."""

DEPTH_MM: Final = {
    "upper": {1: 7.0, 2: 6.0, 3: 8.0, 4: 9.0, 5: 9.0, 6: 11.0, 7: 11.0, 8: 10.0},
    "lower": {1: 6.0, 2: 6.5, 3: 7.5, 4: 7.5, 5: 8.0, 6: 10.5, 7: 10.0, 8: 9.5},
}
"""Mean buccolingual crown widths, after Wheeler's tables."""

QUADRANTS: Final = {"upper": (1, 2), "lower": (4, 3)}  # patient's right, left
SPREAD: Final = 0.11
"""Standard deviation of crown widths as a share of the mean, with the error of measuring rotated teeth."""

GAP_MM: Final = 1.5
SKIPPED: Final = 3.5
CLOSED_SPACE: Final = 9.0
MIDLINE_MM: Final = 3.0
EVEN_COUNT: Final = 1.0
MOST_SURE: Final = 0.97
DULLED: Final = 1.4
"""The cues lean on one another (a wide tooth is also deep, a gap moves its neighbours), so their sum is divided by this before it
counts as evidence. Found by simulating rows of teeth with known numbers: of those called 0.9 sure, more than nine in ten are right."""

ODD_MISFIT: Final = 7.0
"""Cost a tooth, of the best reading, at which the row hardly looks like teeth in an arch; real rows stay below 4."""

KEPT_A_SIDE: Final = 12


@dataclass(frozen=True)
class Crown:
    """One tooth as the proposal sees it, in order from the patient's right to left; mm. gap_after: to the next crown."""

    x: float
    width: float
    depth: float
    gap_after: float


def propose(crowns: list[Crown], arch: str) -> list[tuple[int | None, float]]:
    """An FDI number and a confidence 0..1 for each crown; (None, 0.0) when there are more crowns than numbers.

    Every split of the row at the midline and every choice of numbers on each side is weighed by the widths, the gaps
    and the symmetry of the arch. The confidence is the share of all readings that give the tooth this number, made less
    when even the best reading fits badly: teeth that overlap, or of sizes no jaw has, are not numbered with any certainty.
    """
    count = len(crowns)
    if not count or count > 16:
        return [(None, 0.0)] * count
    scale = arch_scale(crowns, arch)
    weighed: list[tuple[float, tuple[int, ...]]] = []
    right, left = QUADRANTS[arch]
    middle = (crowns[0].x + crowns[-1].x) / 2
    for split in range(max(0, count - 8), min(8, count) + 1):
        right_side = crowns[:split][::-1]
        left_side = crowns[split:]
        extra = EVEN_COUNT * abs(len(right_side) - len(left_side))
        if right_side and left_side:
            extra += (((right_side[0].x + left_side[0].x) / 2 - middle) / MIDLINE_MM) ** 2
        gaps_right = [crown.gap_after for crown in crowns[: max(split - 1, 0)]][::-1]
        gaps_left = [crown.gap_after for crown in left_side[:-1]]
        for cost_right, digits_right in side_choices(right_side, gaps_right, arch, scale):
            for cost_left, digits_left in side_choices(left_side, gaps_left, arch, scale):
                numbers = tuple(right * 10 + d for d in reversed(digits_right)) + tuple(left * 10 + d for d in digits_left)
                weighed.append((cost_right + cost_left + extra, numbers))
    costs = np.array([cost for cost, _ in weighed])
    numbers_of = np.array([numbers for _, numbers in weighed])
    share = np.exp(-(costs - costs.min()) / (2 * DULLED))
    share /= share.sum()
    likely = 1.0 / (1.0 + exp(float(costs.min()) / count - ODD_MISFIT))
    best = numbers_of[int(np.argmin(costs))]
    agreed = (share[:, None] * (numbers_of == best)).sum(axis=0) * likely
    return [(int(number), round(min(MOST_SURE, float(sure)), 2)) for number, sure in zip(best, agreed, strict=True)]


def arch_scale(crowns: list[Crown], arch: str) -> float:
    """How large this patient's teeth are against the tables; the median of widths, clipped to what occurs."""
    expected = float(np.median([WIDTH_MM[arch][d] for d in range(1, 8)]))
    found = float(np.median([crown.width for crown in crowns]))
    return float(np.clip(found / expected, 0.85, 1.15))


def side_choices(side: list[Crown], gaps: list[float], arch: str, scale: float) -> list[tuple[float, tuple[int, ...]]]:
    """The likeliest digits for one side, counted from the midline, with their cost."""
    if not side:
        return [(0.0, ())]
    widths = np.array([[((crown.width / scale / WIDTH_MM[arch][d] - 1) / SPREAD) ** 2 for d in range(1, 9)] for crown in side])
    depths = np.array([[((crown.depth / scale / DEPTH_MM[arch][d] - 1) / (1.5 * SPREAD)) ** 2 for d in range(1, 9)] for crown in side])
    fit = np.minimum(widths, 16.0) + np.minimum(depths, 9.0)
    choices = []
    for digits in choices_of(len(side)):
        cost = float(sum(fit[i, d - 1] for i, d in enumerate(digits))) + SKIPPED * (digits[0] - 1)
        for (first, second), gap in zip(pairwise(digits), gaps, strict=True):
            cost += gap_cost(gap, [WIDTH_MM[arch][d] * scale for d in range(first + 1, second)])
        choices.append((cost, digits))
    choices.sort(key=lambda pair: pair[0])
    return choices[:KEPT_A_SIDE]


def gap_cost(gap: float, skipped: list[float]) -> float:
    """What a gap between neighbours says about teeth left out there; a closed extraction space costs CLOSED_SPACE at most."""
    if not skipped:
        return min((gap / GAP_MM) ** 2, 16.0)
    return min(((gap - sum(skipped)) / (2 * GAP_MM)) ** 2 + SKIPPED, CLOSED_SPACE) * len(skipped)


@cache
def choices_of(count: int) -> tuple[tuple[int, ...], ...]:
    return tuple(combinations(range(1, 9), count))


def crowns_of(centres: Floats, sizes: Floats) -> list[Crown]:
    """centres (n, 3) and sizes (n, 3; mesiodistal first) in order along the arch, mm."""
    crowns = []
    for index, (centre, size) in enumerate(zip(centres, sizes, strict=True)):
        gap = 0.0
        if index + 1 < len(centres):
            reach = float(np.linalg.norm((centres[index + 1] - centre)[:2]))
            gap = reach - float(size[0] + sizes[index + 1][0]) / 2
        crowns.append(Crown(float(centre[0]), float(size[0]), float(size[1]), gap))
    return crowns
