"""Forward and backward of memories over sequences, token by token: the gradient of the answers' mean square with
respect to projections, gates and the memory that a sequence begins with. Time is axis 1."""

import torch
import torch.nn.functional as F
from timing import measure


class Delta:
    """S ← S + β (v − S k) kᵀ from S = 0, with the answers S q."""

    @staticmethod
    def shapes(width):
        return [(width, width)] * 3 + [(width, 2)]

    @staticmethod
    def answers(parameters, x):
        wq, wk, wv, gate = parameters
        queries, keys, values = columns(x, wq, wk, wv)
        beta = torch.sigmoid(x @ gate)[..., 0]
        memory = torch.zeros(x.shape[0], values.shape[2], keys.shape[2], dtype=x.dtype)
        answers = []
        for time in range(x.shape[1]):
            k = keys[:, time]
            surprise = beta[:, time, None, None] * (values[:, time] - memory @ k)
            memory = memory + surprise @ k.mT
            answers.append(memory @ queries[:, time])
        return torch.stack(answers, 1)


class Titans:
    """z + W₁ silu(W₂ z), which every token rewrites by one gradient step on half the squared error, with its own
    rate and decay. The gradient is written out by hand: a graph inside the graph would cost PyTorch more."""

    @staticmethod
    def shapes(width):
        return [(width, width)] * 5 + [(width, 2)]

    @staticmethod
    def answers(parameters, x):
        wq, wk, wv, w1, w2, gate = parameters
        queries, keys, values = columns(x, wq, wk, wv)
        gates = torch.sigmoid(x @ gate)[..., None, None]
        rates, decays = 0.5 * gates[:, :, 0], 0.9 + 0.1 * gates[:, :, 1]
        w1, w2 = (w.expand(x.shape[0], -1, -1) for w in (w1, w2))
        answers = []
        for time in range(x.shape[1]):
            k, q, rate, decay = keys[:, time], queries[:, time], rates[:, time], decays[:, time]
            before = w2 @ k
            gated = torch.sigmoid(before)
            hidden = before * gated
            error = k + w1 @ hidden - values[:, time]
            slope = gated * (1 + before * (1 - gated))
            step1 = error @ hidden.mT
            step2 = ((w1.mT @ error) * slope) @ k.mT
            w1, w2 = decay * w1 - rate * step1, decay * w2 - rate * step2
            answers.append(q + w1 @ F.silu(w2 @ q))
        return torch.stack(answers, 1)


def columns(x, wq, wk, wv):
    """Normalized queries and keys, and values, as columns [batch, time, width, 1]."""
    return [z.unsqueeze(3) for z in (F.normalize(x @ wq, dim=2), F.normalize(x @ wk, dim=2), x @ wv)]


KINDS = {"delta": Delta, "titans": Titans}


def gradients(kind, parameters, x):
    return torch.autograd.grad(kind.answers(parameters, x).pow(2).mean(), parameters)


def make_step(kind, batch, length, width):
    kind = KINDS[kind]
    x = torch.randn(batch, length, width)
    parameters = [(torch.randn(shape) / width**0.5).requires_grad_() for shape in kind.shapes(width)]
    return lambda: gradients(kind, parameters, x)


if __name__ == "__main__":
    lengths = [(8, 64, 32), (8, 256, 64), (4, 1024, 64)]
    sizes = [{"kind": kind, "batch": b, "length": t, "width": d} for kind in KINDS for b, t, d in lengths]
    measure("memory_sequence", sizes, make_step)
