r"""The protocol's extension for binary tensors: strings with their lengths before them, numbers as they lie in memory.

Triton's clients use it unless they are told not to. PURE.

References
----------
Triton Inference Server, "Binary Tensor Data Extension".
"""

import struct
from collections.abc import Iterable, Sequence

from surtitle.serve.refusal import Refusal

__all__ = ["pack_floats", "pack_strings", "unpack_strings"]

_LENGTH = struct.Struct("<I")


def unpack_strings(block: bytes, *, where: str, limit: int) -> list[str]:
    r"""Read a BYTES tensor.

    Parameters
    ----------
    block : bytes
        For each string its length, as four bytes, little end first, and the string in UTF-8.
    where : str
        For messages.
    limit : int
        At most so many strings.

    Raises
    ------
    Refusal
        400 if the lengths do not add up or a string is not UTF-8; 413 if there are too many.

    Examples
    --------
    >>> unpack_strings(b"\x02\x00\x00\x00hi\x00\x00\x00\x00", where="text", limit=10)
    ['hi', '']
    """
    found: list[str] = []
    place = 0
    while place < len(block):
        start = place + _LENGTH.size
        end = start + _LENGTH.unpack_from(block, place)[0] if start <= len(block) else len(block) + 1
        if end > len(block):
            raise Refusal(400, f"{where}: string {len(found)} ends after the data does; is its length right?")
        if len(found) >= limit:
            raise Refusal(413, f"{where}: more than serve.max_texts = {limit:,} texts in one request")
        try:
            found.append(str(block[start:end], "utf-8"))
        except UnicodeDecodeError as error:
            raise Refusal(400, f"{where}: string {len(found)} is not UTF-8") from error
        place = end
    return found


def pack_strings(strings: Iterable[str]) -> bytes:
    r"""Write a BYTES tensor.

    Examples
    --------
    >>> pack_strings(["hi"])
    b'\x02\x00\x00\x00hi'
    """
    parts: list[bytes] = []
    for each in strings:
        encoded = each.encode()
        parts += (_LENGTH.pack(len(encoded)), encoded)
    return b"".join(parts)


def pack_floats(numbers: Sequence[float]) -> bytes:
    r"""Write an FP64 tensor.

    Examples
    --------
    >>> pack_floats([0.5]).hex()
    '000000000000e03f'
    """
    return struct.pack(f"<{len(numbers)}d", *numbers)
