#!/usr/bin/env python3
"""A folder with a GPTQ Mistral in, what Hugging Face transformers computes with it in float32 out.

    make_hf_goldens.py --model DIR --golden DIR [--prompts N] [--rows N]

Needs torch, transformers and safetensors; their versions are recorded. The weights are dequantized here, by the
published formula, and loaded into transformers' own MistralForCausalLM: nothing of the engine under test is used.

The goldens of tests/golden/hf_random_mistral were made by
    make_random_mistral.py --out tests/golden/hf_random_mistral/model --act-order --hidden 256 --intermediate 512 \\
        --layers 3 --heads 8 --kv-heads 2 --head-dim 32 --vocab 512 --positions 512 --seed 7
    make_hf_goldens.py --model tests/golden/hf_random_mistral/model --golden tests/golden/hf_random_mistral

golden.json: reference (versions), files (name, size, crc32 of what was read), prompts (ids, the positions whose logits
are kept), greedy (which prompt it goes on from; 200 ids; by how much each beat the second; the norm of its logits).
logits.f32: the kept rows, prompt by prompt, little-endian float32 (rows, vocab).
"""
import argparse
import json
import pathlib
import random
import zlib

import numpy as np
import torch
import transformers
from safetensors import safe_open

GREEDY_TOKENS = 200


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, type=pathlib.Path)
    parser.add_argument("--golden", required=True, type=pathlib.Path)
    parser.add_argument("--prompts", type=int, default=3)
    parser.add_argument("--rows", type=int, default=16, help="positions of each prompt whose logits are kept")
    return parser.parse_args()


def read_tensors(files):
    tensors = {}
    for file in files:
        with safe_open(file, framework="pt") as handle:
            for name in handle.keys():
                tensors[name] = handle.get_tensor(name)
    return tensors


def unpack_rows(words):
    """i32 (R, C) to 4-bit values (8R, C): row 8i+j sits at bits 4j..4j+3 of word i."""
    shifts = np.arange(0, 32, 4, dtype=np.uint32)
    values = words.view(np.uint32)[:, None, :] >> shifts[None, :, None] & 15
    return values.reshape(-1, words.shape[1])


def dequantize(tensors, name, zero_offset):
    qweight = unpack_rows(tensors[name + ".qweight"].numpy())
    zeros = unpack_rows(tensors[name + ".qzeros"].numpy().T.copy()).T.astype(np.int32) + zero_offset
    scales = tensors[name + ".scales"].numpy().astype(np.float32)
    rows, groups = qweight.shape[0], scales.shape[0]
    index = (tensors[name + ".g_idx"].numpy() if name + ".g_idx" in tensors else np.arange(rows) // (rows // groups))
    weights = (qweight.astype(np.int32) - zeros[index]).astype(np.float32) * scales[index]
    return torch.from_numpy(np.ascontiguousarray(weights.T))  # transformers keeps (N, K)


def load(directory):
    settings = json.loads((directory / "config.json").read_text())
    quantization = settings.pop("quantization_config", None)
    if quantization is None:
        quantization = json.loads((directory / "quantize_config.json").read_text())
    zero_offset = 0 if quantization.get("checkpoint_format") == "gptq_v2" else 1
    config = transformers.MistralConfig.from_dict(settings)
    config._attn_implementation = "eager"
    model = transformers.MistralForCausalLM(config).to(torch.float32).eval()

    files = sorted(directory.glob("*.safetensors"))
    tensors = read_tensors(files)
    state = {}
    for name, tensor in tensors.items():
        base, _, kind = name.rpartition(".")
        if kind == "qweight":
            state[base + ".weight"] = dequantize(tensors, base, zero_offset)
        elif kind == "weight":
            state[name] = tensor.to(torch.float32)
        elif kind == "bias" and tensor.abs().max() > 0:
            raise SystemExit(f"{name} is not zero, and Hugging Face's Mistral has no biases")
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = [name for name in missing if not (settings.get("tie_word_embeddings") and name == "lm_head.weight")]
    if missing or unexpected:
        raise SystemExit(f"missing {missing}, unexpected {unexpected}")
    if settings.get("tie_word_embeddings"):
        model.tie_weights()
    return model, files


def main():
    options = arguments()
    torch.manual_seed(0)
    model, files = load(options.model)
    vocab, positions = model.config.vocab_size, model.config.max_position_embeddings
    draw = random.Random(20240607)
    lengths = [1, 37, 150, 80, 222][: options.prompts]
    longest = positions - GREEDY_TOKENS
    prompts, rows = [], []
    with torch.no_grad():
        for length in lengths:
            ids = [draw.randrange(vocab) for _ in range(min(length, longest))]
            logits = model(torch.tensor([ids])).logits[0].numpy()
            kept = sorted({round(i * (len(ids) - 1) / max(1, options.rows - 1)) for i in range(options.rows)})
            prompts.append({"ids": ids, "positions": kept})
            rows.append(logits[kept])

        start = 1 if len(prompts) > 1 else 0
        ids, tokens, margins, norms = list(prompts[start]["ids"]), [], [], []
        for _ in range(GREEDY_TOKENS):
            logits = model(torch.tensor([ids])).logits[0, -1].double().numpy()
            second, first = np.sort(logits)[-2:]
            tokens.append(int(logits.argmax()))
            margins.append(round(float(first - second), 7))
            norms.append(round(float(np.linalg.norm(logits)), 5))
            ids.append(tokens[-1])

    options.golden.mkdir(parents=True, exist_ok=True)
    golden = {
        "reference": f"transformers {transformers.__version__}, torch {torch.__version__}, float32, eager attention",
        "files": [{"name": f.name, "size": f.stat().st_size, "crc32": zlib.crc32(f.read_bytes())} for f in files],
        "vocab": vocab,
        "prompts": prompts,
        "greedy": {"prompt": start, "ids": tokens, "margins": margins, "norms": norms},
    }
    (options.golden / "golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    (options.golden / "logits.f32").write_bytes(np.concatenate(rows).astype("<f4").tobytes())
    print(f"{options.golden}: {len(prompts)} prompts, {sum(len(r) for r in rows)} rows of {vocab}, "
          f"smallest greedy margin {min(margins)}")


if __name__ == "__main__":
    main()
