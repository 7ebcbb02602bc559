"""The shapes this package passes around, named once."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Points: TypeAlias = npt.NDArray[np.float64]
"""(n, 3), mm."""

Positions: TypeAlias = npt.NDArray[np.float32]
"""(stages, n, 3), mm: the same vertices at every stage."""

Faces: TypeAlias = npt.NDArray[np.int32]
"""(m, 3) vertex indices, counter-clockwise from outside."""

Indices: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]


def bounds(points: npt.NDArray[Any]) -> tuple[Floats, Floats]:
    """Lowest and highest corner of the box round points (n, 3). Column by column: numpy reduces a short last axis ten times slower."""
    low = np.array([points[:, axis].min() for axis in range(points.shape[1])], dtype=np.float64)
    high = np.array([points[:, axis].max() for axis in range(points.shape[1])], dtype=np.float64)
    return low, high
