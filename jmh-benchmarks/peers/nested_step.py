"""One nested training step: loss, gradient with its graph, generated rate and momentum, differentiable update, loss
after it, meta-gradient, Adam on the generator, and the network's own update with momentum.

Parameters are dictionaries of tensors and networks are functions of them, so the updated network needs no module.
"""

import math

import torch
import torch.nn.functional as F
from timing import measure

LEVELS = 3
CONTEXT = 16


def linear_shapes(name, n_in, n_out):
    return {f"{name}.weight": (n_out, n_in), f"{name}.bias": (n_out,)}


def norm_shapes(name, width):
    return {f"{name}.norm.weight": (width,), f"{name}.norm.bias": (width,)}


def network_shapes(n_in, n_out, width, layers):
    shapes = linear_shapes("input", n_in, width) | linear_shapes("output", width, n_out)
    for block in range(layers):
        shapes |= {f"{block}.{one}.weight": (width, width) for one in "qkv"}
        for level in range(LEVELS):
            at = f"{block}.{level}"
            shapes |= norm_shapes(at, width)
            shapes |= linear_shapes(f"{at}.up", width, 2 * width) | linear_shapes(f"{at}.down", 2 * width, width)
        shapes |= linear_shapes(f"{block}.first", width, width) | linear_shapes(f"{block}.second", width, width)
        shapes |= norm_shapes(f"{block}.a", width) | norm_shapes(f"{block}.b", width)
    return shapes


def generator_shapes():
    layers = [("body1", CONTEXT, 32), ("body2", 32, 32)]
    layers += [(f"{head}{i + 1}", 32 if i == 0 else 16, 16 if i == 0 else 1) for head in ("rate", "momentum") for i in (0, 1)]
    return {name: shape for layer in layers for name, shape in linear_shapes(*layer).items()}


def drawn(shapes):
    """Uniform in ±1/√in, like torch.nn.Linear; norms begin as the identity."""
    parameters = {}
    for name, shape in shapes.items():
        if ".norm." in name:
            value = torch.full(shape, 1.0 if name.endswith("weight") else 0.0)
        else:
            n_in = shapes[name.replace("bias", "weight")][1]
            value = torch.empty(shape).uniform_(-(n_in**-0.5), n_in**-0.5)
        parameters[name] = value
    return parameters


def linear(p, name, x):
    return F.linear(x, p[f"{name}.weight"], p.get(f"{name}.bias"))


def normalized(p, name, x):
    return F.layer_norm(x, x.shape[-1:], p[f"{name}.norm.weight"], p[f"{name}.norm.bias"])


def network(p, memories, x):
    """The prediction for x [batch, in]; every call also writes the memories, outside the graph."""
    h = linear(p, "input", x)
    for block, memory in enumerate(memories):
        written = memory + 0.01 * linear(p, f"{block}.v", h).t() @ linear(p, f"{block}.k", h)
        memories[block] = written.detach()
        h = normalized(p, f"{block}.a", h + linear(p, f"{block}.q", h) @ written.t())
        y = h
        for level in range(LEVELS):
            at = f"{block}.{level}"
            y = y + linear(p, f"{at}.down", F.gelu(linear(p, f"{at}.up", normalized(p, at, y))))
        h = normalized(p, f"{block}.b", h + y)
        h = h + linear(p, f"{block}.second", torch.tanh(linear(p, f"{block}.first", h)))
    return linear(p, "output", h)


def generated(p, context):
    """A rate in [1e-8, 1e-2] and a momentum in [0, 0.99]."""
    h = torch.relu(linear(p, "body2", torch.relu(linear(p, "body1", context))))
    rate, momentum = (linear(p, f"{head}2", torch.relu(linear(p, f"{head}1", h))).squeeze() for head in ("rate", "momentum"))
    return (F.softplus(rate) + 1e-8).clamp(1e-8, 1e-2), torch.sigmoid(momentum).clamp(0, 0.99)


class Learner:
    def __init__(self, parameters, generator, layers, width):
        self.parameters = {name: p.requires_grad_() for name, p in parameters.items()}
        self.generator = {name: p.requires_grad_() for name, p in generator.items()}
        self.momentum = {name: torch.zeros_like(p) for name, p in parameters.items()}
        self.memories = [torch.zeros(width, width) for _ in range(layers)]
        self.adam = torch.optim.Adam(self.generator.values(), lr=1e-5, weight_decay=1e-6)
        self.steps = 0

    def context(self, loss, gradients):
        norm = torch.cat([g.detach().reshape(-1) for g in gradients]).norm().item()
        s = self.steps
        seen = [loss.item(), norm, 0, 0, 0, s, math.log(s + 1), math.sin(0.1 * s), math.cos(0.1 * s)]
        return torch.tensor(seen + [0] * (CONTEXT - len(seen)), dtype=loss.dtype)

    def step(self, x, y):
        """The loss before and after the generated update."""
        loss = F.mse_loss(network(self.parameters, self.memories, x), y)
        gradients = torch.autograd.grad(loss, list(self.parameters.values()), create_graph=True)
        rate, momentum = generated(self.generator, self.context(loss, gradients))
        self.steps += 1

        ahead = {
            name: p - rate * (momentum * self.momentum[name] + g)
            for (name, p), g in zip(self.parameters.items(), gradients)
        }
        meta_loss = F.mse_loss(network(ahead, self.memories, x), y)
        generator = list(self.generator.values())
        for p, g in zip(generator, torch.autograd.grad(meta_loss, generator)):
            p.grad = g
        torch.nn.utils.clip_grad_norm_(generator, 1.0)
        self.adam.step()

        rate, momentum = rate.item(), momentum.item()
        with torch.no_grad():
            for (name, p), g in zip(self.parameters.items(), gradients):
                p.sub_(self.momentum[name].mul_(momentum).add_(g), alpha=rate)
        return loss.detach(), meta_loss.detach()


def make_step(hidden, batch, layers):
    n_in, n_out = 4, 1
    learner = Learner(drawn(network_shapes(n_in, n_out, hidden, layers)), drawn(generator_shapes()), layers, hidden)

    def step():
        x = torch.randn(batch, n_in)
        learner.step(x, x.sum(1, keepdim=True) + 0.01 * torch.randn(batch, n_out))

    return step


if __name__ == "__main__":
    sizes = [(32, 1), (32, 32), (128, 32), (256, 64), (512, 128)]
    measure("nested_step", [{"hidden": h, "batch": b, "layers": 2} for h, b in sizes], make_step)
