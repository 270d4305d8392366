"""Writes what PyTorch computes in float64 for small instances of the workloads, which Nestor's are held to before
they are timed:

    python3 expected.py > ../src/main/resources/nestor/bench/expected.json

Parameters and data are waves: element i of the n-th tensor is scale · sin(n + 1.3 i).
"""

import json

import torch

import char_transformer
import maml_sinusoid
import memory_chunks
import memory_sequence
import nested_step


def wave(n, scale, *shape):
    index = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return (scale * torch.sin(n + 1.3 * index)).reshape(shape)


def waves(shapes, scale):
    return {name: wave(n, scale, *shape) for n, (name, shape) in enumerate(shapes.items())}


def flat(tensors):
    return torch.cat([t.detach().reshape(-1) for t in tensors])


def gemm():
    return {"product": wave(100, 1, 3, 5) @ wave(101, 1, 5, 4)}


def maml():
    theta = [wave(n, 0.8, *s).requires_grad_() for n, s in enumerate(maml_sinusoid.shapes(6))]
    data = [wave(100 + i, 2, 3, 4, 1) for i in range(4)]
    loss = maml_sinusoid.meta_loss(theta, data, inner_steps=3)
    return {"loss": loss, "gradient": flat(torch.autograd.grad(loss, theta))}


def nested():
    generator = waves(nested_step.generator_shapes(), 0.3)
    generator["rate2.bias"] = torch.full((1,), -6.0, dtype=torch.float64)
    learner = nested_step.Learner(waves(nested_step.network_shapes(3, 2, 4, 2), 0.4), generator, layers=2, width=4)
    x, y = wave(100, 1, 3, 3), wave(101, 1, 3, 2)
    losses = [loss for _ in range(3) for loss in learner.step(x, y)]
    return {
        "losses": torch.stack(losses),
        "input": learner.parameters["input.weight"],
        "memory": learner.memories[-1],
        "meta_mean": learner.adam.state[learner.generator["body1.bias"]]["exp_avg"],
    }


def memory(name):
    kind = memory_sequence.KINDS[name]
    parameters = [wave(n, 0.6, *s).requires_grad_() for n, s in enumerate(kind.shapes(3))]
    x = wave(100, 1, 5, 2, 3).transpose(0, 1)  # [batch, time, width]
    return flat(memory_sequence.gradients(kind, parameters, x))


def chunks(name, chunk):
    kind = memory_chunks.KINDS[name](chunk)
    parameters = [wave(n, 0.6, *s).requires_grad_() for n, s in enumerate(kind.shapes(3))]
    return flat(memory_chunks.gradients(kind, parameters, wave(100, 1, 2, 6, 3)))


def transformer():
    width, layers, time, vocabulary = 8, 2, 5, 7
    apart = {}  # Nestor keeps the projections to queries, keys and values apart
    for name, shape in char_transformer.shapes(width, layers, time, vocabulary).items():
        apart |= {name + one: (width, width) for one in "012"} if name.endswith("qkv") else {name: shape}
    parameters = waves(apart, 0.5)
    for name in [name for name in apart if name.endswith("qkv0")]:
        parameters[name[:-1]] = torch.cat([parameters.pop(name[:-1] + one) for one in "012"])
    x, y = (torch.arange(2 * time).mul(factor).remainder(vocabulary).view(2, time) for factor in (3, 5))
    training = char_transformer.Training(parameters, layers, 2, x, y)
    losses = torch.stack([training.step() for _ in range(3)])
    return {"losses": losses, "token": training.parameters["token"]}


def main():
    torch.set_default_dtype(torch.float64)
    small_chunks = [("titans", 1), ("titans", 3), ("hope", 3)]
    figures = {
        "nested_step": nested(),
        "maml_sinusoid": maml(),
        "memory_sequence": {name: memory(name) for name in memory_sequence.KINDS},
        "memory_chunks": {name + str(chunk): chunks(name, chunk) for name, chunk in small_chunks},
        "gemm": gemm(),
        "char_transformer": transformer(),
    }
    workloads = []
    for workload, tensors in figures.items():
        lines = [f'  "{name}": {json.dumps(t.detach().reshape(-1).tolist())}' for name, t in tensors.items()]
        workloads.append(f'"{workload}": {{\n' + ",\n".join(lines) + "\n}")
    print("{\n" + ",\n".join(workloads) + "\n}")


if __name__ == "__main__":
    main()
