#!/usr/bin/env python3
"""Writes the seeds of fuzz_safetensors, fuzz_shard_index, fuzz_config and fuzz_import: small files as they should be."""
import json
import pathlib

SEEDS = pathlib.Path(__file__).resolve().parent / "seeds"


def write(target, name, content):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def safetensors(tensors, metadata=None):
    header, offset = ({"__metadata__": metadata} if metadata else {}), 0
    for name, dtype, shape, size in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + bytes(offset)


QUANTIZE = {"bits": 4, "group_size": 128, "damp_percent": 0.1, "desc_act": True, "static_groups": False, "sym": True,
            "true_sequential": True, "model_file_base_name": "model", "quant_method": "gptq",
            "checkpoint_format": "gptq", "is_marlin_format": False, "lm_head": False, "dynamic": None,
            "pack_dtype": "int32"}
CONFIG = {"architectures": ["MistralForCausalLM"], "model_type": "mistral", "bos_token_id": 1, "eos_token_id": 2,
          "hidden_act": "silu", "hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2,
          "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 64, "vocab_size": 1000,
          "max_position_embeddings": 32768, "rms_norm_eps": 1e-05, "rope_theta": 1000000.0, "sliding_window": None,
          "tie_word_embeddings": False, "torch_dtype": "float16"}
GENERATION = {"bos_token_id": 1, "eos_token_id": [2, 5], "temperature": 0.7, "top_p": 0.9, "top_k": 40,
              "repetition_penalty": 1.1}

EXPORTS = pathlib.Path(__file__).resolve().parent.parent / "core" / "exchange" / "files"
OWN = {"format": "tramontane-conversations", "version": 1, "conversations": [
    {"title": "Wind", "title_is_manual": True, "created_at": 1, "updated_at": 2, "pinned_at": 3, "archived_at": None,
     "system_prompt": None, "settings": "{}", "draft": "d", "shown": 2, "messages": [
         {"id": 1, "parent": None, "role": "user", "status": "complete", "created_at": 1, "text": "q", "error": "",
          "figures": None},
         {"id": 2, "parent": 1, "role": "assistant", "status": "failed", "created_at": 2, "text": "**a**", "error": "e",
          "figures": {"prompt_tokens": 1, "new_tokens": 2, "time_to_first_token_ms": 0.5, "tokens_per_second": 3,
                      "finish_reason": "stop", "device": "CPU", "model": "m", "model_fingerprint": "f", "seed": 7,
                      "sampling": "{}"}}]}]}

if __name__ == "__main__":
    write("fuzz_safetensors", "empty", safetensors([]))
    write("fuzz_safetensors", "linear", safetensors(
        [("m.qweight", "I32", [1, 8], 32), ("m.qzeros", "I32", [1, 1], 4), ("m.scales", "F16", [1, 8], 16),
         ("m.g_idx", "I32", [8], 32), ("m.bias", "BF16", [8], 16)], {"format": "pt"}))
    write("fuzz_safetensors", "odd", safetensors(
        [("é\\\"", "U8", [], 1), ("b", "BOOL", [1, 1, 3], 3), ("d", "F64", [2], 16), ("z", "I64", [0, 9], 0)]))
    write("fuzz_shard_index", "two", json.dumps(
        {"metadata": {"total_size": 12}, "weight_map": {"a": "model-00001-of-00002.safetensors",
                                                        "b": "model-00002-of-00002.safetensors"}}).encode())
    dumps = lambda value: json.dumps(value).encode()
    newer = {key: value for key, value in CONFIG.items() if key not in ("rope_theta", "head_dim", "torch_dtype")}
    newer |= {"rope_parameters": {"rope_theta": 1e6, "rope_type": "default"}, "dtype": "bfloat16",
              "quantization_config": QUANTIZE, "num_key_value_heads": None, "sliding_window": 4096}
    write("fuzz_config", "three_files", b"\0".join(map(dumps, (CONFIG, QUANTIZE, GENERATION))))
    write("fuzz_config", "one_file", dumps(newer))
    write("fuzz_config", "both", b"\0".join(map(dumps, (newer | {"rope_scaling": None}, QUANTIZE))))
    write("fuzz_import", "own", dumps(OWN))
    for export in ("chatgpt", "open_webui"):
        write("fuzz_import", export, dumps(json.loads((EXPORTS / f"{export}.json").read_text())))
