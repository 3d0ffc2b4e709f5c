"""Dialogs in, rows of token ids out: (rows, T) uint16 ids and uint8 loss weights, whole conversations only.

Usage: packing.py OUT_FOLDER TOKENIZER SEED SHARDS ROWS [PART SCRAMBLE VARY DOUBLE LOSE]   (a process writes its shards one by one)
       packing.py --text OUT.txt SEED DIALOGS             (plain text for the tokenizer)
"""
import os
import random
import sys
from pathlib import Path

import numpy as np
import sentencepiece as spm

from dialogs import Dialog, Writer
from shape import BOS, BUILT_IN, END_INST, EOS, INST

ASKED, ANSWERED = 1, 2   # weights: the person's words, the guide's words
PAD = EOS


class Encoder:
    def __init__(self, tokenizer: str):
        self.sp = spm.SentencePieceProcessor(model_file=str(tokenizer))

    def question(self, text: str, rng: random.Random, dropout: bool) -> list:
        if dropout and rng.random() < 0.35:
            return self.sp.encode(text, enable_sampling=True, alpha=rng.choice([0.05, 0.1, 0.2]), nbest_size=-1)
        return self.sp.encode(text)

    def dialog(self, d: Dialog, rng: random.Random, dropout: bool = True):
        """The v3 template: ids and weights; the system text stands before the last question."""
        ids, weights = [BOS], [0]
        for number, (q, a) in enumerate(d.turns):
            if d.system and number == len(d.turns) - 1:
                q = d.system + "\n\n" + q
            asked = self.question(q, rng, dropout)
            answered = self.sp.encode(a.rstrip()) + [EOS]
            ids += [INST, *asked, END_INST, *answered]
            weights += [0] + [ASKED] * len(asked) + [0] + [ANSWERED] * len(answered)
        return ids, weights


def rows(writer: Writer, encoder: Encoder, count: int, length: int, kind: str | None = None, dropout: bool = True):
    """Packs dialogs first-fit into `count` rows."""
    open_rows, done_ids, done_weights = [([], []) for _ in range(48)], [], []
    while len(done_ids) < count:
        ids, weights = encoder.dialog(writer.dialog(kind), writer.rng, dropout)
        if len(ids) > length:
            continue
        for at, (row, row_weights) in enumerate(open_rows):
            if len(row) + len(ids) <= length:
                row += ids
                row_weights += weights
                break
        else:
            at = max(range(len(open_rows)), key=lambda i: len(open_rows[i][0]))
            row, row_weights = open_rows[at]
            done_ids.append(row + [PAD] * (length - len(row)))
            done_weights.append(row_weights + [0] * (length - len(row)))
            open_rows[at] = (list(ids), list(weights))
    return np.array(done_ids, np.uint16), np.array(done_weights, np.uint8)


def main() -> None:
    if sys.argv[1] == "--text":
        writer = Writer(int(sys.argv[3]))
        with open(sys.argv[2], "w", encoding="utf-8") as out:
            for _ in range(int(sys.argv[4])):
                for q, a in writer.dialog().turns:
                    out.write(q.replace("\n", " ") + "\n" + "\n".join(line for line in a.split("\n") if line) + "\n")
        return
    folder, tokenizer, seed, shards, count = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:6])
    more = sys.argv[6:]
    writer, encoder = Writer(seed, more[0], *map(float, more[1:])) if more else Writer(seed), Encoder(tokenizer)
    for shard in range(shards):
        ids, weights = rows(writer, encoder, count, BUILT_IN.context)
        name = folder / f"{seed:04}-{shard:05}"
        np.save(f"{name}.part.npy", np.stack([ids, weights.astype(np.uint16)]))
        os.replace(f"{name}.part.npy", f"{name}.npy")


if __name__ == "__main__":
    main()
