"""Three invented treatments on the same teeth: where each tooth starts, as a displacement from its finished place.

A Start is the displacement at stage 0, in the tooth's own frame: mesial, buccal, occlusal in mm; rotation (mesial
surface towards buccal), tip (crown to mesial) and torque (crown to buccal) in degrees. Second molars hold still.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple


class Start(NamedTuple):
    """Displacement of one tooth at stage 0; `first` and `last`: the stages between which it moves, as shares of the treatment."""

    mesial_mm: float = 0.0
    buccal_mm: float = 0.0
    occlusal_mm: float = 0.0
    rotation_deg: float = 0.0
    tip_deg: float = 0.0
    torque_deg: float = 0.0
    first: float = 0.0
    last: float = 1.0


@dataclass(frozen=True)
class Case:
    """One invented treatment.

    last_stage: by arch; scale: the size of the teeth and arches; names: by arch, the file name with {stage};
    starts: FDI -> displacement at stage 0; ends: FDI -> displacement at the last stage, for teeth not planned into the ideal place.
    """

    last_stage: dict[str, int]
    scale: float
    names: dict[str, str]
    starts: dict[int, Start]
    ends: dict[int, Start] = field(default_factory=dict)


CROWDING: Final = Case(
    last_stage={"upper": 14, "lower": 14},
    scale=1.0,
    names={"upper": "Maxillary_stage_{stage:02d}.stl", "lower": "Mandibular_stage_{stage:02d}.stl"},
    starts={
        16: Start(mesial_mm=0.2, rotation_deg=4, last=0.5),
        15: Start(buccal_mm=-0.7, rotation_deg=-8, torque_deg=-3, last=0.7),
        14: Start(buccal_mm=-0.6, rotation_deg=11, last=0.8),
        13: Start(mesial_mm=1.2, buccal_mm=1.3, occlusal_mm=-1.2, rotation_deg=-7, tip_deg=3, first=0.15),
        12: Start(mesial_mm=0.8, buccal_mm=-1.4, rotation_deg=14, tip_deg=-3, torque_deg=-3, first=0.1, last=0.95),
        11: Start(mesial_mm=0.3, buccal_mm=0.7, occlusal_mm=0.3, rotation_deg=-9, tip_deg=2, last=0.85),
        21: Start(mesial_mm=0.2, buccal_mm=-0.6, rotation_deg=10, tip_deg=-2, torque_deg=-4, last=0.85),
        22: Start(mesial_mm=0.9, buccal_mm=1.0, occlusal_mm=-0.5, rotation_deg=-13, tip_deg=3, first=0.1),
        23: Start(mesial_mm=0.8, buccal_mm=0.9, occlusal_mm=-1.0, rotation_deg=8, tip_deg=-2, first=0.2),
        24: Start(buccal_mm=-0.8, rotation_deg=-9, last=0.75),
        25: Start(buccal_mm=-0.5, rotation_deg=6, torque_deg=-3, last=0.6),
        26: Start(mesial_mm=0.3, rotation_deg=-4, last=0.5),
        46: Start(rotation_deg=3, last=0.5),
        45: Start(buccal_mm=-0.9, rotation_deg=13, torque_deg=-5, last=0.8),
        44: Start(buccal_mm=-0.4, rotation_deg=-10, last=0.75),
        43: Start(mesial_mm=1.1, buccal_mm=0.7, occlusal_mm=0.3, rotation_deg=10, tip_deg=-3, first=0.1),
        42: Start(mesial_mm=0.9, buccal_mm=-1.5, occlusal_mm=0.3, rotation_deg=-13, tip_deg=3, first=0.05),
        41: Start(mesial_mm=0.3, buccal_mm=0.6, occlusal_mm=0.5, rotation_deg=12, tip_deg=-2, last=0.9),
        31: Start(mesial_mm=0.4, buccal_mm=-0.9, occlusal_mm=0.2, rotation_deg=-9, tip_deg=3, last=0.9),
        32: Start(mesial_mm=1.0, buccal_mm=0.8, occlusal_mm=0.4, rotation_deg=15, tip_deg=-3, first=0.05),
        33: Start(mesial_mm=1.0, buccal_mm=0.5, occlusal_mm=-0.3, rotation_deg=-9, first=0.15),
        34: Start(buccal_mm=-0.6, rotation_deg=9, last=0.8),
        35: Start(buccal_mm=-1.0, rotation_deg=-14, torque_deg=-5, last=0.8),
        36: Start(rotation_deg=-3, last=0.5),
    },
)

SPACING: Final = Case(
    last_stage={"upper": 18, "lower": 12},
    scale=0.97,
    names={"upper": "LK-4471_U_{stage:02d}.stl", "lower": "LK-4471_L_{stage:02d}.stl"},
    starts={
        15: Start(mesial_mm=-0.2, rotation_deg=5, last=0.5),
        14: Start(mesial_mm=-0.5, rotation_deg=-6, last=0.7),
        13: Start(mesial_mm=-1.0, buccal_mm=0.4, tip_deg=-4, first=0.1),
        12: Start(mesial_mm=-1.3, buccal_mm=0.9, occlusal_mm=-0.3, rotation_deg=7, torque_deg=6, first=0.05),
        11: Start(mesial_mm=-1.1, buccal_mm=1.5, occlusal_mm=0.5, rotation_deg=4, tip_deg=-3, torque_deg=9),
        21: Start(mesial_mm=-1.2, buccal_mm=1.3, occlusal_mm=0.4, rotation_deg=-5, tip_deg=-2, torque_deg=8),
        22: Start(mesial_mm=-1.4, buccal_mm=1.0, occlusal_mm=-0.2, rotation_deg=-8, torque_deg=6, first=0.05),
        23: Start(mesial_mm=-0.9, buccal_mm=0.3, rotation_deg=8, tip_deg=-3, first=0.1),
        24: Start(mesial_mm=-0.4, rotation_deg=7, last=0.7),
        25: Start(rotation_deg=-5, last=0.5),
        45: Start(rotation_deg=5, last=0.6),
        44: Start(mesial_mm=-0.3, rotation_deg=8, last=0.7),
        43: Start(mesial_mm=-0.7, buccal_mm=0.3, rotation_deg=-6, first=0.05),
        42: Start(mesial_mm=-0.8, buccal_mm=0.7, occlusal_mm=0.5, rotation_deg=5, torque_deg=5),
        41: Start(mesial_mm=-0.5, buccal_mm=0.9, occlusal_mm=0.8, rotation_deg=-6, torque_deg=6),
        31: Start(mesial_mm=-0.5, buccal_mm=0.9, occlusal_mm=0.8, rotation_deg=4, torque_deg=6),
        32: Start(mesial_mm=-0.9, buccal_mm=0.6, occlusal_mm=0.5, rotation_deg=-7, torque_deg=5),
        33: Start(mesial_mm=-0.7, buccal_mm=0.2, rotation_deg=7, first=0.05),
        34: Start(mesial_mm=-0.3, rotation_deg=-6, last=0.7),
        35: Start(rotation_deg=-4, last=0.6),
    },
)

CROSSBITE: Final = Case(
    last_stage={"upper": 12, "lower": 16},
    scale=1.03,
    names={"upper": "Step{stage:02d}_Maxilla.stl", "lower": "Step{stage:02d}_Mandible.stl"},
    starts={
        16: Start(buccal_mm=-1.1, torque_deg=-5, last=0.9),
        15: Start(buccal_mm=-1.5, torque_deg=-6, rotation_deg=5),
        14: Start(buccal_mm=-1.3, torque_deg=-5, rotation_deg=-7),
        13: Start(buccal_mm=-0.5, occlusal_mm=-0.6, rotation_deg=8),
        12: Start(buccal_mm=-1.2, rotation_deg=-9, torque_deg=-6, first=0.1),
        11: Start(mesial_mm=0.2, rotation_deg=6, occlusal_mm=-0.7),
        21: Start(rotation_deg=-7, occlusal_mm=-0.7),
        22: Start(buccal_mm=0.3, rotation_deg=11, occlusal_mm=-0.5),
        23: Start(buccal_mm=0.6, rotation_deg=-6),
        24: Start(rotation_deg=8, last=0.7),
        25: Start(rotation_deg=-6, last=0.6),
        46: Start(buccal_mm=0.7, torque_deg=4, last=0.8),
        45: Start(buccal_mm=0.9, rotation_deg=-9, torque_deg=4),
        44: Start(buccal_mm=0.6, rotation_deg=10),
        43: Start(buccal_mm=0.9, occlusal_mm=0.3, rotation_deg=-13, tip_deg=4, first=0.1),
        42: Start(buccal_mm=0.6, rotation_deg=16, tip_deg=-4),
        41: Start(buccal_mm=-0.7, occlusal_mm=-0.5, rotation_deg=-11),
        31: Start(buccal_mm=0.5, occlusal_mm=-0.5, rotation_deg=14, tip_deg=3),
        32: Start(buccal_mm=-1.0, rotation_deg=-18, tip_deg=5),
        33: Start(buccal_mm=0.8, rotation_deg=10, first=0.1),
        34: Start(buccal_mm=-0.5, rotation_deg=-9),
        35: Start(buccal_mm=-0.6, rotation_deg=12, torque_deg=-4),
        36: Start(rotation_deg=-4, last=0.6),
    },
)

CHANGED_FROM_CROWDING: Final = {
    12: Start(buccal_mm=0.9, occlusal_mm=0.3, rotation_deg=-6, torque_deg=4),
    22: Start(buccal_mm=-0.5, occlusal_mm=0.4, tip_deg=3),
    43: Start(mesial_mm=0.3, rotation_deg=7),
}
"""Version 2 of the crowding case: the same start, another end for three teeth, as a displacement from the first version's end."""

CASES: Final = {
    "crowding": CROWDING,
    "crowding-v2": replace(CROWDING, ends=CHANGED_FROM_CROWDING),
    "spacing": SPACING,
    "crossbite": CROSSBITE,
}
"""Every case `expand` knows; “crowding-v2” is a second version of the first plan."""
