"""One training step of a causal Transformer on characters: 4 layers, width 128, the size that nanoGPT recommends for
a CPU. Pre-norm, no biases but the norms', output tied to the embedding, dropout 0, clipping at 1, AdamW."""

import torch
import torch.nn.functional as F
from timing import measure

VOCABULARY = 65


def shapes(width, layers, time, vocabulary=VOCABULARY):
    """In the order in which the parameters are used."""
    shapes = {"token": (vocabulary, width), "position": (time, width)}
    norm = {"weight": (width,), "bias": (width,)}
    for layer in range(layers):
        shapes |= {f"{layer}.norm1.{name}": shape for name, shape in norm.items()}
        shapes |= {f"{layer}.qkv": (3 * width, width), f"{layer}.out": (width, width)}
        shapes |= {f"{layer}.norm2.{name}": shape for name, shape in norm.items()}
        shapes |= {f"{layer}.up": (4 * width, width), f"{layer}.down": (width, 4 * width)}
    return shapes | {f"norm.{name}": shape for name, shape in norm.items()}


def initial(name, shape):
    if "norm" in name:
        return torch.full(shape, 1.0 if name.endswith("weight") else 0.0)
    if name in ("token", "position"):
        return torch.randn(shape)
    return torch.empty(shape).uniform_(-(shape[1] ** -0.5), shape[1] ** -0.5)


def norm(p, name, x):
    return F.layer_norm(x, x.shape[-1:], p[f"{name}.weight"], p[f"{name}.bias"])


def attention(p, layer, x, heads, hidden):
    batch, time, width = x.shape
    split = F.linear(x, p[f"{layer}.qkv"]).view(batch, time, 3, heads, width // heads)
    q, k, v = split.permute(2, 0, 3, 1, 4)  # each [batch, head, time, width / heads]
    scores = q @ k.mT * (width // heads) ** -0.5
    mixed = scores.masked_fill(hidden, float("-inf")).softmax(-1) @ v
    return F.linear(mixed.transpose(1, 2).reshape(batch, time, width), p[f"{layer}.out"])


def loss(p, layers, heads, hidden, x, y):
    h = F.embedding(x, p["token"]) + p["position"]
    for layer in range(layers):
        h = h + attention(p, layer, norm(p, f"{layer}.norm1", h), heads, hidden)
        h = h + F.linear(F.gelu(F.linear(norm(p, f"{layer}.norm2", h), p[f"{layer}.up"])), p[f"{layer}.down"])
    logits = F.linear(norm(p, "norm", h), p["token"])
    return F.cross_entropy(logits.flatten(0, 1), y.flatten())


class Training:
    def __init__(self, parameters, layers, heads, x, y):
        self.parameters = {name: p.requires_grad_() for name, p in parameters.items()}
        self.adam = torch.optim.AdamW(self.parameters.values(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1)
        time = x.shape[1]
        hidden = torch.ones(time, time, dtype=torch.bool).triu(1)
        self.loss = lambda: loss(self.parameters, layers, heads, hidden, x, y)

    def step(self):
        value = self.loss()
        self.adam.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters.values(), 1.0)
        self.adam.step()
        return value.detach()


def make_step(batch, time, width, layers):
    parameters = {name: initial(name, shape) for name, shape in shapes(width, layers, time).items()}
    x, y = (torch.randint(VOCABULARY, (batch, time)) for _ in range(2))
    return Training(parameters, layers, 4, x, y).step


if __name__ == "__main__":
    count = sum(torch.Size(shape).numel() for shape in shapes(128, 4, 64).values())
    size = {"batch": 12, "time": 64, "width": 128, "layers": 4, "told": {"parameters": count}}
    measure("char_transformer", [size], make_step, seconds=4.0)
