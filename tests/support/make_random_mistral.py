#!/usr/bin/env python3
"""A shape in, a folder with a random GPTQ Mistral of that shape out, for benches and for tests at full size.

Needs numpy alone and writes tensor by tensor: the 4.2 GB of Mistral-7B-v0.3 in the time the disk takes. The
four-bit values are bell-shaped around their zero and the scales fall with the layer's width, as in quantized
models, so that activations keep their size through all layers and logits are finite and spread.

    make_random_mistral.py --out /tmp/mistral-7b --act-order --tokenizer tokenizer.model
"""
import argparse
import json
import pathlib
import shutil
import sys
import time

import numpy as np

PRESETS = {
    # hidden, intermediate, layers, heads, kv heads, head_dim, vocab, rope_theta, sliding window
    "mistral-7b-v0.3": (4096, 14336, 32, 32, 8, 128, 32768, 1e6, None),
    "mistral-7b-v0.2": (4096, 14336, 32, 32, 8, 128, 32000, 1e6, None),
    "mistral-7b-v0.1": (4096, 14336, 32, 32, 8, 128, 32000, 1e4, 4096),
    "small": (512, 1536, 4, 8, 2, 64, 1024, 1e4, None),
}
QUANT_DEVIATION = 2.6  # of the four-bit values around their zero
POOL = 1 << 24         # bytes of random words; each tensor reads them from its own place on


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--preset", choices=PRESETS, default="mistral-7b-v0.3")
    for name in ("hidden", "intermediate", "layers", "heads", "kv-heads", "head-dim", "vocab"):
        parser.add_argument("--" + name, type=int)
    parser.add_argument("--positions", type=int, default=32768)
    parser.add_argument("--group-size", type=int, default=128, choices=(32, 64, 128, -1))
    parser.add_argument("--act-order", action="store_true", help="scatter the groups (desc_act true)")
    parser.add_argument("--asymmetric", action="store_true")
    parser.add_argument("--format", choices=("gptq", "gptq_v2"), default="gptq")
    parser.add_argument("--bias", action="store_true")
    parser.add_argument("--dense", choices=("F16", "BF16"), default="F16")
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--tokenizer", type=pathlib.Path, help="copied to tokenizer.model")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


class Maker:
    def __init__(self, options):
        self.options = options
        self.random = np.random.Generator(np.random.SFC64(options.seed))
        # Two bell-shaped four-bit values a byte, by a table over all 16-bit numbers.
        def nibbles(center, deviation):
            edges = np.clip(np.rint(center + deviation * self.random.standard_normal(65536)), 0, 15)
            return edges.astype(np.uint8)
        draw = lambda center, deviation, count: (
            nibbles(center, deviation)[self.random.integers(0, 65536, count, dtype=np.uint16)]
            | nibbles(center, deviation)[self.random.integers(0, 65536, count, dtype=np.uint16)] << 4)
        self.quants = draw(8, QUANT_DEVIATION, POOL)
        stored = 8 if options.format == "gptq_v2" else 7
        self.zeros = draw(stored, 1.5, POOL >> 4) if options.asymmetric else np.full(POOL >> 4, stored * 17, np.uint8)
        self.normals = self.random.standard_normal(POOL >> 2, dtype=np.float32)
        self.spreads = np.exp(0.3 * self.normals)

    def pieces(self, pool, count):
        """`count` elements of the pool from a random place on, around its end as often as it takes."""
        start = int(self.random.integers(0, len(pool)))
        while count > 0:
            piece = pool[start:start + count]
            yield piece
            count -= len(piece)
            start = 0

    def floats(self, dtype, values):
        if dtype == "F16":
            return values.astype(np.float16)
        bits = values.astype(np.float32).view(np.uint32)
        return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)

    def dense(self, count, mean, deviation):
        return (self.floats(self.options.dense, mean + deviation * piece) for piece in self.pieces(self.normals, count))

    def scales(self, count, scale):
        return (self.floats("F16", scale * piece) for piece in self.pieces(self.spreads, count))


def plan(options, maker):
    """Every tensor as (name, dtype, shape, function that yields its arrays)."""
    o = options
    vocab, hidden = o.vocab, o.hidden
    queries, keys = o.heads * o.head_dim, o.kv_heads * o.head_dim
    norm = lambda name: (name, o.dense, (hidden,), lambda: maker.dense(hidden, 1, 0.1))
    yield ("model.embed_tokens.weight", o.dense, (vocab, hidden), lambda: maker.dense(vocab * hidden, 0, 1))
    for layer in range(o.layers):
        prefix = f"model.layers.{layer}."
        yield norm(prefix + "input_layernorm.weight")
        yield norm(prefix + "post_attention_layernorm.weight")
        order = None
        for name, inputs, outputs, new_order in (
                ("self_attn.q_proj", hidden, queries, True), ("self_attn.k_proj", hidden, keys, False),
                ("self_attn.v_proj", hidden, keys, False), ("self_attn.o_proj", queries, hidden, True),
                ("mlp.gate_proj", hidden, o.intermediate, True), ("mlp.up_proj", hidden, o.intermediate, False),
                ("mlp.down_proj", o.intermediate, hidden, True)):
            rows = inputs if o.group_size == -1 else o.group_size
            groups = inputs // rows
            if new_order:  # linears that share their inputs share their order
                order = maker.random.permutation(inputs) if o.act_order else np.arange(inputs)
            index = np.empty(inputs, np.int32)
            index[order] = np.arange(inputs, dtype=np.int32) // rows
            scale = 1 / inputs ** 0.5 / QUANT_DEVIATION
            yield (prefix + name + ".g_idx", "I32", (inputs,), lambda index=index: [index])
            if o.bias:
                yield (prefix + name + ".bias", "F16", (outputs,),
                       lambda n=outputs: (maker.floats("F16", 0.1 * p) for p in maker.pieces(maker.normals, n)))
            yield (prefix + name + ".qweight", "I32", (inputs // 8, outputs),
                   lambda n=inputs * outputs // 2: maker.pieces(maker.quants, n))
            yield (prefix + name + ".qzeros", "I32", (groups, outputs // 8),
                   lambda n=groups * outputs // 2: maker.pieces(maker.zeros, n))
            yield (prefix + name + ".scales", "F16", (groups, outputs),
                   lambda n=groups * outputs, s=scale: maker.scales(n, s))
    yield norm("model.norm.weight")
    yield ("lm_head.weight", o.dense, (vocab, hidden), lambda: maker.dense(vocab * hidden, 0, 2 / hidden ** 0.5))


def write_file(path, tensors):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, dtype, shape, _ in tensors:
        size = int(np.prod(shape)) * {"I32": 4, "F16": 2, "BF16": 2}[dtype]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for name, _, _, arrays in tensors:
            for array in arrays():
                file.write(memoryview(np.ascontiguousarray(array)).cast("B"))
        if file.tell() != 8 + len(text) + offset:
            sys.exit(f"{path} has {file.tell()} bytes, expected {8 + len(text) + offset}")
    return offset


def main():
    options = arguments()
    preset = PRESETS[options.preset]
    for name, value in zip(("hidden", "intermediate", "layers", "heads", "kv_heads", "head_dim", "vocab"), preset):
        if getattr(options, name) is None:
            setattr(options, name, value)
    began = time.monotonic()
    maker = Maker(options)
    tensors = list(plan(options, maker))
    out = options.out
    out.mkdir(parents=True, exist_ok=True)

    total = 0
    if options.shards == 1:
        total = write_file(out / "model.safetensors", tensors)
    else:
        weight_map = {}
        for shard in range(options.shards):
            name = f"model-{shard + 1:05d}-of-{options.shards:05d}.safetensors"
            part = tensors[len(tensors) * shard // options.shards:len(tensors) * (shard + 1) // options.shards]
            total += write_file(out / name, part)
            weight_map.update({tensor[0]: name for tensor in part})
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        (out / "model.safetensors.index.json").write_text(json.dumps(index, indent=2))

    quantization = {"bits": 4, "checkpoint_format": options.format, "damp_percent": 0.1,
                    "desc_act": options.act_order, "group_size": options.group_size, "model_file_base_name": "model",
                    "quant_method": "gptq", "static_groups": False, "sym": not options.asymmetric,
                    "true_sequential": True}
    config = {"architectures": ["MistralForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 1,
              "eos_token_id": 2, "head_dim": options.head_dim, "hidden_act": "silu", "hidden_size": options.hidden,
              "initializer_range": 0.02, "intermediate_size": options.intermediate,
              "max_position_embeddings": options.positions, "model_type": "mistral",
              "num_attention_heads": options.heads, "num_hidden_layers": options.layers,
              "num_key_value_heads": options.kv_heads, "quantization_config": quantization, "rms_norm_eps": 1e-05,
              "rope_theta": preset[7], "sliding_window": preset[8], "tie_word_embeddings": False,
              "torch_dtype": "float16" if options.dense == "F16" else "bfloat16", "use_cache": True,
              "vocab_size": options.vocab}
    (out / "config.json").write_text(json.dumps(config, indent=2))
    (out / "quantize_config.json").write_text(json.dumps(quantization, indent=2))
    (out / "generation_config.json").write_text(json.dumps({"bos_token_id": 1, "eos_token_id": 2}, indent=2))
    if options.tokenizer:
        shutil.copyfile(options.tokenizer, out / "tokenizer.model")
    print(f"{out}: {len(tensors)} tensors, {total / 1e9:.2f} GB, {time.monotonic() - began:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
