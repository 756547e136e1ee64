"""The types of the arrays that prepare computes with."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["NO_TIME", "BoolArray", "Int32Array", "Int64Array", "KeyArray", "SplitArray"]

BoolArray = NDArray[np.bool_]
Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]
KeyArray = NDArray[np.uint64]
SplitArray = NDArray[np.int8]

NO_TIME = int(np.iinfo(np.int64).max)
"""Stands for a missing time, in microseconds; it sorts last."""
