"""Each workload of the benchmark trains: its loss is finite and falls. Usage: smoke.py BUILD_FOLDER

Then wrong batches are planted, which must be noticed: a benchmark that feeds something else than its plan takes
still prints times.
"""
import math
import os
import sys

from run import Worker

# Batches as in the table; the two networks for a GPU, whose batches would take a CPU minutes, in small ones. The same batch is
# repeated, so that even random labels can be learned in that number of steps.
CASES = [("tiny", 32, "sgd", 200), ("mlp", 512, "sgd", 20), ("lenet", 128, "sgd", 8), ("vgg", 64, "adam", 6),
         ("resnet20", 128, "sgd", 4), ("mobile", 32, "sgd", 10), ("lstm", 32, "adam", 10), ("gru", 32, "adam", 10),
         ("transformer", 32, "sgd", 20), ("resnet50", 4, "sgd", 3), ("wide", 16, "sgd", 3)]


def problem(build, name, batch, optimizer, steps, plant=""):
    """Why the workload does not train, or None."""
    command = [os.path.join(build, "bin", "tandem_bench"), "--workload", name, "--batch", str(batch),
               "--optimizer", optimizer, "--plant", plant]
    worker = None
    try:
        worker = Worker(command)
        first, last = worker.ask("loss 1"), worker.ask(f"loss {steps}")
    except RuntimeError as error:
        return str(error)
    finally:
        if worker:
            worker.close()
    print(f"{name} {batch}: loss {first:.5f}, after {steps} steps {last:.5f}", flush=True)
    if not (math.isfinite(first) and math.isfinite(last)):
        return "the loss is not finite"
    return None if last < 0.99 * first else "the loss does not fall"


def main():
    failed = 0
    for name, batch, optimizer, steps in CASES:
        if found := problem(sys.argv[1], name, batch, optimizer, steps):
            failed += 1
            print(f"FAIL {name} {batch}: {found}", flush=True)
    for plant, expected in (("bytes", "the plan takes"), ("bits", "the loss is not finite")):
        for name, batch in (("mlp", 512), ("lenet", 128)):
            found = problem(sys.argv[1], name, batch, "sgd", 3, plant)
            if expected not in (found or ""):
                failed += 1
                print(f"FAIL {name} {batch} with planted {plant}: {found or 'not noticed'}", flush=True)
    sys.exit(f"{failed} failed" if failed else 0)


if __name__ == "__main__":
    main()
