"""What a decision on a version is bound to: one hash over all that a reader is shown."""

import hashlib
import json
from typing import Any

from midline.setups.models import SetupVersion


def content_of(version: SetupVersion) -> dict[str, Any]:
    """Everything the hash covers, as plain values in a fixed order; the models stand in it by their own hashes."""
    iprs = version.iprs.order_by("before_stage", "tooth_a", "tooth_b")
    return {
        "models": {name: about["sha256"] for name, about in sorted(version.files.items())},
        "original": version.original_sha256,
        "stages": {"upper": version.stages_upper, "lower": version.stages_lower},
        "teeth": [[part.key, part.fdi] for part in version.parts.order_by("key")],
        "movements": [
            [m.fdi, m.stage, m.mesial_mm, m.buccal_mm, m.occlusal_mm, m.rotation_deg, m.tip_deg, m.torque_deg]
            for m in version.movements.order_by("fdi", "stage")
        ],
        "movements_from": [version.plan.get("movement_source", ""), version.plan.get("reference_point", "")],
        "ipr": [[i.tooth_a, i.tooth_b, f"{i.amount_mm:.2f}", i.before_stage] for i in iprs],
        "attachments": sorted(
            [a.tooth, a.surface, a.shape, a.size, a.added_stage, -1 if a.removed_stage is None else a.removed_stage]
            for a in version.attachments.all()
        ),
        "gaps": {
            "pontics": list(version.pontics.order_by("tooth").values("tooth", "until_stage")),
            "extractions": list(version.extractions.order_by("before_stage", "tooth").values("tooth", "before_stage")),
        },
        **({"scale": version.plan["scale"]} if version.plan.get("scale", 1.0) != 1.0 else {}),
        "wear_schedule": version.wear_schedule,
        "notes": version.notes,
    }


def content_hash(version: SetupVersion) -> str:
    """SHA-256 (hex) over the canonical JSON of `content_of`: sorted keys, no spaces, UTF-8."""
    text = json.dumps(content_of(version), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
