"""Writes a picture: rows of RGB pixels -> PNG. A few lines instead of an imaging library."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

QUICK = 1
"""zlib's level: flat pages shrink well at any, and a batch of previews waits for it."""


def write_png(path: Path, width: int, height: int, rgb: bytes) -> None:
    """Save pixels as an RGB PNG (ISO/IEC 15948).

    Args:
        path: the file to write.
        width, height: pixels.
        rgb: three bytes a pixel, bottom row first, as OpenGL gives them.
    """
    stride = width * 3
    rows = b"".join(b"\0" + rgb[row * stride : (row + 1) * stride] for row in range(height - 1, -1, -1))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, QUICK)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
