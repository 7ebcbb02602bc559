"""Lays a summary out on A4: embedded fonts, every table with its heads on each page, case and page at each foot.

The same summary gives the same bytes: no clock and no random names go into the file.
"""

import io
from collections.abc import Iterator
from typing import Any, Final
from unicodedata import east_asian_width

from django.utils.translation import gettext as _
from PIL import Image as Pictures
from reportlab.lib.colors import white
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from midline.setups.summary import facts
from midline.setups.summary.charts import FILL, INK, LINE, QUIET, TeethChart
from midline.setups.summary.writing import BOLD, REGULAR, is_writable, markup, register_fonts, runs_from_the_right

MARGIN: Final = 16 * mm
WIDTH: Final = A4[0] - 2 * MARGIN
PIXELS: Final = 1000

BODY: Final = ParagraphStyle("body", fontName=REGULAR, fontSize=9, leading=13, textColor=INK)
SMALL: Final = ParagraphStyle("small", parent=BODY, fontSize=7.5, leading=10, textColor=QUIET)
CELL: Final = ParagraphStyle("cell", parent=BODY, fontSize=7.5, leading=10)
HEAD: Final = ParagraphStyle("head", parent=CELL, fontName=BOLD)
TITLE: Final = ParagraphStyle("title", parent=BODY, fontName=BOLD, fontSize=18, leading=23)
SECTION: Final = ParagraphStyle("section", parent=BODY, fontName=BOLD, fontSize=11, leading=15, spaceBefore=12, spaceAfter=4)


def render(summary: facts.Summary) -> bytes:
    """The PDF."""
    register_fonts()
    out = io.BytesIO()
    paper = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=18 * mm, invariant=1,
        title=f"{summary.title} {summary.number}", author="Midline", subject=summary.footer, lang=summary.language,
    )  # fmt: skip

    def foot(canvas: Canvas, page: Any) -> None:
        canvas.saveState()
        canvas.setFont(REGULAR, 7)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN + 6, 10 * mm, summary.footer)
        canvas.drawRightString(A4[0] - MARGIN - 6, 10 * mm, _("Page %(n)s") % {"n": page.page})
        canvas.restoreState()

    paper.build(_story(summary), onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _story(summary: facts.Summary) -> list[Flowable]:
    story: list[Flowable] = [
        Paragraph(_text(summary.title), TITLE),
        Paragraph(f'<font name="{BOLD}">{_text(summary.number)}</font> · {_text(summary.subject)}', BODY),
        Spacer(1, 6),
        _facts(summary.facts),
    ]
    if not all(is_writable(words) for words in _written(summary)):
        story.append(
            Paragraph(_text(_("Words in brackets stand for letters that this paper cannot show. The page of the case shows them.")), SMALL)
        )
    if summary.notes:
        story += [Paragraph(_text(_("Note from the lab")), SECTION), *_said(summary.notes, BODY, WIDTH)]
    if summary.pictures:
        story += _pictures(summary)
    charts = [(summary.iprs, "ipr"), (summary.attachments, "attachments")]
    if summary.gaps.rows:
        charts.insert(0, (summary.gaps, "gaps"))
    for table, what in charts:
        shown = [_heading(table), TeethChart(summary.chart, what, WIDTH)] if table.rows else [_heading(table)]
        story += [KeepTogether(shown), *_table(table, [None] * len(table.heads))]
    first = 15 * mm
    story += [CondPageBreak(50 * mm), _heading(summary.movements)]
    return story + _table(summary.movements, [first, *[(WIDTH - first) / 6] * 6])


def _text(words: str, width: float | None = None, size: float = 9) -> str:
    """Somebody's words for a paragraph: no markup of theirs, each letter in a font that has it."""
    return markup(words, width=width, size=size)


def _said(words: str, style: ParagraphStyle, width: float) -> list[Flowable]:
    """Free words, a paragraph a line: each begins at the side at which its script begins, and breaks where its script may break."""
    made: list[Flowable] = []
    for line in words.split("\n"):
        shown = markup(line, width=width - 12, size=style.fontSize, base=None) or "&nbsp;"
        right = ParagraphStyle("right", parent=style, alignment=TA_RIGHT)
        left = ParagraphStyle("left", parent=style, wordWrap=_breaks(line))
        made.append(Paragraph(shown, right if runs_from_the_right(line) else left))
    return made


def _breaks(words: str) -> str | None:
    """Between any two ideographs; else between words."""
    return "CJK" if any(east_asian_width(letter) in "WF" for letter in words) else None


def _cell(words: str, style: ParagraphStyle, width: float) -> Flowable:
    breaks = _breaks(words)
    return Paragraph(_text(words, width - 6, style.fontSize), ParagraphStyle("cell", parent=style, wordWrap=breaks) if breaks else style)


def _written(summary: facts.Summary) -> Iterator[str]:
    """What people wrote on it."""
    yield from (words for _label, words in summary.facts)
    yield summary.notes
    for table in (summary.iprs, summary.attachments):
        yield from (words for row in table.rows for words in row)


def _heading(table: facts.Table) -> Flowable:
    lead = f'<br/><font name="{REGULAR}" size="7.5" color="#616c74">{_text(table.lead)}</font>' if table.lead else ""
    return Paragraph(_text(table.title) + lead, SECTION)


def _facts(rows: list[tuple[str, str]]) -> Flowable:
    cells = [[Paragraph(_text(label), SMALL), _cell(words, CELL, WIDTH - 36 * mm)] for label, words in rows]
    table = Table(cells, colWidths=[36 * mm, WIDTH - 36 * mm], hAlign="LEFT")
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_close()]))
    return table


def _pictures(summary: facts.Summary) -> list[Flowable]:
    half = (WIDTH - 4 * mm) / 2
    heads = [Paragraph(_text(words), HEAD) for words in (summary.start_words, summary.end_words)]
    story: list[Flowable] = []
    for picture in summary.pictures:
        pair = [_image(picture.start, half) if picture.start else Spacer(1, 1), _image(picture.end, half)]
        label = Paragraph(_text(picture.words), SMALL)
        table = Table([heads, pair] if not story else [pair], colWidths=[half + 2 * mm] * 2, hAlign="LEFT")
        table.setStyle(TableStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 4), *_close()[2:]]))
        story.append(KeepTogether([Spacer(1, 8), label, table]))
    return story


def _image(content: bytes, width: float) -> Flowable:
    """A picture as JPEG: what the import drew has a few thousand colours and no edge that this would blur on paper."""
    with Pictures.open(io.BytesIO(content)) as opened:
        picture = Pictures.new("RGB", opened.size, "white")
        shown = opened.convert("RGBA")
        picture.paste(shown, mask=shown.getchannel("A"))
    picture.thumbnail((PIXELS, PIXELS))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=86)
    out.seek(0)
    return Image(out, width=width, height=width * picture.height / picture.width)


def _table(table: facts.Table, widths: list[float | None]) -> list[Flowable]:
    if not table.rows:
        return [Paragraph(_text(table.empty), BODY)]
    columns = [width or WIDTH / len(table.heads) for width in widths]
    cells: list[list[Flowable]] = [[Paragraph(_text(words), HEAD) for words in table.heads]]
    cells += [[_cell(words, CELL, width) for words, width in zip(row, columns, strict=True)] for row in table.rows]
    made = Table(cells, colWidths=columns, repeatRows=1, hAlign="LEFT")
    made.setStyle(
        TableStyle(
            [
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
                ("BACKGROUND", (0, 0), (-1, 0), FILL),
                ("BACKGROUND", (0, 1), (-1, -1), white),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                *_close()[2:],
            ]
        )
    )
    return [made]


def _close() -> list[tuple[str, tuple[int, int], tuple[int, int], float]]:
    sides = (("LEFTPADDING", 0.0), ("RIGHTPADDING", 4.0), ("TOPPADDING", 2.5), ("BOTTOMPADDING", 2.5))
    return [(side, (0, 0), (-1, -1), points) for side, points in sides]
