"""Products of two float32 matrices by OpenBLAS; small ones are repeated within a step."""

import torch
from timing import measure

SHAPES = [(n, n, n) for n in (32, 64, 128, 256, 512, 1024)] + [(1, 32, 64), (16, 256, 256), (64, 784, 256)]
WORTH_A_STEP = 2_000_000  # FLOP


def size(m, k, n):
    flop = 2 * m * k * n
    repeat = max(1, WORTH_A_STEP // flop)
    return {"m": m, "k": k, "n": n, "repeat": repeat, "told": {"flop": flop * repeat}}


def make_step(m, k, n, repeat):
    left, right, product = torch.randn(m, k), torch.randn(k, n), torch.empty(m, n)

    def step():
        for _ in range(repeat):
            torch.mm(left, right, out=product)

    return step


if __name__ == "__main__":
    measure("gemm", [size(*shape) for shape in SHAPES], make_step, seconds=1.0)
