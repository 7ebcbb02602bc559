"""Lays a summary out on A4: embedded fonts, every table with its heads on each page, case and page at each foot.

The same summary gives the same bytes: no clock and no random names go into the file.
"""

import io
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _
from PIL import Image as Pictures
from reportlab.lib.colors import white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from midline.setups.summary import facts
from midline.setups.summary.charts import BOLD, FILL, INK, LINE, QUIET, REGULAR, TeethChart

FONTS: Final = Path(__file__).parent / "fonts"
MARGIN: Final = 16 * mm
WIDTH: Final = A4[0] - 2 * MARGIN
PIXELS: Final = 1000

BODY: Final = ParagraphStyle("body", fontName=REGULAR, fontSize=9, leading=13, textColor=INK)
SMALL: Final = ParagraphStyle("small", parent=BODY, fontSize=7.5, leading=10, textColor=QUIET)
CELL: Final = ParagraphStyle("cell", parent=BODY, fontSize=7.5, leading=10)
HEAD: Final = ParagraphStyle("head", parent=CELL, fontName=BOLD)
TITLE: Final = ParagraphStyle("title", parent=BODY, fontName=BOLD, fontSize=18, leading=23)
SECTION: Final = ParagraphStyle("section", parent=BODY, fontName=BOLD, fontSize=11, leading=15, spaceBefore=12, spaceAfter=4)


def register_fonts() -> None:
    """Inter, in two weights, with every Latin, Greek and Cyrillic letter that names are written in."""
    if REGULAR not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(REGULAR, FONTS / "Inter-Regular.ttf"))
        pdfmetrics.registerFont(TTFont(BOLD, FONTS / "Inter-SemiBold.ttf"))
        pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


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
    if summary.notes:
        story += [Paragraph(_text(_("Note from the lab")), SECTION), Paragraph(_text(summary.notes), BODY)]
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


def _text(words: str) -> str:
    """Somebody's words for a paragraph: no markup, no control characters, lines kept."""
    plain = "".join(c for c in words if c in "\n\t" or c.isprintable())
    return escape(plain).replace("\n", "<br/>")


def _heading(table: facts.Table) -> Flowable:
    lead = f'<br/><font name="{REGULAR}" size="7.5" color="#616c74">{_text(table.lead)}</font>' if table.lead else ""
    return Paragraph(_text(table.title) + lead, SECTION)


def _facts(rows: list[tuple[str, str]]) -> Flowable:
    cells = [[Paragraph(_text(label), SMALL), Paragraph(_text(words), CELL)] for label, words in rows]
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
    cells = [[Paragraph(_text(words), HEAD) for words in table.heads]]
    cells += [[Paragraph(_text(words), CELL) for words in row] for row in table.rows]
    share = WIDTH / len(table.heads)
    made = Table(cells, colWidths=[width or share for width in widths], repeatRows=1, hAlign="LEFT")
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
