"""Everything at once: text, tokenizer, training, GPTQ, scores. Needs PyTorch, safetensors and sentencepiece.

Usage: build.py OUT_FOLDER SECONDS [--miniature]   (SECONDS: how long to train; the shipped model took one H200)
Out: OUT/model.safetensors and its JSON files and tokenizer.model, OUT/full-*.safetensors (unquantized f16).
The same weights are quantized with more and more calibration rows; each result goes to OUT/ROWS, and the one whose
answers to fresh questions are most often those of the unquantized model becomes OUT's. The key has no say in it.
"""
import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import sentencepiece as spm
import torch
from safetensors.torch import save_file

import evaluate
import gptq
import layout
from dialogs import Writer
from model import Mistral
from packing import Encoder, rows
from shape import BUILT_IN, MINIATURE

HERE = Path(__file__).resolve().parent
CALIBRATION_ROWS = (256, 512, 1024, 2048)
FRESH_QUESTIONS = 1000


def call(*arguments) -> None:
    subprocess.run([sys.executable, *map(str, arguments)], check=True)


def report(name: str, model: Mistral, tokenizer: Path, out: Path, scores: dict) -> None:
    sp = spm.SentencePieceProcessor(model_file=str(tokenizer))
    entry = {"loss": evaluate.held_out_loss(model, str(tokenizer))}
    if evaluate.QUESTIONS.exists():
        questions = json.loads(evaluate.QUESTIONS.read_text(encoding="utf-8"))["questions"]
        result = evaluate.score(model, sp, questions)
        entry |= {"right": result["right"], "total": result["total"], "kinds": result["kinds"]}
    scores[name] = entry
    print(name, json.dumps(entry), flush=True)


def answers_to_fresh(model: Mistral, tokenizer: Path, count: int) -> list:
    """Greedy answers to the first questions of dialogs that neither training nor calibration drew."""
    writer, sp, questions = Writer(31337), spm.SentencePieceProcessor(model_file=str(tokenizer)), []
    while len(questions) < count:
        dialog = writer.dialog()
        if not dialog.system:
            questions.append([dialog.turns[0][0]])
    return [a for start in range(0, count, 500) for a in evaluate.ask(model, sp, questions[start:start + 500])]


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("out", type=Path)
    arguments.add_argument("seconds", type=float)
    arguments.add_argument("--workers", default="14")
    arguments.add_argument("--rows", default="64")
    arguments.add_argument("--seed", default="100")
    arguments.add_argument("--miniature", action="store_true")
    a = arguments.parse_args()
    started = time.time()
    shape = MINIATURE if a.miniature else BUILT_IN
    device = "cuda" if torch.cuda.is_available() else "cpu"
    a.out.mkdir(parents=True, exist_ok=True)
    work = Path("/tmp") / f"built-in-{started:.0f}"
    work.mkdir()
    tokenizer = work / "tokenizer.model"
    call(HERE / "packing.py", "--text", work / "text.txt", 77, 40000)
    call(HERE / "train_tokenizer.py", work / "text.txt", tokenizer)
    print(f"tokenizer after {time.time() - started:.0f} s", flush=True)
    call(HERE / "train.py", work / "weights.pt", tokenizer, a.seconds, "--workers", a.workers, "--rows", a.rows, "--seed", a.seed,
         *(["--miniature"] if a.miniature else []))
    print(f"trained after {time.time() - started:.0f} s", flush=True)

    state = torch.load(work / "weights.pt")
    # Four files of the unquantized weights, to score and compare with later.
    names, parts = sorted(state, key=lambda k: -state[k].numel()), [{}, {}, {}, {}]
    for name in names:
        smallest = min(parts, key=lambda p: sum(t.numel() for t in p.values()))
        smallest[name] = state[name].contiguous()
    for number, part in enumerate(parts):
        save_file(part, str(a.out / f"full-{number}.safetensors"), metadata={"format": "pt"})

    model = Mistral(shape)
    model.load_state_dict({k: v.float() for k, v in state.items()})
    model = model.eval().to(device)
    scores = {}
    report("full", model, tokenizer, a.out, scores)
    fresh = 20 if a.miniature else FRESH_QUESTIONS
    wanted = answers_to_fresh(model, tokenizer, fresh)
    counts = (8, 16) if a.miniature else CALIBRATION_ROWS
    ids, _ = rows(Writer(4242), Encoder(str(tokenizer)), max(counts), shape.context)
    ids = torch.from_numpy(ids.astype("int64"))
    best = (-1, 0)
    for count in counts:
        model.load_state_dict({k: v.float() for k, v in state.items()})
        tensors = gptq.quantize_model(model, [ids[i:i + 8] for i in range(0, count, 8)], log=lambda text: None)
        layout.write_folder(a.out / str(count), shape, tensors, tokenizer)
        name = f"4-bit, {count} rows"
        report(name, model, tokenizer, a.out, scores)
        same = sum(x == y for x, y in zip(wanted, answers_to_fresh(model, tokenizer, fresh)))
        scores[name]["same answers"] = [same, fresh]
        best = max(best, (same, count))
        print(f"{name}: {same} of {fresh} answers as unquantized, after {time.time() - started:.0f} s", flush=True)
    for path in (a.out / str(best[1])).iterdir():
        shutil.copy(path, a.out / path.name)
    scores["chosen"] = f"4-bit, {best[1]} rows"
    (a.out / "scores.json").write_text(json.dumps(scores, indent=1, ensure_ascii=False) + "\n")
    print(f"done after {time.time() - started:.0f} s, chosen: {scores['chosen']}", flush=True)


if __name__ == "__main__":
    main()
