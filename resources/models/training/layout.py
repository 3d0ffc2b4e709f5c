"""Tensors in, the shipped folder out: GPTQ packing (format v1, symmetric), config.json, quantize_config.json.

| tensor  | dtype, shape        | meaning                                                          |
| qweight | I32, K/8 x N        | 8 consecutive input rows a word, row 8i+j at bits 4j..4j+3        |
| qzeros  | I32, K/group x N/8  | zero - 1 = 7 in every nibble                                      |
| scales  | F16, K/group x N    |                                                                  |
| g_idx   | I32, K              | the group of each input row                                      |
"""
import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from shape import BOS, EOS, LINEARS, Shape


def pack_rows(q: torch.Tensor) -> torch.Tensor:
    """(K, N) values 0..15 -> (K/8, N) I32."""
    q = q.cpu().numpy().astype(np.uint32)
    words = np.zeros((q.shape[0] // 8, q.shape[1]), np.uint32)
    for j in range(8):
        words |= q[j::8] << np.uint32(4 * j)
    return torch.from_numpy(words.view(np.int32).copy())


def unpack_rows(words: torch.Tensor) -> torch.Tensor:
    w = words.numpy().view(np.uint32)
    q = np.stack([(w >> np.uint32(4 * j)) & np.uint32(15) for j in range(8)], axis=1)
    return torch.from_numpy(q.reshape(-1, w.shape[1]).astype(np.int64))


def linear_tensors(name: str, q, scales, g_idx) -> dict:
    groups, n = scales.shape
    return {
        f"{name}.qweight": pack_rows(q),
        f"{name}.qzeros": torch.full((groups, n // 8), 0x77777777, dtype=torch.int32),
        f"{name}.scales": scales.to(torch.float16).cpu().contiguous(),
        f"{name}.g_idx": g_idx.to(torch.int32).cpu().contiguous(),
    }


def dequantize(tensors: dict, name: str) -> torch.Tensor:
    """(N, K) f32: W[k][n] = (q[k][n] - 8) * scale[g_idx[k]][n], turned the way nn.Linear wants it."""
    q = unpack_rows(tensors[f"{name}.qweight"])
    scales = tensors[f"{name}.scales"].float()[tensors[f"{name}.g_idx"].long()]
    return ((q.float() - 8.0) * scales).t().contiguous()


def config(s: Shape) -> dict:
    return {
        "architectures": ["MistralForCausalLM"], "model_type": "mistral",
        "vocab_size": s.vocab, "hidden_size": s.hidden, "intermediate_size": s.intermediate,
        "num_hidden_layers": s.layers, "num_attention_heads": s.heads, "num_key_value_heads": s.kv_heads,
        "head_dim": s.head_dim, "hidden_act": "silu", "max_position_embeddings": s.context,
        "rope_theta": s.rope_theta, "rms_norm_eps": s.norm_eps, "sliding_window": None,
        "tie_word_embeddings": False, "attention_dropout": 0.0, "initializer_range": 0.02,
        "bos_token_id": BOS, "eos_token_id": EOS, "torch_dtype": "float16", "use_cache": True,
    }


def quantization(s: Shape) -> dict:
    return {"bits": 4, "group_size": s.group, "desc_act": True, "sym": True, "lm_head": False,
            "damp_percent": 0.01, "true_sequential": True, "static_groups": False,
            "quant_method": "gptq", "checkpoint_format": "gptq"}


def write_folder(folder: Path, s: Shape, tensors: dict, tokenizer: Path) -> int:
    """Writes every file of the folder but its README and returns the bytes written."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: tensors[k].contiguous() for k in sorted(tensors)}, str(folder / "model.safetensors"),
              metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)

    def put(name: str, value: dict):
        (folder / name).write_text(json.dumps(value, indent=2) + "\n")

    put("config.json", config(s) | {"quantization_config": quantization(s)})
    put("quantize_config.json", quantization(s))
    put("generation_config.json", {"bos_token_id": BOS, "eos_token_id": EOS, "temperature": 0.2})
    put("tokenizer_config.json", {"add_bos_token": True, "add_eos_token": False, "bos_token": "<s>",
                                  "eos_token": "</s>", "unk_token": "<unk>", "model_max_length": s.context,
                                  "tokenizer_class": "LlamaTokenizer", "legacy": True,
                                  "clean_up_tokenization_spaces": False})
    (folder / "tokenizer.model").write_bytes(Path(tokenizer).read_bytes())
    return sum(f.stat().st_size for f in folder.iterdir())


def read_shape(folder: Path) -> Shape:
    c = json.loads((Path(folder) / "config.json").read_text())
    return Shape(c["vocab_size"], c["hidden_size"], c["intermediate_size"], c["num_hidden_layers"],
                 c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"],
                 c["max_position_embeddings"], c["rope_theta"], c["rms_norm_eps"])


def read_folder(folder: Path) -> tuple[Shape, dict]:
    """The shape and a state dict in f32 for model.Mistral, from a quantized or an unquantized folder."""
    s, raw = read_shape(folder), {}
    for path in sorted(Path(folder).glob("*.safetensors")):
        with safe_open(str(path), "pt") as f:
            for key in f.keys():
                raw[key] = f.get_tensor(key)
    state = {k: v.float() for k, v in raw.items() if k.endswith(("norm.weight", "embed_tokens.weight",
                                                                "lm_head.weight"))}
    for i in range(s.layers):
        for part in LINEARS:
            name = f"model.layers.{i}.{part}"
            quantized = f"{name}.qweight" in raw
            state[f"{name}.weight"] = dequantize(raw, name) if quantized else raw[f"{name}.weight"].float()
    return s, state
