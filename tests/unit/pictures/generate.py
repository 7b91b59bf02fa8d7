#!/usr/bin/env python3
"""Writes the pictures of this folder, and what Pillow reads from them, into expected.csv.

Needs Pillow and NumPy; run it in this folder. Rows of expected.csv: file, height, width, channels, levels in hex.
"""
import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

HERE = Path(__file__).parent
WIDTH, HEIGHT = 5, 3


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(colour, depth, samples, extra=b""):
    """A PNG of any colour type and bit depth; samples: (height, rowBytes) of uint8."""
    rows = b"".join(b"\0" + bytes(row) for row in samples)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) +
            chunk(b"IEND", b""))


def levels(channels, seed):
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH * channels), dtype=np.uint8)


def after_header(data, extra):
    return data[:33] + extra + data[33:]


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation, little=False):
    if little:
        return b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 0x112, 3, 1, orientation, 0) + b"\0" * 4
    return b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x112, 3, 1, orientation, 0) + b"\0" * 4


def write_all():
    files = {
        "grey.png": png(0, 8, levels(1, 1)),
        "grey_1bit.png": png(0, 1, [[0b10110000], [0b01011000], [0b11111000]]),
        "grey_2bit.png": png(0, 2, [[0b00011011, 0], [0b11100100, 0x40], [0b10101010, 0x80]]),
        "grey_4bit.png": png(0, 4, [[0x01, 0x23, 0x40], [0x56, 0x78, 0x90], [0xab, 0xcd, 0xe0]]),
        "grey_16bit.png": png(0, 16, levels(2, 2)),
        "grey_transparent_level.png": png(0, 8, [[0, 50, 100, 150, 200]] * 3, chunk(b"tRNS", b"\0\x64")),
        "grey_alpha.png": png(4, 8, levels(2, 3)),
        "grey_alpha_16bit.png": png(4, 16, levels(4, 4)),
        "rgb.png": png(2, 8, levels(3, 5)),
        "rgb_16bit.png": png(2, 16, levels(6, 6)),
        "rgb_transparent_colour.png": png(2, 8, [[1, 2, 3, 9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]] * 3,
                                          chunk(b"tRNS", b"\0\1\0\2\0\3")),
        "rgba.png": png(6, 8, levels(4, 7)),
        "rgba_16bit.png": png(6, 16, levels(8, 8)),
        "palette.png": png(3, 8, levels(1, 9) % 4, chunk(b"PLTE", bytes(levels(3, 10)[0][:12]))),
        "palette_2bit.png": png(3, 2, [[0b00011011, 0xc0]] * 3, chunk(b"PLTE", bytes(levels(3, 11)[0][:12]))),
        "palette_alpha.png": png(3, 8, levels(1, 12) % 4,
                                 chunk(b"PLTE", bytes(levels(3, 13)[0][:12])) + chunk(b"tRNS", b"\0\x50\xb0")),
    }
    for gamma in (22727, 45455, 100000):
        files[f"gamma_{gamma}.png"] = after_header(files["rgb.png"], chunk(b"gAMA", struct.pack(">I", gamma)))
    files["gamma_alpha.png"] = after_header(files["rgba.png"], chunk(b"gAMA", struct.pack(">I", 100000)))
    files["srgb.png"] = after_header(files["grey.png"], chunk(b"sRGB", b"\0"))

    y, x = np.mgrid[0:8, 0:16]
    smooth = np.stack([x * 12 + 20, y * 25 + 30, 200 - x * 5 - y * 3], axis=2).astype(np.uint8)
    colour = Image.fromarray(smooth)
    files["rgb.jpg"] = saved(colour, "JPEG", quality=90)
    files["progressive.jpg"] = saved(colour, "JPEG", quality=90, progressive=True)
    files["grey.jpg"] = saved(colour.convert("L"), "JPEG", quality=90)
    ink = np.concatenate([smooth, (x * 6 + y * 4)[..., None].astype(np.uint8)], axis=2)
    files["cmyk.jpg"] = saved(Image.fromarray(ink, "CMYK"), "JPEG", quality=95)
    adobe = files["cmyk.jpg"].index(b"\xff\xee")
    files["cmyk_without_marker.jpg"] = files["cmyk.jpg"][:adobe] + files["cmyk.jpg"][adobe + 16:]

    for orientation in range(1, 9):
        plain = saved(colour, "JPEG", quality=90)
        data = exif(orientation, little=orientation % 2 == 0)
        files[f"orientation_{orientation}.jpg"] = (
            plain[:20] + b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data + plain[20:])
        extra = chunk(b"eXIf", exif(orientation)[6:])
        # eXIf may also follow the pixels.
        files[f"orientation_{orientation}.png"] = (
            files["rgb.png"][:-12] + extra + files["rgb.png"][-12:]
            if orientation % 2 else after_header(files["rgb.png"], extra))
    files["orientation_invalid.jpg"] = (
        plain[:20] + b"\xff\xe1" + struct.pack(">H", len(exif(9)) + 2) + exif(9) + plain[20:])
    xmp = (b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/">'
           b'<rdf:Description tiff:Orientation="6"/></x:xmpmeta>')
    files["orientation_xmp.jpg"] = (
        plain[:20] + b"\xff\xe1" + struct.pack(">H", len(xmp) + 2) + xmp + plain[20:])
    files["orientation_xmp.png"] = after_header(
        files["rgb.png"], chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp[29:]))
    profile = b"\nexif\n%8d\n" % len(exif(6)) + exif(6).hex().encode() + b"\n"
    files["orientation_imagemagick.png"] = after_header(
        files["rgb.png"], chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile)))
    files["orientation_imagemagick_plain.png"] = after_header(
        files["rgb.png"], chunk(b"tEXt", b"Raw profile type exif\0" + profile))
    for name, content in files.items():
        (HERE / name).write_bytes(content)
    return sorted(files)


def expected(file):
    image = Image.open(file)
    image.load()
    if image.mode == "I;16":
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    image = ImageOps.exif_transpose(image)
    rgba = image.convert("RGBA")
    white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    array = np.asarray(Image.alpha_composite(white, rgba).convert("RGB"))
    grey = (array == array[..., :1]).all()
    return array[..., :1] if grey else array


if __name__ == "__main__":
    with open(HERE / "expected.csv", "w") as out:
        for name in write_all():
            pixels = expected(HERE / name)
            out.write(f"{name},{pixels.shape[0]},{pixels.shape[1]},{pixels.shape[2]},{pixels.tobytes().hex()}\n")
