"""A Mistral in PyTorch with the tensor names of Hugging Face: token ids in, logits out."""
import torch
import torch.nn as nn
import torch.nn.functional as F

from shape import Shape


class RMSNorm(nn.Module):
    def __init__(self, size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        f = x.float()
        f = f * torch.rsqrt(f.pow(2).mean(-1, keepdim=True) + self.eps)
        return (f * self.weight.float()).to(x.dtype)


def rotary_tables(shape: Shape, device, positions: int):
    """cos and sin, (T, D) in f32; the second half of each row repeats the first (rotate-half)."""
    inv = shape.rope_theta ** (-torch.arange(0, shape.head_dim, 2, device=device).float() / shape.head_dim)
    angle = torch.outer(torch.arange(positions, device=device).float(), inv)
    angle = torch.cat([angle, angle], dim=-1)
    return angle.cos(), angle.sin()


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    turned = torch.cat([-x[..., half:], x[..., :half]], dim=-1)
    return (x.float() * cos + turned.float() * sin).to(x.dtype)


class Attention(nn.Module):
    def __init__(self, s: Shape):
        super().__init__()
        self.s = s
        self.q_proj = nn.Linear(s.hidden, s.heads * s.head_dim, bias=False)
        self.k_proj = nn.Linear(s.hidden, s.kv_heads * s.head_dim, bias=False)
        self.v_proj = nn.Linear(s.hidden, s.kv_heads * s.head_dim, bias=False)
        self.o_proj = nn.Linear(s.heads * s.head_dim, s.hidden, bias=False)

    def forward(self, x, cos, sin, attend):
        s, (b, t, _) = self.s, x.shape
        q = self.q_proj(x).view(b, t, s.heads, s.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(b, t, s.kv_heads, s.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(b, t, s.kv_heads, s.head_dim).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        y = attend(q, k, v)
        return self.o_proj(y.transpose(1, 2).reshape(b, t, s.heads * s.head_dim))


class Mlp(nn.Module):
    def __init__(self, s: Shape):
        super().__init__()
        self.gate_proj = nn.Linear(s.hidden, s.intermediate, bias=False)
        self.up_proj = nn.Linear(s.hidden, s.intermediate, bias=False)
        self.down_proj = nn.Linear(s.intermediate, s.hidden, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, s: Shape):
        super().__init__()
        self.input_layernorm = RMSNorm(s.hidden, s.norm_eps)
        self.self_attn = Attention(s)
        self.post_attention_layernorm = RMSNorm(s.hidden, s.norm_eps)
        self.mlp = Mlp(s)

    def forward(self, x, cos, sin, attend, drop: float):
        x = x + F.dropout(self.self_attn(self.input_layernorm(x), cos, sin, attend), drop, self.training)
        return x + F.dropout(self.mlp(self.post_attention_layernorm(x)), drop, self.training)


class Body(nn.Module):
    def __init__(self, s: Shape):
        super().__init__()
        self.embed_tokens = nn.Embedding(s.vocab, s.hidden)
        self.layers = nn.ModuleList(Layer(s) for _ in range(s.layers))
        self.norm = RMSNorm(s.hidden, s.norm_eps)


def causal(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)


class Mistral(nn.Module):
    """forward: ids (B, T) -> hidden states (B, T, hidden) before the head; `logits` applies the head."""

    def __init__(self, s: Shape):
        super().__init__()
        self.s = s
        self.model = Body(s)
        self.lm_head = nn.Linear(s.hidden, s.vocab, bias=False)
        self.drop = 0.0
        for name, p in self.named_parameters():
            if name.endswith("norm.weight"):
                continue
            if "embed_tokens" in name:
                nn.init.normal_(p, std=0.5)
            elif "lm_head" in name:
                nn.init.normal_(p, std=0.02)
            else:
                scale = 1.0 / (2 * s.layers) ** 0.5 if ("o_proj" in name or "down_proj" in name) else 1.0
                nn.init.normal_(p, std=scale * p.shape[1] ** -0.5)

    def forward(self, ids, attend=causal, cos_sin=None):
        cos, sin = cos_sin if cos_sin is not None else rotary_tables(self.s, ids.device, ids.shape[1])
        x = self.model.embed_tokens(ids)
        if torch.is_autocast_enabled(ids.device.type):
            x = x.to(torch.bfloat16)
        for layer in self.model.layers:
            x = layer(x, cos, sin, attend, self.drop)
        return self.model.norm(x)

    def logits(self, ids, attend=causal):
        return self.lm_head(self.forward(ids, attend)).float()
