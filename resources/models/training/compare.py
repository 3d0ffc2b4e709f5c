"""The shipped folder against Hugging Face transformers: the same logits from MistralForCausalLM in f32.

Usage: compare.py FOLDER   (prints the largest difference relative to the norm of the logits)
"""
import sys
from pathlib import Path

import sentencepiece as spm
import torch
from transformers import MistralConfig, MistralForCausalLM

import evaluate
import layout
from shape import BOS, END_INST, INST


def main() -> None:
    folder = Path(sys.argv[1])
    shape, state = layout.read_folder(folder)
    settings = layout.config(shape)
    for key in ("architectures", "model_type", "torch_dtype"):
        settings.pop(key)
    theirs = MistralForCausalLM(MistralConfig(**settings)).eval()
    theirs.load_state_dict(state)
    ours = evaluate.load(folder)
    sp = spm.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    worst = 0.0
    for question in ("How do I start a new conversation?", "What is 27 + 48?", "Tell me a story about an owl.", "¿Hola? 🙂"):
        ids = torch.tensor([[BOS, INST, *sp.encode(question), END_INST]])
        with torch.no_grad():
            a, b = ours.logits(ids.to(next(ours.parameters()).device)).cpu(), theirs(ids).logits
        worst = max(worst, ((a - b).abs().max() / b.norm(dim=-1).min()).item())
    print(f"largest logit difference: {worst:.2e} of the logits' norm")
    if worst > 1e-4:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
