"""Small ways to carry a pack: compressed, or as what changed since another one.

Neither needs trust. Whoever unpacks says how long the result must be, never unpacks
more than that, and compares the hash.
"""

from __future__ import annotations

import zstandard

from sync.errors import DamagedError

LEVEL = 19
WINDOW = 1 << 27
"""Largest look-back in bytes that unpacking allows: a bound on memory."""


def compress(data: bytes) -> bytes:
    """As small as it gets."""
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=False).compress(data)


def expand(packed: bytes, length: int) -> bytes:
    """What was compressed.

    Args:
        packed: bytes from ``compress``, or anything that somebody calls so.
        length: bytes that must come out.

    Raises:
        DamagedError: it is not that.
    """
    return _expand(zstandard.ZstdDecompressor(max_window_size=WINDOW), packed, length)


def make_delta(old: bytes, new: bytes) -> bytes:
    """What must be known besides ``old`` to have ``new``."""
    base = zstandard.ZstdCompressionDict(old, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    window = max(10, min(27, (len(old) + len(new)).bit_length()))
    parameters = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, window_log=window, write_content_size=True, write_checksum=False
    )
    return zstandard.ZstdCompressor(dict_data=base, compression_params=parameters).compress(new)


def apply_delta(old: bytes, delta: bytes, length: int) -> bytes:
    """``new`` from ``old`` and what ``make_delta`` gave.

    Raises:
        DamagedError: the delta is none, or does not lead to ``length`` bytes.
    """
    base = zstandard.ZstdCompressionDict(old, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return _expand(zstandard.ZstdDecompressor(dict_data=base, max_window_size=WINDOW), delta, length)


def _expand(tool: zstandard.ZstdDecompressor, packed: bytes, length: int) -> bytes:
    # A frame may claim any size for itself, and one call would set that much memory aside;
    # a stream gives no more than is asked for.
    try:
        with tool.stream_reader(packed) as stream:
            data = bytes(stream.read(length + 1))
    except (zstandard.ZstdError, MemoryError) as error:
        raise DamagedError(f"cannot be unpacked ({error})") from error
    if len(data) != length:
        raise DamagedError(f"unpacks to {'more than ' if len(data) > length else ''}{len(data)} bytes")
    return data


def expand_some(packed: bytes, most: int) -> bytes:
    """What was compressed, of a length that is not known before.

    Raises:
        DamagedError: it is not that, or longer than ``most`` bytes.
    """
    try:
        with zstandard.ZstdDecompressor(max_window_size=WINDOW).stream_reader(packed) as stream:
            data = bytes(stream.read(most + 1))
    except (zstandard.ZstdError, MemoryError) as error:
        raise DamagedError(f"cannot be unpacked ({error})") from error
    if len(data) > most:
        raise DamagedError(f"unpacks to more than {most} bytes")
    return data
