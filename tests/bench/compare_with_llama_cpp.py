#!/usr/bin/env python3
"""Tramontane and llama.cpp side by side on the processor: the same shapes, the same machine, in turns.

The rival: llama.cpp as the newest `llama-cpp-python` source package carries it (vendor/llama.cpp), its llama-bench built
twice with GCC, Release:

    cmake -DGGML_NATIVE=ON …                                                              (with AMX)
    cmake -DGGML_NATIVE=OFF -DGGML_AVX=ON -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON -DGGML_SSE42=ON
          -DGGML_AVX512=ON -DGGML_AVX512_VBMI=ON -DGGML_AVX512_VNNI=ON -DGGML_AVX512_BF16=ON …          (without)

both with -DBUILD_SHARED_LIBS=OFF -DLLAMA_CURL=OFF. GCC 12 needs `asm volatile("" : : "m"(tc));` before the
_tile_loadconfig of ggml-cpu/amx/mmq.cpp: its intrinsic is said to read 8 bytes, the rest of the configuration is dropped,
and the program ends with an illegal instruction. Its model: make_random_gguf.py; ours: tests/support/make_random_mistral.py
--act-order. Its flash attention is off, which is faster on a processor (at a depth of 4,096 seven times).

    compare_with_llama_cpp.py --program build/bin/tramontane-cli --model DIR --gguf FILE \\
        --rival AMX/bin/llama-bench --rival-without-amx PLAIN/bin/llama-bench [--rounds 3]

Standard library only.
"""
import argparse
import json
import os
import statistics
import subprocess

DECODE_DEPTHS, PROMPTS, NEW_TOKENS = (64, 4096), (128, 512), 16


def ours(arguments, instruction_set, kind, count):
    command = [arguments.program, "bench", "--device", "cpu", "--threads", str(arguments.threads), "--model", arguments.model,
               "--repeat", "1", "--json"]
    if kind == "prefill":
        command += ["--prompt-tokens", str(count), "--new-tokens", "1", "--context", "1024"]
    else:
        command += ["--prompt-tokens", "16", "--new-tokens", str(NEW_TOKENS), "--depth", str(count), "--context", str(count + 256)]
    environment = dict(os.environ)
    if instruction_set:
        environment["TRAMONTANE_INSTRUCTION_SET"] = instruction_set
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    row = json.loads(output)[kind][0]
    return row["tokens_per_second"]["median"], row.get("bandwidth_share")


def theirs(arguments, program, kind, count):
    command = [program, "-m", arguments.gguf, "-t", str(arguments.threads), "-r", "1", "-o", "json", *arguments.rival_flags.split()]
    command += ["-p", str(count), "-n", "0"] if kind == "prefill" else ["-p", "0", "-n", str(NEW_TOKENS), "-d", str(count)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output)[0]["avg_ts"]


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--gguf", required=True)
    parser.add_argument("--rival", required=True)
    parser.add_argument("--rival-without-amx", required=True)
    parser.add_argument("--rival-flags", default="-fa 0")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="a part of the names of the rows wanted")
    arguments = parser.parse_args()

    amx, plain = arguments.rival, arguments.rival_without_amx
    rows = [(f"decode, depth {depth}", "decode", depth, None, amx) for depth in DECODE_DEPTHS]
    rows += [(f"prefill {count}, AMX on both sides", "prefill", count, None, amx) for count in PROMPTS]
    rows += [(f"prefill {count}, rival without AMX", "prefill", count, None, plain) for count in PROMPTS]
    rows += [("prefill 128, both without AMX", "prefill", 128, "avx512", plain)]
    print("| | ours, tokens/s | llama.cpp | ratio | share of memory |\n| --- | --- | --- | --- | --- |")
    for name, kind, count, instruction_set, rival in rows:
        if arguments.only not in name:
            continue
        mine, other, shares = [], [], []
        for _ in range(arguments.rounds):
            speed, share = ours(arguments, instruction_set, kind, count)
            mine.append(speed)
            shares.append(share)
            other.append(theirs(arguments, rival, kind, count))
        ratios = sorted(m / o for m, o in zip(mine, other))
        share = f"{statistics.median(shares):.0%}" if kind == "decode" else ""
        print(f"| {name} | {spread(mine)} | {spread(other)} | {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) | {share} |",
              flush=True)


if __name__ == "__main__":
    main()
