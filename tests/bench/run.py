"""The benchmark table: Tandem and PyTorch take turns in one run, and every figure is a ratio of medians.

For each workload the peer's variants are tried first, and its fastest takes part. See ../shared/BENCHMARKS.md.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys

import fashion

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = [("tiny", 32), ("mlp", 32), ("mlp", 128), ("mlp", 512), ("lenet", 128), ("vgg", 64), ("resnet20", 128), ("mobile", 32)]


def peer_environment():
    """What PyTorch needs to be at its best on a CPU."""
    env = dict(os.environ)
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        env.pop(name, None)
    env.update(MALLOC_MMAP_MAX_="0", MALLOC_TRIM_THRESHOLD_="40000000000", MALLOC_TOP_PAD_="67108864")
    return env


class Worker:
    def __init__(self, command, env=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env,
                                        stderr=subprocess.DEVNULL)
        for line in self.process.stdout:  # libraries may print before
            if line.strip() == "ready":
                return
            if line.startswith("error"):
                raise RuntimeError(line.strip())
        raise RuntimeError("worker did not start: " + " ".join(command))

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("worker died")
        return float(answer)

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
        self.process.stdin.close()
        self.process.wait()


def variants(device, cores):
    if device == "cpu":
        return [f"threads={t},{layout},{step}" for t in sorted({1, cores}) for layout in ("contiguous", "channels_last")
                for step in ("foreach", "plain")]
    return ["channels_last,fused,graph", "contiguous,fused,graph", "channels_last,fused,compile,graph"]


def peer_command(python, case, optimizer, args, variant):
    return [python, os.path.join(HERE, "peer.py"), case[0], str(case[1]), optimizer, args.device, args.precision, variant]


def best_peer(python, case, optimizer, args):
    best, best_ms, tried = None, None, {}
    for variant in variants(args.device, os.cpu_count()):
        if case[0] in ("tiny", "mlp") and "channels_last" in variant:
            continue
        try:
            worker = Worker(peer_command(python, case, optimizer, args, variant), peer_environment())
            steps = worker.steps_for(args.budget / 2)
            ms = min(worker.ask(f"run {steps}") for _ in range(2)) / steps * 1e3
            worker.close()
        except (RuntimeError, OSError, ValueError) as problem:
            tried[variant] = str(problem)
            continue
        tried[variant] = ms
        if best_ms is None or ms < best_ms:
            best, best_ms = variant, ms
    return best, tried


def measure(args, python, version, case, optimizer):
    variant, tried = best_peer(python, case, optimizer, args)
    ours = Worker([os.path.join(args.build, "bin", "tandem_bench"), "--workload", case[0], "--batch", str(case[1]),
                   "--optimizer", optimizer, "--device", args.device, "--precision", args.precision,
                   "--threads", str(args.threads)])
    peer = Worker(peer_command(python, case, optimizer, args, variant), peer_environment()) if variant else None
    our_steps = ours.steps_for(args.budget)
    peer_steps = peer.steps_for(args.budget) if peer else 0
    our_ms, peer_ms = [], []
    for _ in range(args.rounds):
        our_ms.append(ours.ask(f"run {our_steps}") / our_steps * 1e3)
        if peer:
            peer_ms.append(peer.ask(f"run {peer_steps}") / peer_steps * 1e3)
    row = {"workload": case[0], "batch": case[1], "optimizer": optimizer, "device": args.device, "precision": args.precision,
           "threads": args.threads or os.cpu_count(), "tandem_ms": statistics.median(our_ms), "peer": "PyTorch",
           "peer_version": version, "peer_ms": statistics.median(peer_ms) if peer else None,
           "tandem_peak_mb": ours.ask("memory"), "peer_peak_mb": peer.ask("memory") if peer else None,
           "peer_variant": variant, "peer_variants_tried": tried, "tandem_raw_ms": our_ms, "peer_raw_ms": peer_ms}
    if peer:
        ratios = [b / a for a, b in zip(our_ms, peer_ms)]
        row["ratio"] = row["peer_ms"] / row["tandem_ms"]
        row["spread"] = [min(ratios), max(ratios)]
        peer.close()
    ours.close()
    return row


def measure_fashion(args, version, network):
    row = fashion.measure(args, Worker, peer_environment(), network, args.epochs)
    return {"workload": "fashion " + network, "batch": fashion.BATCH, "optimizer": "adam", "device": args.device,
            "precision": args.precision, "threads": args.threads or os.cpu_count(), "peer": "PyTorch", "peer_version": version, **row}


def show(row):
    ratio = f"{row['ratio']:6.2f}x ({row['spread'][0]:.2f} to {row['spread'][1]:.2f})" if "ratio" in row else "  no peer"
    peer = f"{row['peer_ms']:10.4f}" if row["peer_ms"] else " " * 10
    print(f"{row['workload']:>13} {row['batch']:>5} {row['optimizer']:>5} {row['precision']:>5} {row['tandem_ms']:10.4f} {peer} {ratio}"
          f"  {row['tandem_peak_mb'] or 0:6.0f} MB  {row['peer_peak_mb'] or 0:6.0f} MB  {row['peer_variant']}", flush=True)
    for epoch, (ours, theirs) in row.get("accuracy_by_epoch", {}).items():
        print(f"{'':>13} test accuracy after {epoch} epochs: {100 * ours:.2f}% and {100 * theirs:.2f}%", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--only", default="", help="regular expression over 'workload batch optimizer'")
    parser.add_argument("--json")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=5, help="of the fashion rows")
    parser.add_argument("--budget", type=float, default=0.4, help="seconds per measurement")
    parser.add_argument("--build", required=True)
    parser.add_argument("--python", default="/usr/bin/python3", help="the Python that has PyTorch")
    args = parser.parse_args()
    found = subprocess.run([args.python, "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True)
    version = found.stdout.strip() or None
    if not version:
        sys.exit(f"{args.python} has no PyTorch: install python3-torch, or name another with --python")
    print(f"Tandem against PyTorch {version} on {args.device}: ms a training step, ratio above 1 means Tandem is faster")
    rows, failed = [], []

    def add(row):
        rows.append(row)
        show(row)
        if args.json:  # after each, so that what was measured outlives a run that is stopped
            with open(args.json, "w") as out:
                json.dump(rows, out, indent=1)

    for case in CASES:
        for optimizer in ("sgd", "adam"):
            name = f"{case[0]} {case[1]} {optimizer}"
            if not re.search(args.only, name):
                continue
            try:
                add(measure(args, args.python, version, case, optimizer))
            except (RuntimeError, OSError, ValueError) as problem:
                failed.append(name)
                print(f"FAIL {name}: {problem}", flush=True)
    for network in fashion.TEMPLATES if args.device == "cpu" else ():
        if re.search(args.only, f"fashion {network} adam"):
            add(measure_fashion(args, version, network))
    if failed:
        sys.exit(f"{len(failed)} did not run: " + ", ".join(failed))
    if not rows:
        sys.exit("--only matches no workload")


main()
