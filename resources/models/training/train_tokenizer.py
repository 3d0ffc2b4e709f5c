"""Conversation text in, tokenizer.model out: sentencepiece BPE with byte fallback and the v3 control ids.

Usage: train_tokenizer.py TEXT OUT.model [VOCAB]
"""
import sys
from pathlib import Path

import sentencepiece as spm

from shape import BUILT_IN, CONTROL_PIECES


def train(text: Path, out: Path, vocab: int) -> None:
    prefix = str(out).removesuffix(".model")
    spm.SentencePieceTrainer.train(
        input=str(text), model_prefix=prefix, model_type="bpe", vocab_size=vocab, byte_fallback=True,
        normalization_rule_name="identity", add_dummy_prefix=True, remove_extra_whitespaces=False,
        split_digits=True, allow_whitespace_only_pieces=True, character_coverage=0.9999,
        max_sentence_length=20000, max_sentencepiece_length=16, num_threads=2, minloglevel=1,
        unk_id=0, bos_id=1, eos_id=2, pad_id=-1, control_symbols=CONTROL_PIECES)
    Path(prefix + ".vocab").unlink(missing_ok=True)
    sp = spm.SentencePieceProcessor(model_file=str(out))
    wrong = [p for i, p in enumerate(CONTROL_PIECES, 3) if sp.id_to_piece(i) != p or not sp.is_control(i)]
    if wrong or sp.vocab_size() != vocab or sp.id_to_piece(10) != "<0x00>":
        raise SystemExit(f"the pieces are not in their places: {wrong}, {sp.vocab_size()} pieces")


if __name__ == "__main__":
    train(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else BUILT_IN.vocab)
