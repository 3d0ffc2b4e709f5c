#!/usr/bin/env python3
"""The shapes of Mistral-7B-v0.3 in, a GGUF file with random weights of them out: what a rival is timed with.

The layers are Q4_0, the head Q6_K, as llama.cpp's own quantizer leaves them with the type Q4_0; norms are f32. Values are
random with realistic scales, so that activations keep their size. Needs the packages numpy and gguf.

    make_random_gguf.py --out mistral-7b-q4_0.gguf --tokenizer tokenizer.model
"""
import argparse

import gguf
import numpy as np

HIDDEN, INTERMEDIATE, LAYERS, HEADS, KV_HEADS, HEAD_DIM, VOCAB = 4096, 14336, 32, 32, 8, 128, 32768


def half_bytes(values):
    return np.asarray(values, np.float16).view(np.uint8).reshape(-1, 2)


def q4_0(random, rows, columns):
    """Blocks of 32: an f16 scale, 32 values of 4 bits with their zero at 8."""
    blocks = rows * columns // 32
    data = random.integers(0, 256, (blocks, 18), np.uint8)
    data[:, :2] = half_bytes(random.uniform(0.8, 1.2, blocks) / (4.6 * np.sqrt(columns)))
    return data.reshape(rows, columns // 32 * 18)


def q6_k(random, rows, columns):
    """Blocks of 256: 192 bytes of values, 16 scales of 8 bits, an f16 scale of the scales."""
    blocks = rows * columns // 256
    data = random.integers(0, 256, (blocks, 210), np.uint8)
    data[:, 192:208] = random.integers(40, 80, (blocks, 16), np.uint8)
    data[:, 208:] = half_bytes(np.full(blocks, 1 / (18 * 60 * np.sqrt(columns))))
    return data.reshape(rows, columns // 256 * 210)


def add_vocabulary(writer, path):
    from sentencepiece import SentencePieceProcessor

    pieces = SentencePieceProcessor(model_file=path)
    types = []
    for i in range(VOCAB):
        kind = gguf.TokenType.NORMAL
        if pieces.is_unknown(i):
            kind = gguf.TokenType.UNKNOWN
        elif pieces.is_control(i):
            kind = gguf.TokenType.CONTROL
        elif pieces.is_byte(i):
            kind = gguf.TokenType.BYTE
        types.append(kind)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([pieces.id_to_piece(i) for i in range(VOCAB)])
    writer.add_token_scores([pieces.get_score(i) for i in range(VOCAB)])
    writer.add_token_types(types)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--tokenizer", required=True, help="Mistral's tokenizer.model (v3)")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)

    writer = gguf.GGUFWriter(arguments.out, "llama")
    writer.add_context_length(32768)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INTERMEDIATE)
    writer.add_rope_dimension_count(HEAD_DIM)
    writer.add_rope_freq_base(1e6)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(VOCAB)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0)
    add_vocabulary(writer, arguments.tokenizer)

    def add(name, rows, columns, make=q4_0, kind=gguf.GGMLQuantizationType.Q4_0):
        writer.add_tensor(name, make(random, rows, columns), raw_dtype=kind)

    def add_norm(name):
        writer.add_tensor(name, random.uniform(0.9, 1.1, HIDDEN).astype(np.float32))

    add("token_embd.weight", VOCAB, HIDDEN)
    add_norm("output_norm.weight")
    add("output.weight", VOCAB, HIDDEN, q6_k, gguf.GGMLQuantizationType.Q6_K)
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        add_norm(block + "attn_norm.weight")
        add_norm(block + "ffn_norm.weight")
        add(block + "attn_q.weight", HEADS * HEAD_DIM, HIDDEN)
        add(block + "attn_k.weight", KV_HEADS * HEAD_DIM, HIDDEN)
        add(block + "attn_v.weight", KV_HEADS * HEAD_DIM, HIDDEN)
        add(block + "attn_output.weight", HIDDEN, HEADS * HEAD_DIM)
        add(block + "ffn_gate.weight", INTERMEDIATE, HIDDEN)
        add(block + "ffn_up.weight", INTERMEDIATE, HIDDEN)
        add(block + "ffn_down.weight", HIDDEN, INTERMEDIATE)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
