"""A tokenizer and endless dialogs in, trained weights out: one GPU, a fixed time, a schedule that ends with it.

Usage: train.py OUT.pt TOKENIZER SECONDS [--rows N] [--workers N] [--miniature]
"""
import argparse
import math
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from model import Mistral, rotary_tables
from optimizer import Muon
from packing import ANSWERED, ASKED
from shape import BOS, BUILT_IN, MINIATURE


class Supply:
    """Rows that other processes write, each used once while there are new ones, then again at random."""

    def __init__(self, tokenizer: str, workers: int, shards: int, rows_each: int, seed: int, text: list):
        self.folder = Path(tempfile.mkdtemp(prefix="rows-"))
        self.processes = [subprocess.Popen([sys.executable, str(Path(__file__).parent / "packing.py"), str(self.folder), tokenizer,
                                            str(seed + w), str(shards), str(rows_each), *text]) for w in range(workers)]
        self.used, self.fresh, self.seen = [], [], set()
        self.random = np.random.default_rng(seed)

    def poll(self) -> None:
        for path in sorted(self.folder.glob("*.npy")):
            if path.name not in self.seen and not path.name.endswith(".part.npy"):
                self.seen.add(path.name)
                both = np.load(path)
                path.unlink()
                self.fresh += list(np.moveaxis(both, 0, 1))

    def batch(self, count: int) -> torch.Tensor:
        """(2, count, T) ids and weights."""
        if len(self.fresh) < count:
            self.poll()
            while len(self.fresh) < count and not self.used:
                time.sleep(0.2)
                self.poll()
            self.random.shuffle(self.fresh)
        chosen = [self.fresh.pop() for _ in range(min(count, len(self.fresh)))]
        while len(chosen) < count:
            chosen.append(self.used[self.random.integers(len(self.used))])
        self.used += chosen
        return torch.from_numpy(np.stack(chosen, 1).astype(np.int64))

    def close(self) -> None:
        for p in self.processes:
            p.terminate()
            p.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def masks_for(device: str):
    """documents (B, T) -> what `attend` needs to stay causal and inside each conversation."""
    if device == "cpu":
        def dense(documents):
            t = documents.shape[1]
            return ((documents[:, :, None] == documents[:, None, :]) & torch.ones(t, t, dtype=torch.bool).tril())[:, None]
        return dense
    from torch.nn.attention.flex_attention import create_block_mask
    make = torch.compile(create_block_mask)

    def blocks(documents):
        def allowed(b, h, q, k):
            return (q >= k) & (documents[b, q] == documents[b, k])
        return make(allowed, documents.shape[0], None, documents.shape[1], documents.shape[1], device=device)
    return blocks


def attend(q, k, v, mask):
    if isinstance(mask, torch.Tensor):
        return F.scaled_dot_product_attention(q, k, v, mask, enable_gqa=True)
    from torch.nn.attention.flex_attention import flex_attention
    return flex_attention(q, k, v, block_mask=mask, enable_gqa=True)


def loss_of(model: Mistral, ids, weights, mask, cos_sin, asked: float):
    """(weighted loss, loss of the answers alone)"""
    hidden = model(ids, lambda q, k, v: attend(q, k, v, mask), cos_sin)[:, :-1]
    logits = model.lm_head(hidden).float().flatten(0, 1)
    each = F.cross_entropy(logits, ids[:, 1:].flatten(), reduction="none")
    target = weights[:, 1:].flatten()
    answered = (target == ANSWERED).float()
    weighted = answered + asked * (target == ASKED).float()
    plain = (each * answered).sum() / answered.sum()
    return (each * weighted).sum() / weighted.sum(), plain.detach()


def schedule(progress: float) -> float:
    if progress < 0.02:
        return progress / 0.02
    return 1.0 if progress < 0.4 else max(0.0, (1 - progress) / 0.6)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("out")
    arguments.add_argument("tokenizer")
    arguments.add_argument("seconds", type=float)
    arguments.add_argument("--rows", type=int, default=64)
    arguments.add_argument("--workers", type=int, default=14)
    arguments.add_argument("--seed", type=int, default=100)
    arguments.add_argument("--drop", type=float, default=0.1)
    arguments.add_argument("--asked", type=float, default=0.05, help="weight of the person's words in the loss")
    arguments.add_argument("--part", default="all", help="which phrasings: all, or train, to keep some for phrasing_score")
    arguments.add_argument("--scramble", type=float, default=0.05)
    arguments.add_argument("--vary", type=float, default=0.3)
    arguments.add_argument("--double", type=float, default=0.1)
    arguments.add_argument("--lose", type=float, default=0.1)
    arguments.add_argument("--decay", type=float, default=0.02)
    arguments.add_argument("--miniature", action="store_true")
    a = arguments.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(a.seed)
    torch.set_float32_matmul_precision("high")
    supply = Supply(a.tokenizer, a.workers, 100000, 128, a.seed, [a.part, *map(str, (a.scramble, a.vary, a.double, a.lose))])
    shape = MINIATURE if a.miniature else BUILT_IN
    model = Mistral(shape).to(device)
    model.drop = a.drop
    mask_of = masks_for(device)
    matrices = [p for n, p in model.named_parameters() if n.startswith("model.layers") and p.ndim == 2]
    norms = [p for p in model.parameters() if p.ndim == 1]
    muon = Muon(matrices, decay=a.decay)
    adam = torch.optim.AdamW([{"params": [model.model.embed_tokens.weight], "base": 4e-3}, {"params": [model.lm_head.weight], "base": 2e-3},
                              {"params": norms, "base": 2e-3}], lr=1e-3, betas=(0.9, 0.95), weight_decay=0.01, fused=device == "cuda")
    cos_sin = rotary_tables(shape, device, shape.context)
    step_loss = torch.compile(loss_of) if device == "cuda" else loss_of
    started, steps, logged, tokens = None, 0, time.time(), 0
    while True:
        now = time.time()
        # The clock starts after the second step, so that compiling does not eat the schedule.
        progress = 0.0 if started is None else min(1.0, (now - started) / a.seconds)
        if progress >= 1.0:
            break
        ids, weights = supply.batch(a.rows)
        ids, weights = ids.to(device, non_blocking=True), weights.to(device, non_blocking=True)
        documents = (ids == BOS).cumsum(1)
        with torch.autocast(device, dtype=torch.bfloat16):
            loss, plain = step_loss(model, ids, weights, mask_of(documents), cos_sin, a.asked)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([model.model.embed_tokens.weight, model.lm_head.weight, *norms], 1.0)
        rate = schedule(progress)
        muon.step(0.02 * rate)
        for group in adam.param_groups:
            group["lr"] = group["base"] * rate
        adam.step()
        model.zero_grad(set_to_none=True)
        steps += 1
        tokens += ids.numel()
        if started is None and steps >= 3:
            plain.item()
            started = time.time()
            print(f"compiled after {started - logged:.0f} s", flush=True)
            tokens = 0
        if steps % 250 == 0 or (device == "cpu" and steps % 10 == 0):
            print(f"step {steps} at {progress:.3f}: loss {plain.item():.4f}, {tokens / max(1e-9, time.time() - started) / 1e6:.3f} Mtok/s, "
                  f"{len(supply.fresh)} fresh rows, {len(supply.used)} used", flush=True)
            if not math.isfinite(plain.item()):
                raise SystemExit("the loss is not finite")
    supply.close()
    torch.save({k: v.detach().half().cpu() for k, v in model.state_dict().items()}, a.out)
    print(f"trained {steps} steps on {steps * a.rows * shape.context / 1e6:.0f} M tokens", flush=True)


if __name__ == "__main__":
    main()
