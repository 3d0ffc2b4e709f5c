"""The built-in model's shape: the numbers every script of this folder shares."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    vocab: int = 2560
    hidden: int = 512
    intermediate: int = 1536
    layers: int = 7
    heads: int = 8
    kv_heads: int = 2
    head_dim: int = 64
    context: int = 1024
    rope_theta: float = 10000.0
    norm_eps: float = 1e-5
    group: int = 128


BUILT_IN = Shape()
# The same kinds of tensors, small enough to try every script on a laptop in a minute.
MINIATURE = Shape(vocab=2560, hidden=128, intermediate=256, layers=2, heads=4, kv_heads=1, head_dim=32)

UNK, BOS, EOS, INST, END_INST = 0, 1, 2, 3, 4
CONTROL_PIECES = ["[INST]", "[/INST]", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]",
                  "[TOOL_RESULTS]", "[/TOOL_RESULTS]"]

LINEARS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
           "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
