"""A meta-step of second-order MAML on sinusoids, all tasks at once: parameters get a leading axis of tasks."""

import torch
from timing import measure

WIDTH = 40
INNER_RATE = 0.01


def shapes(width=WIDTH):
    return [(1, width), (width,), (width, width), (width,), (width, 1), (1,)]


def initial(width=WIDTH):
    return [torch.randn(s) / s[0] ** 0.5 if len(s) == 2 else torch.zeros(s) for s in shapes(width)]


def predict(fast, x):
    """x [tasks, shots, 1]; every parameter with an axis of tasks in front."""
    h = x
    for layer in range(3):
        weight, bias = fast[2 * layer], fast[2 * layer + 1]
        h = torch.baddbmm(bias.unsqueeze(1), h, weight)
        if layer < 2:
            h = torch.relu(h)
    return h


def errors(fast, x, y):
    """The mean squared error of each task, added up."""
    return (predict(fast, x) - y).pow(2).mean(dim=(1, 2)).sum()


def meta_loss(theta, data, inner_steps):
    x, y, query_x, query_y = data
    tasks = x.shape[0]
    fast = [p.unsqueeze(0).expand(tasks, *p.shape) for p in theta]
    for _ in range(inner_steps):
        gradient = torch.autograd.grad(errors(fast, x, y), fast, create_graph=True)
        fast = [p - INNER_RATE * g for p, g in zip(fast, gradient)]
    return errors(fast, query_x, query_y) / tasks


def draw(tasks, shots):
    amplitude = 0.1 + 4.9 * torch.rand(tasks, 1, 1)
    phase = 3.14159 * torch.rand(tasks, 1, 1)
    x, query_x = (10 * torch.rand(tasks, shots, 1) - 5 for _ in range(2))
    return x, amplitude * torch.sin(x - phase), query_x, amplitude * torch.sin(query_x - phase)


def make_step(tasks, shots, inner_steps):
    theta = [p.requires_grad_() for p in initial()]
    adam = torch.optim.Adam(theta, lr=1e-3)

    def step():
        loss = meta_loss(theta, draw(tasks, shots), inner_steps)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()

    return step


if __name__ == "__main__":
    sizes = [{"tasks": 25, "shots": 10, "inner_steps": k, "told": {"style": "batched"}} for k in (1, 5)]
    measure("maml_sinusoid", sizes, make_step)
