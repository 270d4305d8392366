"""Forward and backward of memories that are read chunk by chunk, by products of matrices: the gradient of the
answers' mean square with respect to all parameters. The memory's own gradient is taken at the weights that the
token's chunk began with. Time is axis 1."""

import torch
import torch.nn.functional as F
from memory_sequence import Titans as TokenByToken
from timing import measure


class Titans:
    """The memory of memory_sequence.py, with the decay G of the weights and the weight of each token in them, Γ
    times its rate, for all chunks at once. Decays lie in (0.9, 1), so they may be sums of logarithms."""

    def __init__(self, chunk):
        self.chunk = chunk

    shapes = staticmethod(TokenByToken.shapes)

    def answers(self, parameters, x):
        if self.chunk == 1:
            return TokenByToken.answers(parameters, x)
        wq, wk, wv, w1, w2, gate = parameters
        queries, keys = F.normalize(x @ wq, dim=2), F.normalize(x @ wk, dim=2)
        gates = torch.sigmoid(x @ gate)
        chunks = [split(z, self.chunk) for z in (queries, keys, x @ wv, gates)]
        queries, keys, values, gates = chunks
        since, between = decay((0.9 + 0.1 * gates[..., 1:]).log())
        weight = between * (0.5 * gates[..., :1]).mT  # of token j in the weights after token t
        overlap = queries @ keys.mT * weight
        at_end = weight[..., -1:, :].mT
        kept = since[..., -1:, :]
        w1, w2 = (w.expand(x.shape[0], -1, -1) for w in (w1, w2))
        answers = []
        each = (z.unbind(1) for z in (queries, keys, values, since, weight, overlap, at_end, kept))
        for q, k, v, g, p, qk, end, whole in zip(*each):
            before = k @ w2.mT
            gated = torch.sigmoid(before)
            hidden = before * gated
            error = k + hidden @ w1.mT - v
            back = (error @ w1) * (gated * (1 + before * (1 - gated)))
            found = F.silu(g * (q @ w2.mT) - qk @ back)
            answers.append(q + g * (found @ w1.mT) - (found @ hidden.mT * p) @ error)
            w1 = whole * w1 - (error * end).mT @ hidden
            w2 = whole * w2 - (back * end).mT @ k
        return torch.cat(answers, 1)


class Hope:
    """A block of HOPE: self-modifying memories that are matrices, M ← M (α I − η k kᵀ) − η (M k − M v) kᵀ, whose
    changes within a chunk are the solution of a triangular system, then three MLP blocks."""

    BLOCKS = 3

    def __init__(self, chunk):
        self.chunk = chunk

    @staticmethod
    def shapes(width):
        norm, square, row, hidden = [(width,)] * 2, (width, width), (1, width), 2 * width
        block = norm + [(hidden, width), (hidden,), (width, hidden), (width,)]
        return norm + [square, square, square, row, row, square] + Hope.BLOCKS * block

    def answers(self, parameters, x):
        y = x + self.memory(*parameters[:8], x)
        for i in range(8, len(parameters), 6):
            weight, bias, up, up_bias, down, down_bias = parameters[i : i + 6]
            z = F.gelu(F.linear(F.layer_norm(y, y.shape[2:], weight, bias), up, up_bias))
            y = y + F.linear(z, down, down_bias)
        return y

    def memory(self, weight, bias, wk, wv, wq, rate, decays, memory, x):
        x = F.layer_norm(x, x.shape[2:], weight, bias)
        width = x.shape[2]
        queries = split(unit(x @ wq.mT), self.chunk).unbind(1)
        w = torch.cat([wk, wv, rate, decays, memory]).expand(x.shape[0], -1, -1)  # below one another
        answers = []
        for q, x in zip(queries, split(x, self.chunk).unbind(1)):
            made = x @ w[:, :-width].mT
            k, v, gates = unit(made[..., :width]), made[..., width : 2 * width], made[..., 2 * width :]
            rate = 0.5 * torch.sigmoid(gates[..., :1])
            logs = F.logsigmoid(gates[..., 1:] + 2)
            since, between = decay(logs)
            since_before = since / logs.exp()
            between_before = (between / logs.exp()).tril(-1)
            error = since_before * (k @ w.mT) + (k - v) @ w.mT
            overlap = (k @ k.mT) * between_before * rate
            change = torch.linalg.solve_triangular(overlap, -rate * error, upper=False, unitriangular=True)
            memory = w[:, -width:]
            answers.append(since_before * (q @ memory.mT) + (q @ k.mT * between_before) @ change[..., -width:])
            w = since[:, -1:] * w + (change * between[:, -1:].mT).mT @ k
        return torch.cat(answers, 1)


def split(z, chunk):
    """[batch, time, ...] as [batch, time / chunk, chunk, ...]."""
    return z.unflatten(1, (-1, chunk))


def decay(logs):
    """What is left at each token of the state before a chunk, and of the tokens before it, for the logarithms
    [..., time, 1] of the factors."""
    sums = logs.cumsum(-2)
    return sums.exp(), (sums - sums.mT).exp().tril()


def unit(z):
    return z / (z.norm(dim=-1, keepdim=True) + 1e-6)


KINDS = {"titans": Titans, "hope": Hope}


def gradients(kind, parameters, x):
    return torch.autograd.grad(kind.answers(parameters, x).pow(2).mean(), parameters)


def make_step(kind, batch, length, width, chunk):
    kind = KINDS[kind](chunk)
    x = torch.randn(batch, length, width)
    parameters = [(torch.randn(shape) / width**0.5).requires_grad_() for shape in kind.shapes(width)]
    return lambda: gradients(kind, parameters, x)


if __name__ == "__main__":
    kinds = [("titans", 1), ("titans", 16), ("titans", 64), ("hope", 16)]
    sizes = [{"kind": kind, "batch": 8, "length": 256, "width": 64, "chunk": chunk} for kind, chunk in kinds]
    measure("memory_chunks", sizes, make_step)
