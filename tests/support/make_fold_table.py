#!/usr/bin/env python3
"""Writes core/history/fold_table.inc: for search, which letter stands for another below U+2000.

Upper case becomes lower case, accents go, compatibility forms of one letter become that letter. What would become
several letters stays as it is. Run with Python 3.11 (Unicode 14): make_fold_table.py > core/history/fold_table.inc
"""
import unicodedata


def fold(character):
    text = unicodedata.normalize("NFKD", character).casefold()
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if unicodedata.category(c) != "Mn")
    return text


SPECIAL = {0x1E9E: 0xDF, 0x2BC: 0x27}  # capital sharp s; modifier apostrophe

pairs = []
for code in range(0x80, 0x2000):
    character = chr(code)
    if unicodedata.category(character) in ("Mn", "Me", "Cn", "Cf", "Zs", "Cc"):
        continue
    folded = fold(character)
    target = SPECIAL.get(code, ord(folded) if len(folded) == 1 else code)
    if target not in (code, 0x20):
        pairs.append((code, target))

print("// Made by tests/support/make_fold_table.py: {letter, what it counts as}, ascending.")
for start in range(0, len(pairs), 6):
    print("".join("{0x%04x, 0x%04x}, " % pair for pair in pairs[start : start + 6]).rstrip())
