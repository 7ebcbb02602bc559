"""Photos: decoded within limits, turned upright, and written anew, so that nothing but pixels reaches a reader."""

import warnings
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageOps

from midline.records.contents.refusal import NotTaken

MAX_PIXELS: Final = 60_000_000
PHOTO_LONG_SIDE: Final = 1200
PHOTO_SHORT_SIDE: Final = 900
SHOWN_SIDE: Final = 4096
THUMB_SIDE: Final = 480
FORMATS: Final = {"jpeg": "JPEG", "png": "PNG"}


def opened(path: Path, kind: str) -> Image.Image:
    """The picture with its size checked and nothing decoded yet. Raises NotTaken."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        picture = Image.open(path, formats=[FORMATS[kind]])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotTaken("too_many_pixels", limit=MAX_PIXELS // 1_000_000) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise NotTaken("broken_picture", kind=kind.upper()) from error
    if picture.width * picture.height > MAX_PIXELS:
        raise NotTaken("too_many_pixels", limit=MAX_PIXELS // 1_000_000)
    return picture


def upright(path: Path, kind: str) -> Image.Image:
    """All pixels, turned as the camera was held, in RGB or grey. Raises NotTaken for a file that ends early or is damaged."""
    picture = opened(path, kind)
    try:
        picture.load()
        turned = ImageOps.exif_transpose(picture)
        return plain(turned)
    except (OSError, ValueError, SyntaxError, IndexError, EOFError, Image.DecompressionBombError) as error:
        raise NotTaken("broken_picture", kind=kind.upper()) from error


def plain(picture: Image.Image) -> Image.Image:
    """RGB or L, without palette, transparency, colour profile, comments or any other passenger."""
    if picture.mode.startswith("I") or picture.mode == "F":
        low, high = picture.getextrema()
        scale = 255 / max(float(high) - float(low), 1)  # type: ignore[arg-type]
        picture = picture.convert("F").point(lambda value: value * scale - float(low) * scale).convert("L")  # type: ignore[arg-type]
    elif picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture).convert("RGB")
    elif picture.mode not in {"RGB", "L"}:
        picture = picture.convert("RGB")
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    return clean


def write_copies(picture: Image.Image, out: Path, *, shown: str) -> None:
    """`shown` (a name ending in .jpg or .png) at most 4096 pixels wide or high, and thumb.webp of 480."""
    large = picture.copy()
    large.thumbnail((SHOWN_SIDE, SHOWN_SIDE), Image.Resampling.LANCZOS)
    if shown.endswith(".png"):
        large.save(out / shown, "PNG", optimize=False)
    else:
        large.save(out / shown, "JPEG", quality=90, progressive=True, optimize=True)
    small = picture.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
    small.save(out / "thumb.webp", "WEBP", quality=80, method=4)


def read_picture(path: Path, out: Path, kind: str, *, photo: bool) -> dict[str, Any]:
    """The report of a JPEG or PNG. A photo must be large enough for the lab; an X-ray may be any size."""
    first = opened(path, kind)
    if photo and (max(first.size) < PHOTO_LONG_SIDE or min(first.size) < PHOTO_SHORT_SIDE):
        raise NotTaken("too_small", width=first.width, height=first.height, long=PHOTO_LONG_SIDE, short=PHOTO_SHORT_SIDE)
    picture = upright(path, kind)
    shown = "shown.png" if kind == "png" and not photo else "shown.jpg"
    write_copies(picture, out, shown=shown)
    return {
        "kind": kind,
        "content_type": f"image/{kind}",
        "shown": shown,
        "shown_type": "image/png" if shown.endswith(".png") else "image/jpeg",
        "width": picture.width,
        "height": picture.height,
    }
