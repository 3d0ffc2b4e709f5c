"""GPTQ: weights and the Hessian of their inputs in, 4-bit values with their scales and act-order out.

After E. Frantar et al., "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained
Transformers" (2022): columns are rounded one by one in the order of falling Hessian diagonal, and the
error of each is spread over those still to come through the Cholesky factor of the inverse Hessian.
"""
import torch

import layout
from shape import BOS, LINEARS
from model import Mistral, rotary_tables


def group_scale(w: torch.Tensor) -> torch.Tensor:
    """w (N, G): the symmetric scale of each row with the least squared rounding error. (N, 1), f16 values."""
    top = w.abs().amax(1, keepdim=True).clamp_min(1e-8)
    best, best_error = None, None
    for ratio in torch.linspace(0.6, 1.0, 21, device=w.device):
        # -8..7: the larger side of the range is 8 steps, so both divisors are worth a try.
        for steps in (7.0, 7.5, 8.0):
            scale = (top * ratio / steps).half().float().clamp_min(6e-8)
            error = (w - (w / scale).round().clamp(-8, 7) * scale).abs().pow(2.4).sum(1, keepdim=True)
            if best is None:
                best, best_error = scale.clone(), error
            else:
                better = error < best_error
                best, best_error = torch.where(better, scale, best), torch.minimum(error, best_error)
    return best


def quantize_linear(weight: torch.Tensor, hessian: torch.Tensor, group: int, damp: float = 0.01):
    """weight (N, K), hessian (K, K) f32. Returns q (K, N) in 0..15, scales (K/group, N), g_idx (K)."""
    n, k = weight.shape
    w, h = weight.double().clone(), hessian.double().clone()
    dead = h.diagonal() == 0
    h[dead, dead] = 1.0
    w[:, dead] = 0.0
    order = torch.argsort(h.diagonal(), descending=True)
    w, h = w[:, order], h[order][:, order]
    h += torch.eye(k, device=h.device, dtype=h.dtype) * damp * h.diagonal().mean()
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(h))
    upper = torch.linalg.cholesky(inverse, upper=True)

    q = torch.zeros_like(w)
    scales = torch.zeros(k // group, n, device=w.device)
    for start in range(0, k, group):
        end = start + group
        block = w[:, start:end].clone()
        errors = torch.zeros_like(block)
        u = upper[start:end, start:end]
        scale = group_scale(block.float())
        scales[start // group] = scale[:, 0]
        scale = scale[:, 0].double()
        for i in range(group):
            column = block[:, i]
            value = (column / scale).round().clamp(-8, 7)
            q[:, start + i] = value
            error = (column - value * scale) / u[i, i]
            block[:, i:] -= error[:, None] * u[i, i:][None, :]
            errors[:, i] = error
        w[:, end:] -= errors @ upper[start:end, end:]

    back = torch.argsort(order)
    g_idx = (torch.arange(k, device=w.device) // group)[back]
    return (q[:, back] + 8).t().to(torch.int64), scales, g_idx


@torch.no_grad()
def quantize_model(model: Mistral, batches: list, weights: list | None = None, log=print) -> dict:
    """Layer by layer, each fed with what the layers already quantized give. Returns the folder's tensors.

    batches: token ids (B, T); each conversation of a row is seen on its own, as in training. The same order
    of rows serves q, k and v, and gate and up, because they share their inputs and so their Hessian. The
    model's own linears are replaced by their 4-bit values.
    """
    s = model.s
    device = next(model.parameters()).device
    tensors = {k: v.detach().to(torch.float16).cpu() for k, v in model.state_dict().items()
               if k.endswith(("norm.weight", "embed_tokens.weight", "lm_head.weight"))}
    states = [model.model.embed_tokens(b.to(device)).float() for b in batches]
    cos, sin = rotary_tables(s, device, max(b.shape[1] for b in batches))

    def run(layer, at):
        ids = batches[at].to(device)
        documents, t = (ids == BOS).cumsum(1), ids.shape[1]
        mask = ((documents[:, :, None] == documents[:, None, :]) & torch.ones(t, t, dtype=torch.bool, device=device).tril())[:, None]

        def attend(q, k, v):
            return torch.nn.functional.scaled_dot_product_attention(q, k, v, mask, enable_gqa=True)
        return layer(states[at], cos[:t], sin[:t], attend, 0.0)

    for index, layer in enumerate(model.model.layers):
        # The linears that read the same input, in the order in which the layer runs them.
        for together in (LINEARS[0:3], LINEARS[3:4], LINEARS[4:6], LINEARS[6:7]):
            modules = [layer.get_submodule(part) for part in together]
            k = modules[0].in_features
            hessian = torch.zeros(k, k, device=device)
            place = {"at": 0}

            def collect(_, inputs):
                x = inputs[0].reshape(-1, k).float()
                if weights is not None:
                    x = x * weights[place["at"]].to(device).reshape(-1, 1)
                hessian.addmm_(x.t(), x)

            hook = modules[0].register_forward_pre_hook(collect)
            for at in range(len(states)):
                place["at"] = at
                run(layer, at)
            hook.remove()
            for part, module in zip(together, modules):
                q, scales, g_idx = quantize_linear(module.weight.data, hessian, s.group)
                name = f"model.layers.{index}.{part}"
                packed = layout.linear_tensors(name, q, scales, g_idx)
                tensors.update(packed)
                module.weight.data.copy_(layout.dequantize(packed, name).to(device))
        states = [run(layer, at) for at in range(len(states))]
        log(f"quantized layer {index}")
    return tensors
