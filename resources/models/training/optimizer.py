"""Muon for the linears (orthogonalized momentum, K. Jordan 2024), AdamW for embeddings, head and norms."""
import torch


def orthogonalize(g: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """g (L, rows, cols): Newton-Schulz iteration towards the nearest semi-orthogonal matrices, in bf16."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16()
    turned = x.shape[1] > x.shape[2]
    if turned:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        s = x @ x.mT
        x = a * x + (b * s + c * (s @ s)) @ x
    return x.mT if turned else x


class Muon:
    """Parameters of one shape are stepped together as one batch of matrices."""

    def __init__(self, parameters, momentum: float = 0.95, decay: float = 0.02):
        self.groups, self.momentum, self.decay = {}, momentum, decay
        for p in parameters:
            self.groups.setdefault(tuple(p.shape), []).append(p)
        self.buffers = {s: torch.zeros(len(ps), *s, device=ps[0].device) for s, ps in self.groups.items()}

    @torch.no_grad()
    def step(self, rate: float) -> None:
        for shape, ps in self.groups.items():
            g = torch.stack([p.grad for p in ps]).float()
            buffer = self.buffers[shape]
            buffer.lerp_(g, 1 - self.momentum)
            update = orthogonalize(g.lerp(buffer, self.momentum)).float() * max(1.0, shape[0] / shape[1]) ** 0.5
            torch._foreach_mul_(ps, 1 - rate * self.decay)
            torch._foreach_add_(ps, list(update.unbind(0)), alpha=-rate)
