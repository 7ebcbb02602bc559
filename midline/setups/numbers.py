"""Tooth numbers of exports, for the rooms above: what `meshes` knows of them, which no other room uses by itself."""

from meshes.teeth import REFERENCE_POINT
from meshes.tooth_numbers import FDI, SYSTEMS, UNIVERSAL_NUMBERS, arch_of, fdi_of

__all__ = ["FDI", "REFERENCE_POINT", "SYSTEMS", "UNIVERSAL_NUMBERS", "arch_of", "fdi_of"]
