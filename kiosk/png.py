"""Writes a picture: rows of RGBA pixels -> PNG. Twenty lines instead of an imaging library."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path


def write_png(path: Path, width: int, height: int, rgba: bytes) -> None:
    """Save pixels as an RGB PNG (ISO/IEC 15948).

    Args:
        path: the file to write.
        width, height: pixels.
        rgba: four bytes a pixel, bottom row first, as OpenGL gives them.
    """
    stride = width * 4
    rows = bytearray()
    for row in range(height - 1, -1, -1):
        line = rgba[row * stride : (row + 1) * stride]
        colours = bytearray(width * 3)
        colours[0::3], colours[1::3], colours[2::3] = line[0::4], line[1::4], line[2::4]
        rows += b"\0" + colours

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows), 6)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
