"""Setup versions for tests, made without the pipeline: small files that a viewer can open, and a plan that fits them."""

import gzip
import io
from typing import Any

import brotli
import numpy as np
from PIL import Image

from meshes import glb, teeth
from midline.cases.models import Case, Order
from midline.core import clock
from midline.core.storage import files
from midline.people.models import User
from midline.setups.models import Movement, Part, SetupImport, SetupVersion, Stage
from midline.setups.services.content import content_hash

TEETH = {"upper": (13, 12, 11, 21, 22, 23), "lower": (43, 42, 41, 31, 32, 33)}
_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
_FACES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]],
    dtype=np.int32,
)


def _pieces(stages: int) -> list[glb.Piece]:
    """Six boxes an arch for teeth, one for the gingiva. The teeth right of the middle move 0.1 mm a stage towards the front."""
    pieces = []
    for arch, numbers in TEETH.items():
        z = 4.0 if arch == "upper" else -4.0
        for index, _fdi in enumerate(numbers):
            poses = np.zeros((stages + 1, 7))
            poses[:, 6] = 1.0
            poses[:, :3] = [(index - 2.5) * 8, abs(index - 2.5) * 3, z]
            if index < 3:
                poses[:, 1] -= 0.1 * np.arange(stages + 1)
            pieces.append(glb.Piece(f"{arch}-{index + 1:02d}", arch, "tooth", _CORNERS * [3.5, 3, 4], _FACES, poses))
        still = np.tile([0.0, 4.0, z * 2, 0.0, 0.0, 0.0, 1.0], (stages + 1, 1))
        pieces.append(glb.Piece(f"{arch}-gingiva", arch, "gingiva", _CORNERS * [26, 6, 2], _FACES, still))
    return pieces


def _stored(content: bytes) -> dict[str, Any]:
    stored = files().store(io.BytesIO(content))
    return {"key": stored.key, "sha256": stored.sha256, "size": stored.size}


def _model(content: bytes) -> dict[str, Any]:
    about = _stored(content)
    for name, packed in (("br", brotli.compress(content)), ("gz", gzip.compress(content, mtime=0))):
        stored = _stored(packed)
        about |= {f"{name}_key": stored["key"], f"{name}_size": stored["size"]}
    return about


def _picture(shade: int) -> dict[str, Any]:
    out = io.BytesIO()
    Image.new("RGB", (12, 8), (shade, shade, shade)).save(out, "WEBP")
    return _stored(out.getvalue())


def make_version(case: Case, technician: User, number: int = 1, *, published: bool = True, stages: int = 4) -> SetupVersion:
    """A version of `case`'s current order: 12 numbered teeth, `stages` stages in both arches, models of a few kilobytes.

    It moves no order: walk the case with `cases.tests.factories.move(case, "take", "publish", version=number, …)` beside it.
    """
    assert case.current_order_id
    pieces = _pieces(stages)
    packed = glb.write(pieces, stages + 1)
    original = _stored(b"PK\x05\x06" + bytes(18) + bytes([number]))
    now = clock.now()
    version = SetupVersion.objects.create(
        case=case,
        order_id=case.current_order_id,
        number=number,
        stages_upper=stages,
        stages_lower=stages,
        original_key=original["key"],
        original_name="Testdatter_setup.zip",
        original_size=original["size"],
        original_sha256=original["sha256"],
        files={"preview": _model(packed), "full": _model(packed)},
        pictures={"front": _picture(200), "start": _picture(180)},
        plan={"reference_point": teeth.REFERENCE_POINT, "triangles": {"full": 168}, "notes": [], "teeth_confirmed": True},
        error_um={"teeth_max": 4.4, "teeth_mean": 1.2, "gingiva_max": 12.0, "gingiva_mean": 3.0},
        made_by=technician,
        made_in="lab",
        made_at=now,
    )
    for piece in pieces:
        tooth = piece.kind == "tooth"
        fdi = TEETH[piece.arch][int(piece.key[-2:]) - 1] if tooth else None
        frame = np.eye(4)
        frame[:3, 3] = piece.poses[0, :3]
        part = Part.objects.create(
            version=version,
            key=piece.key,
            arch=piece.arch,
            kind=piece.kind,
            fdi=fdi,
            fdi_confidence=1.0 if tooth else 0.0,
            moves=bool(np.ptp(piece.poses, axis=0).max() > 0),
            label_point=[float(v) for v in piece.poses[0, :3]],
            frame=frame.tolist() if tooth else None,
            poses=piece.poses.tolist(),
        )
        if fdi and part.moves:
            rows = teeth.movement_rows(teeth.ToothMotion(frame.tolist(), piece.poses.tolist()), fdi)
            names = teeth.COLUMNS[1:]
            Movement.objects.bulk_create(
                Movement(version=version, fdi=fdi, stage=int(row[0]), **dict(zip(names, row[1:], strict=True))) for row in rows[1:]
            )
    for arch in TEETH:
        Stage.objects.bulk_create(Stage(version=version, arch=arch, number=n, file=f"{arch}/{n:02d}.stl") for n in range(stages + 1))
    version.content_hash = content_hash(version)
    if published:
        version.published_at, version.published_by = now, technician
    version.save()
    return version


def make_import(order: Order, technician: User, *, state: SetupImport.State = SetupImport.State.BUILT) -> SetupImport:
    """An import of `order` in `state`, as reading leaves it: one file doubtful, one refused. BUILT brings its unpublished version."""
    rows = [
        {"name": f"case_{arch}_{stage:02d}.stl", "size_bytes": 4_700_000, "triangles": 96_000, "arch": arch, "stage": stage}
        | {"confidence": 0.99, "reason": None, "refused": None, "thumb": None}
        for arch in ("upper", "lower")
        for stage in range(5)
    ]
    rows[3] |= {"confidence": 0.58, "reason": "No stage in the name. The shape lies between stages 2 and 4."}
    torn = {"reason": "Cut off: 79,004 triangles announced, 48,211 there.", "remedy": "Export this file again."}
    rows.append(rows[9] | {"name": "case_lower_05.stl", "arch": None, "stage": None, "triangles": None, "confidence": 0.0, "refused": torn})
    original = _stored(b"PK\x05\x06" + bytes(18))
    reading = state == SetupImport.State.READING
    case = Case.objects.get(pk=order.case_id)
    built = state == SetupImport.State.BUILT
    version = make_version(case, technician, case.newest_version + 1, published=False) if built else None
    mapping = [{"name": row["name"], "arch": row["arch"], "stage": row["stage"]} for row in rows if not row["refused"]]
    return SetupImport.objects.create(
        case=case,
        order=order,
        number=case.newest_version + 1,
        state=state,
        filename="Testdatter_setup.zip",
        key=original["key"],
        size=original["size"],
        sha256=original["sha256"],
        report={} if reading else {"files": rows, "missing": [], "doubles": [], "layout": 2, "layout_refusal": None, "seconds": 1.9},
        mapping=mapping if built else [],
        version=version,
        added_by=technician,
        added_at=clock.now(),
    )
