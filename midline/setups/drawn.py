"""What a version draws beside its models, as the viewer reads it (viewer/README.md): attachments with their shapes, extractions."""

from typing import Any

from midline.setups.models import Attachment, SetupVersion

Shape = tuple[int | None, int, list[float]]
"""(tooth, the stage at which it appears, its place in mm in the frame of its part's node)"""


def extractions_json(version: SetupVersion) -> list[dict[str, int]]:
    return [{"fdi": row.tooth, "before_stage": row.before_stage} for row in version.extractions.all()]


def attachments_json(version: SetupVersion) -> list[dict[str, Any]]:
    """shape_at: where the models carry the shape of this attachment, else None.

    A shape that the import found belongs to the attachment of the same tooth that goes on at the same stage; each is used once.
    """
    rows = list(version.attachments.all())
    found: list[Shape] = []
    if rows and (seen := version.plan.get("attachments_found")):
        numbers = dict(version.parts.filter(fdi__isnull=False).values_list("key", "fdi"))
        found = [(numbers.get(row["key"]), row["added"], row["point"]) for row in seen]
    return [_attachment(row, found) for row in rows]


def _attachment(row: Attachment, found: list[Shape]) -> dict[str, Any]:
    mine = next((shape for shape in found if shape[:2] == (row.tooth, row.added_stage)), None)
    if mine:
        found.remove(mine)
    return {
        "fdi": row.tooth,
        "surface": row.surface,
        "shape": row.shape,
        "size": row.size,
        "added": row.added_stage,
        "removed": row.removed_stage,
        "shape_at": mine[2] if mine else None,
    }
