"""Small charts as plain geometry for an inline SVG: bars or a line, this period and the one before, from zero.

Units are those of the view box, 408 by 132. Colours are classes of the template, so that both themes and print carry; numbers are words
of the reader's language already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from django.utils import formats

WIDTH: Final = 408
TOP: Final = 10.0
FLOOR: Final = 106.0
LABELS_AT: Final = 122
# How wide a digit is at most: 11 px on a desk, 15 px on a phone, where the whole chart is drawn smaller.
DIGIT: Final = 8.5
LINES: Final = 3
BAR_MOST: Final = 10.0

Values = Sequence[float | None]


@dataclass(frozen=True)
class Line:
    """A horizontal line with its number."""

    y: str
    words: str
    is_floor: bool


@dataclass(frozen=True)
class Bar:
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Dot:
    x: str
    y: str


@dataclass(frozen=True)
class Label:
    x: str
    words: str


@dataclass(frozen=True)
class Chart:
    """One chart; `left` is where the plot begins, `numbers_at` where its numbers end.

    Lines are SVG point lists, broken where a step has no value.
    """

    left: str
    numbers_at: str
    lines: list[Line]
    labels: list[Label]
    bars: list[Bar]
    bars_before: list[Bar]
    runs: list[str]
    runs_before: list[str]
    dots: list[Dot]
    dots_before: list[Dot]
    end: Dot | None


class _Plot:
    """Places values and steps between the axes."""

    def __init__(self, now: Values, before: Values, labels: Sequence[str]) -> None:
        self.count = max(len(now), len(before), 1)
        self.unit = _unit(max([value for value in (*now, *before) if value is not None], default=0))
        words = [formats.number_format(self.unit * n, decimal_pos=0, use_l10n=True, force_grouping=True) for n in range(LINES + 1)]
        self.left = 11 + DIGIT * len(words[-1])
        self.slot = (WIDTH - self.left) / self.count
        self.lines = [Line(_one(self.y(self.unit * n)), said, n == 0) for n, said in enumerate(words)]
        self.labels = self._some(labels)

    def y(self, value: float) -> float:
        return FLOOR - (FLOOR - TOP) * value / (self.unit * LINES)

    def middle(self, step: int) -> float:
        return self.left + self.slot * (step + 0.5)

    def _some(self, labels: Sequence[str]) -> list[Label]:
        """As many labels as have room, counted back from the last."""
        every = ceil((DIGIT * max(map(len, labels), default=0) + 10) / self.slot)
        return [Label(_one(self.middle(n)), words) for n, words in enumerate(labels) if (len(labels) - 1 - n) % every == 0]


def bars(now: Values, before: Values, labels: Sequence[str]) -> Chart:
    """Two bars a step, the one before at the left; one where nothing was before. A step without anything has no bar."""
    plot = _Plot(now, before, labels)
    width = min(BAR_MOST * (1 if before else 1.6), plot.slot * (0.36 if before else 0.62))

    def made(values: Values, shift: float) -> list[Bar]:
        return [
            Bar(_one(plot.middle(n) + shift), _one(plot.y(value)), _one(width), _one(FLOOR - plot.y(value)))
            for n, value in enumerate(values)
            if value
        ]

    own, earlier = (1.0, -width - 1.0) if before else (-width / 2, 0.0)
    return Chart(_one(plot.left), _one(plot.left - 8), plot.lines, plot.labels, made(now, own), made(before, earlier), [], [], [], [], None)


def line(now: Values, before: Values, labels: Sequence[str]) -> Chart:
    """A line for this period and a dashed one for the period before; a value that stands alone between gaps is a dot."""
    plot = _Plot(now, before, labels)
    own, earlier = _runs(plot, now), _runs(plot, before)
    alone, alone_before = ([run[0] for run in runs if len(run) == 1] for runs in (own, earlier))
    end = own[-1][-1] if own else None
    dots = [dot for dot in alone if dot != end]
    return Chart(
        _one(plot.left), _one(plot.left - 8), plot.lines, plot.labels, [], [], _points(own), _points(earlier), dots, alone_before, end
    )


def _runs(plot: _Plot, values: Values) -> list[list[Dot]]:
    """The stretches of values without a gap."""
    found: list[list[Dot]] = [[]]
    for n, value in enumerate(values):
        if value is None:
            found.append([])
        else:
            found[-1].append(Dot(_one(plot.middle(n)), _one(plot.y(value))))
    return [run for run in found if run]


def _points(runs: list[list[Dot]]) -> list[str]:
    return [" ".join(f"{dot.x},{dot.y}" for dot in run) for run in runs if len(run) > 1]


def _unit(most: float) -> int:
    """The distance of two lines: 1, 2 or 5 times a power of ten, so that LINES of them reach `most`. At least 1."""
    if most <= LINES:
        return 1
    power: int = 10 ** floor(log10(most / LINES))
    return next(power * n for n in (1, 2, 5, 10) if power * n * LINES >= most)


def _one(value: float) -> str:
    """A coordinate, with a full stop in every language."""
    return f"{value:.1f}"
