"""The benchmark table: Tandem and PyTorch take turns in one run, and every figure is a ratio of medians.

For each workload the peer's variants, eager and compiled, are tried first, and the fastest takes part. The cases of GPU_CASES belong to the table of a GPU; elsewhere they are run when --only or --case names them.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import fashion

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = [("tiny", 32), ("mlp", 32), ("mlp", 128), ("mlp", 512), ("lenet", 128), ("vgg", 64), ("resnet20", 128), ("mobile", 32),
         ("lstm", 32), ("gru", 32), ("transformer", 32)]
# So large that only the arithmetic counts: shown as a share of what a large matrix product achieves in the same run.
GPU_CASES = [("resnet50", 128), ("wide", 8192)]
PRODUCT_SIZE = {True: 2048, False: 8192}  # of that product, on the CPU or not
# Products of n x n x n in wide's step at batch n: three layers, each forward, for its weights and for its input, but for the
# first layer's input.
WIDE_PRODUCTS = 3 * 3 - 1


def peer_environment():
    """What PyTorch needs to be at its best on a CPU."""
    env = dict(os.environ)
    env.update(MALLOC_MMAP_MAX_="0", MALLOC_TRIM_THRESHOLD_="40000000000", MALLOC_TOP_PAD_="67108864")
    return env


class Worker:
    """A process that answers on its standard output. One that takes longer than `patience` seconds is ended."""

    def __init__(self, command, env=None, patience=300.0):
        self.patience = patience
        self.errors = tempfile.TemporaryFile("w+", errors="replace")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env,
                                        stderr=self.errors)
        try:
            self.expect(lambda line: line == "ready")
        except BaseException:
            self.close()
            raise

    def expect(self, wanted):
        """The next line that is wanted; libraries may print before."""
        late = threading.Event()

        def give_up():
            late.set()
            self.process.kill()

        clock = threading.Timer(self.patience, give_up)
        clock.start()
        try:
            for line in map(str.strip, self.process.stdout):
                if wanted(line):
                    return line
                if line.startswith("error"):
                    raise RuntimeError(line)
        finally:
            clock.cancel()
        if late.is_set():
            raise RuntimeError(f"no answer within {self.patience:.0f} s")
        status = self.process.wait()
        self.errors.seek(0)
        said = [line.strip() for line in self.errors if line.strip()]
        raise RuntimeError(f"ended with status {status}" + (f": {said[-1][:300]}" if said else ""))

    def ask(self, question):
        try:
            self.process.stdin.write(question + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:  # why is what it said last
            pass
        return float(self.expect(is_number))

    def steps_for(self, seconds):
        """How many steps take about so long, after warming up."""
        self.ask("run 3")
        steps = 1
        while True:
            spent = self.ask(f"run {steps}")
            if spent > seconds / 4 or steps > 1 << 20:
                return max(1, int(steps * seconds / max(spent, 1e-9)))
            steps *= 4

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()


def is_number(line):
    try:
        float(line)
    except ValueError:
        return False
    return True


def variants(device, version, cores):
    if device == "cpu":
        second = int(version.split(".")[0]) >= 2  # torch.compile and fused optimizers
        return [f"threads={t},{layout},{step}" for t in sorted({1, cores}) for layout in ("contiguous", "channels_last")
                for step in ("foreach", "plain") + ("fused", "fused,compile") * second]
    return ["channels_last,fused,graph", "contiguous,fused,graph", "channels_last,fused,compile,graph",
            "channels_last,fused,compile", "contiguous,foreach,graph"]


def peer_worker(args, case, optimizer, variant):
    command = [args.python, os.path.join(HERE, "peer.py"), case[0], str(case[1]), optimizer, args.device, args.precision, variant]
    # Past the deadline a row that has begun is only finished.
    return Worker(command, peer_environment(), min(args.patience, max(60.0, args.deadline - time.monotonic())))


def best_peer(args, version, case, optimizer):
    """The fastest variant and its worker, which keeps running; the time of each in ms, or why it could not be measured."""
    best, best_ms, keep, tried = None, None, None, {}
    for variant in args.variant or variants(args.device, version, os.cpu_count()):
        if case[0] in ("tiny", "mlp", "lstm", "gru", "transformer", "wide"):  # no images: the layouts are the same
            variant = variant.replace("channels_last", "contiguous")
        variant += ",fed" * args.feed
        if variant in tried:
            continue
        if best and time.monotonic() > args.deadline:
            tried[variant] = "not tried: no time was left"
            continue
        worker = None
        try:
            worker = peer_worker(args, case, optimizer, variant)
            steps = worker.steps_for(args.budget / 2)
            ms = min(worker.ask(f"run {steps}") for _ in range(2)) / steps * 1e3
        except (RuntimeError, OSError, ValueError) as problem:
            tried[variant] = str(problem)
            print(f"{'':>13} PyTorch with {variant} is skipped: {problem}", flush=True)
            if worker:
                worker.close()
            continue
        tried[variant] = ms
        if best_ms is None or ms < best_ms:
            worker, keep = keep, worker
            best, best_ms = variant, ms
        if worker:
            worker.close()
    return best, keep, tried


def measure(args, version, case, optimizer):
    variant, peer, tried = best_peer(args, version, case, optimizer)
    workers = [peer] if peer else []
    try:
        ours = Worker([os.path.join(args.build, "bin", "tandem_bench"), "--workload", case[0], "--batch", str(case[1]),
                       "--optimizer", optimizer, "--device", args.device, "--precision", args.precision,
                       "--threads", str(args.threads)], patience=args.patience)
        workers.append(ours)
        product = None
        if case[0] in dict(GPU_CASES):
            size = PRODUCT_SIZE[args.device == "cpu"]
            product = peer_worker(args, ("product", size), "-", f"threads={args.threads or os.cpu_count()}")
            workers.append(product)
        return row_of(args, version, case, optimizer, ours, peer, product, variant, tried)
    finally:
        for worker in workers:
            worker.close()


def row_of(args, version, case, optimizer, ours, peer, product, variant, tried):
    parameters = ours.ask("parameters")
    if peer and peer.ask("parameters") != parameters:
        raise RuntimeError(f"Tandem's network has {parameters:.0f} parameters, PyTorch's {peer.ask('parameters'):.0f}")
    turns = [(worker, worker.steps_for(args.budget), []) for worker in (ours, peer, product) if worker]
    for _ in range(args.rounds):
        for worker, steps, times in turns:
            times.append(worker.ask(f"run {steps}") / steps * 1e3)
    times = {worker: each for worker, _, each in turns}
    our_ms, peer_ms = times[ours], times.get(peer, [])
    row = {"workload": case[0], "batch": case[1], "optimizer": optimizer, "device": args.device, "precision": args.precision,
           "threads": args.threads or os.cpu_count(), "tandem_ms": statistics.median(our_ms), "peer": "PyTorch",
           "peer_version": version, "peer_ms": statistics.median(peer_ms) if peer else None,
           "tandem_peak_mb": ours.ask("memory"), "peer_peak_mb": peer.ask("memory") if peer else None,
           "peer_variant": variant, "peer_variants_tried": tried, "tandem_raw_ms": our_ms, "peer_raw_ms": peer_ms,
           "parameters": int(parameters)}
    if peer:
        ratios = [b / a for a, b in zip(our_ms, peer_ms)]
        row["ratio"] = row["peer_ms"] / row["tandem_ms"]
        row["spread"] = [min(ratios), max(ratios)]
    if product:
        row.update(shares(args, case, ours, times[product], row["tandem_ms"]))
    return row


def shares(args, case, ours, product_ms, step_ms):
    """What the step achieves of what a large matrix product achieves: as a whole, and its kernels alone."""
    size = PRODUCT_SIZE[args.device == "cpu"]
    peak = 2 * size**3 / min(product_ms) * 1e3
    flops = ours.ask("flops")
    if case[0] == "wide" and flops != WIDE_PRODUCTS * 2 * case[1] * 8192**2:
        raise RuntimeError(f"wide's step has {flops:.0f} FLOPs, not those of {WIDE_PRODUCTS} products")
    kernels = min(ours.ask("kernels 3") / 3 for _ in range(3))
    return {"step_flops": flops, "product_size": size, "product_flops_per_s": peak, "tandem_kernels_ms": kernels * 1e3,
            "share_of_product": flops / step_ms * 1e3 / peak, "kernels_share_of_product": flops / kernels / peak}


def measure_fashion(args, version, network):
    row = fashion.measure(args, version, Worker, peer_environment(), network, args.epochs)
    return {"workload": "fashion " + network, "batch": fashion.BATCH, "optimizer": "adam", "device": args.device,
            "precision": args.precision, "threads": args.threads or os.cpu_count(), "peer": "PyTorch", "peer_version": version, **row}


def cases(args):
    if args.case:
        return [(name, int(batch)) for name, batch in (case.split(":") for case in args.case)]
    asked = args.device != "cpu"
    return CASES + [case for case in GPU_CASES if asked or (args.only and re.search(args.only, f"{case[0]} {case[1]}"))]


def mode_of(row):
    if not row["peer_variant"]:
        return ""
    options = row["peer_variant"].split(",")
    mode = "compiled" if "compile" in options else "eager"
    return " ".join([mode] + [option for option in options if option != "compile"])


def show(row):
    ratio = f"{row['ratio']:6.2f}x ({row['spread'][0]:.2f} to {row['spread'][1]:.2f})" if "ratio" in row else "  no peer"
    peer = f"{row['peer_ms']:10.4f}" if row["peer_ms"] else " " * 10
    print(f"{row['workload']:>13} {row['batch']:>5} {row['optimizer']:>5} {row['precision']:>5} {row['tandem_ms']:10.4f} {peer} {ratio}"
          f"  {row['tandem_peak_mb'] or 0:6.0f} MB  {row['peer_peak_mb'] or 0:6.0f} MB  {mode_of(row)}", flush=True)
    if "share_of_product" in row:
        print(f"{'':>13} {row['step_flops'] / row['tandem_ms'] * 1e-9:.4g} TFLOP/s, {100 * row['share_of_product']:.0f}% of a product of "
              f"{row['product_size']}^3 ({row['product_flops_per_s'] * 1e-12:.4g} TFLOP/s); Tandem's kernels alone "
              f"{row['tandem_kernels_ms']:.4f} ms, {100 * row['kernels_share_of_product']:.0f}%", flush=True)
    for epoch, (ours, theirs) in row.get("accuracy_by_epoch", {}).items():
        print(f"{'':>13} test accuracy after {epoch} epochs: {100 * ours:.2f}% and {100 * theirs:.2f}%", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32", choices=("fp32", "tf32", "bf16", "fp16"))
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--only", default="", help="regular expression over 'workload batch optimizer'")
    parser.add_argument("--case", action="append", metavar="NAME:BATCH", help="in place of the table's; may be given again")
    parser.add_argument("--json")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=5, help="of the fashion rows")
    parser.add_argument("--budget", type=float, default=0.4, help="seconds per measurement")
    parser.add_argument("--within", type=float, default=float("inf"), help="seconds after which no row begins")
    parser.add_argument("--patience", type=float, default=300, help="seconds that one answer may take; compiling is one")
    parser.add_argument("--variant", action="append", help="of PyTorch (peer.py), in place of trying all; may be given again")
    parser.add_argument("--feed", action="store_true", help="on a GPU, PyTorch gets each batch from pinned memory, as Tandem does")
    parser.add_argument("--build", required=True)
    parser.add_argument("--python", default="/usr/bin/python3", help="the Python that has PyTorch")
    args = parser.parse_args()
    args.deadline = time.monotonic() + args.within
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # they pin slower kernels than the processor has
        os.environ.pop(name, None)
    found = subprocess.run([args.python, "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True)
    version = found.stdout.strip() or None
    if not version:
        sys.exit(f"{args.python} has no PyTorch: run installer/torch_env.sh, or name another with --python")
    print(f"Tandem against PyTorch {version} on {args.device}: ms a training step, ratio above 1 means Tandem is faster", flush=True)
    rows, failed = [], []

    def add(row):
        rows.append(row)
        show(row)
        if args.json:  # after each, so that what was measured outlives a run that is stopped
            with open(args.json, "w") as out:
                json.dump(rows, out, indent=1)

    left = []
    for case in cases(args):
        for optimizer in ("sgd", "adam"):
            name = f"{case[0]} {case[1]} {optimizer}"
            if not re.search(args.only, name):
                continue
            if time.monotonic() > args.deadline:
                left.append(name)
                continue
            try:
                add(measure(args, version, case, optimizer))
            except (RuntimeError, OSError, ValueError) as problem:
                failed.append(name)
                print(f"FAIL {name}: {problem}", flush=True)
    for network in fashion.TEMPLATES if args.device == "cpu" and not args.case else ():
        if re.search(args.only, f"fashion {network} adam") and time.monotonic() < args.deadline:
            add(measure_fashion(args, version, network))
    skipped = [name for row in rows for name, said in row["peer_variants_tried"].items() if str(said).startswith("not tried")]
    if skipped:
        print(f"PyTorch may be faster: no time was left to try {len(skipped)} of its variants")
    if left:
        print(f"no time was left for {len(left)}: " + ", ".join(left))
    if failed:
        sys.exit(f"{len(failed)} did not run: " + ", ".join(failed))
    if not rows:
        sys.exit("no row was measured: --only matches no workload, or there was no time")


if __name__ == "__main__":
    main()
