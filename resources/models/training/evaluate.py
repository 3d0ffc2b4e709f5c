"""A model folder and the written key in, the share of questions answered rightly out (greedy, as the window asks).

Usage: evaluate.py FOLDER [--questions FILE] [--report OUT.json] [--show] [--loss TOKENIZER]
"""
import argparse
import json
import re
from collections import Counter
from pathlib import Path

import sentencepiece as spm
import torch
import torch.nn.functional as F

import layout
from model import Mistral, rotary_tables
from packing import ANSWERED, Encoder, rows
from shape import BOS, END_INST, EOS, INST

QUESTIONS = Path(__file__).resolve().parents[3] / "tests" / "golden" / "guide_questions.json"
LONGEST = 400


@torch.no_grad()
def generate(model: Mistral, prompts: list, longest: int = LONGEST) -> list:
    """Greedy answers for many prompts at once: left-padded, with a KV cache."""
    s, device = model.s, next(model.parameters()).device
    width = max(map(len, prompts))
    ids = torch.full((len(prompts), width), EOS)
    valid = torch.ones(len(prompts), width + longest, dtype=torch.bool)
    for row, p in enumerate(prompts):
        ids[row, width - len(p):] = torch.tensor(p)
        valid[row, :width - len(p)] = False
    ids, valid = ids.to(device), valid.to(device)
    cos, sin = rotary_tables(s, device, width + longest)
    size = (len(prompts), s.kv_heads, width + longest, s.head_dim)
    keys = [torch.zeros(size, device=device) for _ in range(s.layers)]
    values = [torch.zeros(size, device=device) for _ in range(s.layers)]
    answers = [[] for _ in prompts]
    alive = list(range(len(prompts)))   # which prompt each row belongs to; rows that have ended are dropped in bulk
    running, at = [True] * len(prompts), 0
    while at < width + longest - 1 and alive:
        t = ids.shape[1]
        causal = torch.arange(at + t, device=device)[None, :] <= torch.arange(at, at + t, device=device)[:, None]
        mask = causal[None, None] & valid[:, None, None, :at + t]
        mask = mask | (~mask.any(-1, keepdim=True))   # a padding row attends anywhere, so that no NaN arises
        x = model.model.embed_tokens(ids)
        for number, layer in enumerate(model.model.layers):
            def attend(q, k, v, number=number):
                keys[number][:, :, at:at + t], values[number][:, :, at:at + t] = k, v
                return F.scaled_dot_product_attention(q, keys[number][:, :, :at + t], values[number][:, :, :at + t], mask, enable_gqa=True)
            x = layer(x, cos[at:at + t], sin[at:at + t], attend, 0.0)
        token = model.lm_head(model.model.norm(x[:, -1])).argmax(-1)
        at += t
        for row, chosen in enumerate(token.tolist()):
            running[row] = running[row] and chosen != EOS
            if running[row]:
                answers[alive[row]].append(chosen)
        if sum(running) <= 0.8 * len(running):
            going = [row for row, runs in enumerate(running) if runs]
            alive, running = [alive[row] for row in going], [True] * len(going)
            kept = torch.tensor(going, dtype=torch.long, device=device)
            token, valid = token[kept], valid[kept]
            keys, values = [k[kept] for k in keys], [v[kept] for v in values]
        ids = token[:, None]
    return answers


def ask(model: Mistral, sp, conversations: list) -> list:
    """conversations: lists of questions, answered in order. Returns all answers of each."""
    asked = [[BOS] for _ in conversations]
    answers = [[] for _ in conversations]
    for turn in range(max(map(len, conversations))):
        rows_now = [i for i, c in enumerate(conversations) if turn < len(c)]
        for i in rows_now:
            asked[i] += [INST, *sp.encode(conversations[i][turn]), END_INST]
        for i, ids in zip(rows_now, generate(model, [asked[i] for i in rows_now])):
            asked[i] += ids + [EOS]
            answers[i].append(sp.decode(ids))
    return answers


def holds(answer: str, alternative: str) -> bool:
    if alternative.startswith("re:"):
        return re.search(alternative[3:], answer) is not None
    return alternative.lower() in answer


def passes(answer: str, question: dict) -> bool:
    answer = answer.lower()
    return all(any(holds(answer, alternative) for alternative in group) for group in question.get("all", [])) and \
        not any(holds(answer, alternative) for alternative in question.get("none", []))


def score(model: Mistral, sp, questions: list) -> dict:
    answers = ask(model, sp, [q["turns"] for q in questions])
    right, total, failed = Counter(), Counter(), []
    for q, a in zip(questions, answers):
        total[q["kind"]] += 1
        if passes(a[-1], q):
            right[q["kind"]] += 1
        else:
            failed.append({"id": q["id"], "kind": q["kind"], "turns": q["turns"], "answer": a[-1]})
    return {"right": sum(right.values()), "total": len(questions), "kinds": {k: [right[k], total[k]] for k in sorted(total)}, "failed": failed}


def phrasing_score(model: Mistral, sp, seed: int = 5, rounds: int = 3) -> float:
    """The share of phrasings kept out of training (train.py --part train) that get an answer of their intent."""
    import random
    import intents
    rng = random.Random(seed)
    found, grammar = intents.read_all(part="test")
    asked = [(grammar.expand(q, rng), set(i.answers)) for i in found for q in i.questions for _ in range(rounds)]
    answers = ask(model, sp, [[q] for q, _ in asked])
    return sum(a[0].strip() in known for a, (_, known) in zip(answers, asked)) / len(asked)


@torch.no_grad()
def held_out_loss(model: Mistral, tokenizer: str, seed: int = 987654321, count: int = 64) -> float:
    """Mean loss of answer tokens in fresh dialogs that training never drew (rows start with one dialog each)."""
    from dialogs import Writer
    device = next(model.parameters()).device
    ids, weights = (torch.from_numpy(x.astype("int64")).to(device) for x in rows(Writer(seed), Encoder(tokenizer), count, model.s.context, dropout=False))
    total, number = 0.0, 0
    for start in range(0, count, 8):
        part, weight = ids[start:start + 8], weights[start:start + 8]
        documents = (part == BOS).cumsum(1)
        t = part.shape[1]
        mask = ((documents[:, :, None] == documents[:, None, :]) & torch.ones(t, t, dtype=torch.bool, device=device).tril())[:, None]
        logits = model.logits(part, lambda q, k, v: F.scaled_dot_product_attention(q, k, v, mask, enable_gqa=True))[:, :-1]
        each = F.cross_entropy(logits.flatten(0, 1), part[:, 1:].flatten(), reduction="none")
        answered = weight[:, 1:].flatten() == ANSWERED
        total += each[answered].sum().item()
        number += answered.sum().item()
    return total / number


def load(folder: Path) -> Mistral:
    shape, state = layout.read_folder(folder)
    model = Mistral(shape)
    model.load_state_dict(state)
    return model.eval().to("cuda" if torch.cuda.is_available() else "cpu")


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--questions", type=Path, default=QUESTIONS)
    arguments.add_argument("--report", type=Path)
    arguments.add_argument("--show", action="store_true", help="print what it answered wrongly")
    arguments.add_argument("--loss", action="store_true", help="also the loss on dialogs never trained on")
    a = arguments.parse_args()
    model = load(a.folder)
    sp = spm.SentencePieceProcessor(model_file=str(a.folder / "tokenizer.model"))
    result = score(model, sp, json.loads(a.questions.read_text(encoding="utf-8"))["questions"])
    print(f"{result['right']} of {result['total']} right ({100 * result['right'] / result['total']:.1f} %)")
    print("; ".join(f"{kind} {r}/{t}" for kind, (r, t) in result["kinds"].items()))
    if a.loss:
        print(f"held-out loss {held_out_loss(model, str(a.folder / 'tokenizer.model')):.4f}")
    if a.show:
        for f in result["failed"]:
            print(json.dumps(f, ensure_ascii=False))
    if a.report:
        a.report.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
