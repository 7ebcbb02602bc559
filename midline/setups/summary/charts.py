"""The two rows of teeth of the summary: which move, where enamel is taken, where attachments stand."""

from typing import Final

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable

from midline.setups.asking import arches
from midline.setups.summary.facts import Chart
from midline.setups.summary.writing import BOLD, REGULAR

INK: Final = HexColor("#142028")
QUIET: Final = HexColor("#616c74")
LINE: Final = HexColor("#ccd4d8")
FILL: Final = HexColor("#ecf1f3")
ACCENT: Final = HexColor("#006477")
AMBER: Final = HexColor("#88520a")
STOP: Final = HexColor("#b12728")


class TeethChart(Flowable):
    """Upper arch above lower, from the patient's right to the left, as one looks at the face. Points.

    what: "ipr" writes the amount at each contact, "attachments" a mark and the stages at each tooth, "gaps" nothing more. A tooth that is
    taken out is crossed, a pontic has a dashed edge, in each of them.
    """

    def __init__(self, chart: Chart, what: str, width: float) -> None:
        super().__init__()
        self.chart, self.what, self.width, self.height = chart, what, width, 88.0

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        rows = [teeth for _name, teeth in arches(sorted(self.chart.numbers))]
        cell = self.width / max(len(row) for row in rows)
        for index, teeth in enumerate(rows):
            left = (self.width - cell * len(teeth)) / 2
            self._row(teeth, cell, left, upper=index == 0)
        self.canv.setStrokeColor(ACCENT)
        self.canv.setLineWidth(0.5)
        self.canv.line(self.width / 2, 18, self.width / 2, self.height - 18)

    def _row(self, teeth: list[int], cell: float, left: float, *, upper: bool) -> None:
        canvas, bottom = self.canv, 47.0 if upper else 21.0
        outside = bottom + 26 if upper else bottom - 9
        places = {tooth: left + cell * n for n, tooth in enumerate(teeth)}
        for tooth, x in places.items():
            there = tooth in self.chart.numbers
            canvas.setStrokeColor(LINE)
            canvas.setLineWidth(0.6)
            canvas.setFillColor(FILL if tooth in self.chart.moving else HexColor("#ffffff"))
            if tooth in self.chart.pontics:
                canvas.setDash(2, 1.5)
            canvas.roundRect(x + 1, bottom, cell - 2, 20, 3, stroke=1 if there else 0, fill=1 if there else 0)
            canvas.setDash()
            canvas.setFillColor(INK if there else LINE)
            canvas.setFont(BOLD if tooth in self.chart.moving else REGULAR, 7.5)
            canvas.drawCentredString(x + cell / 2, bottom + 7, self.chart.numbers.get(tooth, "·"))
            if tooth in self.chart.out:
                canvas.setStrokeColor(STOP)
                canvas.setLineWidth(0.9)
                canvas.line(x + 2.5, bottom + 1.5, x + cell - 2.5, bottom + 18.5)
                canvas.line(x + 2.5, bottom + 18.5, x + cell - 2.5, bottom + 1.5)
            if self.what == "attachments" and tooth in self.chart.attached:
                canvas.setFillColor(AMBER)
                canvas.rect(x + cell / 2 - 2, bottom + 21.5 if upper else bottom - 5.5, 4, 4, stroke=0, fill=1)
                canvas.setFont(REGULAR, 5.5)
                canvas.drawCentredString(x + cell / 2, outside + (4 if upper else -4), self.chart.attached[tooth])
        if self.what == "ipr":
            for (one, other), amount in self.chart.contacts.items():
                if one in places and other in places:
                    self._contact((places[one] + places[other] + cell) / 2, bottom, outside, amount, upper=upper)

    def _contact(self, x: float, bottom: float, outside: float, amount: str, *, upper: bool) -> None:
        canvas = self.canv
        canvas.setStrokeColor(ACCENT)
        canvas.setLineWidth(1.2)
        canvas.line(x, bottom - (0 if upper else 2), x, bottom + 20 + (2 if upper else 0))
        canvas.setFillColor(ACCENT)
        canvas.setFont(BOLD, 6)
        canvas.drawCentredString(x, outside + (1 if upper else -1), amount)
