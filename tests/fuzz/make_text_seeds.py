#!/usr/bin/env python3
"""Writes the seeds of fuzz_tokenizer and fuzz_utf8_stream: a small sentencepiece file, text cut in odd places."""
import pathlib
import struct

SEEDS = pathlib.Path(__file__).resolve().parent / "seeds"
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def piece(text, score, kind):
    return message(1, message(1, text.encode()) + varint(2 << 3 | 5) + struct.pack("<f", score) + number(3, kind))


def tokenizer():
    out = piece("<unk>", 0, UNKNOWN)
    for name in ("<s>", "</s>", "[INST]", "[/INST]"):
        out += piece(name, 0, CONTROL)
    for byte in range(256):
        out += piece(f"<0x{byte:02X}>", 0, BYTE)
    for rank, text in enumerate(("\u2581h", "\u2581", "h", "I", "N", "S", "T", "[", "]", "IN", "ST", "/", "\u00e9")):
        out += piece(text, -rank, NORMAL)
    out += message(2, number(3, 2) + number(35, 1))
    return out + message(3, message(1, b"identity") + number(3, 1) + number(4, 0))


def main():
    files = {"fuzz_tokenizer/small.model": tokenizer(),
             "fuzz_utf8_stream/mixed": "d\u00e9j\u00e0 \U0001f680 \u4f60\u597d".encode() + b"\xf0\x9f\xff\xed\xa0\x80"}
    for name, content in files.items():
        path = SEEDS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
