"""Invented clinical photographs: the models seen from five sides, and a drawn figure in place of a face. JPEG bytes.

Never a real person: the mouth views are computed models, the faces are outlines without features.
"""

from __future__ import annotations

import io
from functools import cache
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy.interpolate import CubicSpline

from demo.models.cases import CASES
from demo.models.expand import arch_at, finished_arch
from meshes.pack import simplified
from meshes.pictures import GINGIVA, TOOTH, Solid, render

SIZE: Final = (900, 640)
FACE_SIZE: Final = (800, 1000)
# Drawn smaller than a camera's picture and then enlarged: a portal asks for at least 1200 × 900.
ENLARGED: Final = 1.6
GUM_TRIANGLES: Final = 9_000
TOOTH_TRIANGLES: Final = 1_900
MOUTH: Final = {
    "front_bite": ("front", ("upper", "lower"), 1.12),
    "right_bite": ("right", ("upper", "lower"), 1.12),
    "left_bite": ("left", ("upper", "lower"), 1.12),
    "upper_occlusal": ("upper", ("upper",), 1.0),
    "lower_occlusal": ("lower", ("lower",), 1.0),
}
FACES: Final = ("face_rest", "face_smile", "profile")
KINDS: Final = (*FACES, *MOUTH)
MUCOSA: Final = ((104, 46, 44), (44, 20, 22))
PAPER: Final = ((233, 238, 240), (206, 215, 219))
FIGURE: Final = (150, 165, 172)
LINE: Final = (118, 134, 142)
QUALITY: Final = 84


def photo(kind: str, case: str = "crowding") -> bytes:
    """One of KINDS for a case of `cases.CASES`; KeyError for another."""
    picture = mouth(kind, case) if kind in MOUTH else figure(kind)
    picture = picture.resize((round(picture.width * ENLARGED), round(picture.height * ENLARGED)), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def mouth(kind: str, case: str) -> Image.Image:
    """The teeth at the start of treatment, before a dark, soft background."""
    view, arches, zoom = MOUTH[kind]
    picture = graded(SIZE, *MUCOSA)
    drawn = render([solid for name in arches for solid in start_of(name, case)], view, *SIZE, zoom=zoom)
    picture.paste(drawn, mask=drawn.getchannel("A"))
    return picture


@cache
def start_of(arch_name: str, case: str) -> tuple[Solid, ...]:
    """One arch before treatment, thinned for drawing."""
    arch = finished_arch(arch_name)
    vertices = arch_at(arch, CASES[case], 0)
    reach = len(arch.gum)
    solids = [Solid(*simplified(vertices[:reach], arch.gum_faces.astype(np.int32), GUM_TRIANGLES), GINGIVA, 0.10)]
    for tooth in arch.teeth:
        points = vertices[reach : reach + len(tooth.points)]
        solids.append(Solid(*simplified(points, tooth.faces.astype(np.int32), TOOTH_TRIANGLES), TOOTH, 0.22, closed=True))
        reach += len(tooth.points)
    return tuple(solids)


def graded(size: tuple[int, int], inner: tuple[int, int, int], outer: tuple[int, int, int]) -> Image.Image:
    """A background that darkens from the middle to the edges."""
    x, y = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]))
    share = np.clip((x * x + y * y) / 1.4, 0, 1)[..., None]
    values = np.array(inner) * (1 - share) + np.array(outer) * share
    return Image.fromarray(values.astype(np.uint8), "RGB")


def figure(kind: str) -> Image.Image:
    """Head and shoulders without features, from the front or from the right."""
    if kind not in FACES:
        raise KeyError(kind)
    width, height = FACE_SIZE
    picture = graded(FACE_SIZE, *PAPER)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((width * 0.06, height * 0.76, width * 0.94, height * 1.5), fill=FIGURE)
    if kind == "profile":
        draw.polygon([(width * x, height * y) for x, y in outline()], fill=FIGURE)
        draw.rounded_rectangle((width * 0.42, height * 0.55, width * 0.62, height * 0.86), 60, fill=FIGURE)
    else:
        draw.rounded_rectangle((width * 0.41, height * 0.55, width * 0.59, height * 0.86), 60, fill=FIGURE)
        draw.ellipse((width * 0.27, height * 0.13, width * 0.73, height * 0.68), fill=FIGURE)
        mouth_box = (width * 0.42, height * 0.50, width * 0.58, height * 0.58)
        if kind == "face_smile":
            draw.chord(mouth_box, 8, 172, fill=PAPER[0], outline=LINE, width=4)
        else:
            draw.line((width * 0.44, height * 0.555, width * 0.56, height * 0.555), fill=LINE, width=5)
    return picture.filter(ImageFilter.GaussianBlur(1.2))


def outline() -> list[tuple[float, float]]:
    """PROFILE as a smooth closed line."""
    points = np.array([*PROFILE, PROFILE[0]])
    spline = CubicSpline(np.arange(len(points)), points, bc_type="periodic")
    return [(float(x), float(y)) for x, y in spline(np.linspace(0, len(PROFILE), 400))]


PROFILE: Final = (
    (0.44, 0.15), (0.56, 0.13), (0.68, 0.18), (0.74, 0.28), (0.73, 0.42), (0.67, 0.54), (0.60, 0.63), (0.46, 0.665), (0.385, 0.66),
    (0.355, 0.615), (0.365, 0.585), (0.345, 0.56), (0.36, 0.535), (0.345, 0.505), (0.355, 0.475), (0.305, 0.455), (0.345, 0.375),
    (0.35, 0.31), (0.335, 0.27), (0.36, 0.20),
)  # fmt: skip
"""The outline of a head turned to the left, in shares of the picture."""
