"""What the programs share: their command line, and how a step is timed.

    PROGRAM.py [--threads N] [name=value ...]

Only sizes that have all the given parameters are timed. N threads are asked of PyTorch here; OpenBLAS and OpenMP
take their number from OPENBLAS_NUM_THREADS and OMP_NUM_THREADS, which must be set beforehand.
"""

import argparse
import json
import time

import torch

WARM_UPS = 5
FEWEST_RUNS = 5


def command_line():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int)
    parser.add_argument("sizes", nargs="*", metavar="name=value")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    return dict(size.split("=", 1) for size in given.sizes)


def measure(workload, sizes, make_step, seconds=2.0):
    """Times make_step(**size)() for each size and prints one line of JSON each; `size` may hold parameters that
    only describe, under the key `told`."""
    wanted = command_line()
    for size in sizes:
        parameters = {**size, **size.get("told", {})}
        parameters.pop("told", None)
        if any(str(parameters.get(name)) != value for name, value in wanted.items()):
            continue
        torch.manual_seed(0)
        step = make_step(**{name: value for name, value in size.items() if name != "told"})
        times = sorted(durations(step, seconds))
        middle = len(times) // 2
        median = times[middle] if len(times) % 2 else (times[middle - 1] + times[middle]) / 2
        line = {
            "workload": workload,
            **parameters,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "runs": len(times),
            "median_ms": round(median, 5),
            "min_ms": round(times[0], 5),
        }
        print(json.dumps(line), flush=True)


def durations(step, seconds):
    """Milliseconds of single steps, for some seconds."""
    for _ in range(WARM_UPS):
        step()
    end = time.perf_counter() + seconds
    count = 0
    while count < FEWEST_RUNS or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        yield (time.perf_counter() - start) * 1000
        count += 1
