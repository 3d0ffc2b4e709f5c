#!/usr/bin/env python3
"""How much of its speed a model keeps while something else keeps one core busy.

Runs `tramontane-cli bench` undisturbed and with a busy loop pinned to the last core, in turns, and prints the medians and
their ratio. Standard library only.

    with_other_work.py --program build/bin/tramontane-cli [--model DIR] [--threads 2] [--rounds 5]
"""
import argparse
import json
import os
import statistics
import subprocess
import sys


def tokens_per_second(arguments):
    command = [arguments.program, "bench", "--device", "cpu", "--threads", str(arguments.threads), "--prompt-tokens", "16",
               "--new-tokens", str(arguments.new_tokens), "--repeat", "1", "--context", "1024", "--json"]
    if arguments.model:
        command += ["--model", arguments.model]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result["decode"][0]["tokens_per_second"]["median"]


def busy_loop(core):
    return subprocess.Popen([sys.executable, "-c", f"import os\nos.sched_setaffinity(0, {{{core}}})\nwhile True: pass"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--model", help="without it: the built-in one")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--new-tokens", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    alone, disturbed = [], []
    for _ in range(arguments.rounds):
        alone.append(tokens_per_second(arguments))
        other = busy_loop(max(os.sched_getaffinity(0)))
        try:
            disturbed.append(tokens_per_second(arguments))
        finally:
            other.kill()
            other.wait()
    a, d = statistics.median(alone), statistics.median(disturbed)
    print(f"alone {a:.2f} tokens/s ({min(alone):.2f} to {max(alone):.2f}), "
          f"beside a busy loop {d:.2f} ({min(disturbed):.2f} to {max(disturbed):.2f}): {d / a:.0%}")


if __name__ == "__main__":
    main()
