"""The types and shapes of arrays, for annotations: `Float32[np.ndarray, "tracks dim"]`.

They are jaxtyping's where shapes are checked, as in the tests. Elsewhere the annotation is the
array alone: loading jaxtyping takes a good part of the time of a short command.
"""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from jaxtyping import (
        Bool,
        Float,
        Float16,
        Float32,
        Float64,
        Int,
        Int8,
        Int32,
        Int64,
        Shaped,
        UInt8,
        UInt32,
        UInt64,
    )
else:

    class _Array:
        def __class_getitem__(cls, array_and_shape):
            return array_and_shape[0]

    Bool = Float = Float16 = Float32 = Float64 = Shaped = _Array
    Int = Int8 = Int32 = Int64 = UInt8 = UInt32 = UInt64 = _Array

__all__ = [
    "Bool",
    "Float",
    "Float16",
    "Float32",
    "Float64",
    "Int",
    "Int8",
    "Int32",
    "Int64",
    "Shaped",
    "UInt8",
    "UInt32",
    "UInt64",
]
