"""Whole epochs of Fashion-MNIST, data loading included: Tandem and PyTorch train by turns, one epoch each.

Tandem runs as people run it (`tandem train`, resumed from its checkpoint at each turn); PyTorch at its best holds all images
as one tensor and draws batches by index. As a program this file is the PyTorch side: fashion.py NETWORK VARIANT, which
answers "epoch" with seconds, "accuracy" with the share of test images, "memory" with MB.
"""
import copy
import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = "/usr/share/datasets/fashion-mnist"
TEMPLATES = {"mlp": "Fashion-MNIST MLP", "lenet": "Fashion-MNIST CNN"}
BATCH = 128


class Tandem:
    """The template's project on all 60,000 images, one epoch at a call."""

    def __init__(self, build, network, threads):
        self.program = os.path.join(build, "bin", "tandem")
        self.folder = tempfile.TemporaryDirectory(prefix="tandem-fashion-")
        self.file = os.path.join(self.folder.name, "project.tandem")
        self.threads, self.epochs, self.last = threads, 0, None
        subprocess.run([self.program, "new", "--template", TEMPLATES[network], "-o", self.file], check=True, capture_output=True)
        with open(self.file) as source:
            project = json.load(source)
        project["data"]["validation_fraction"] = 0
        project["training"]["batch"] = BATCH
        with open(self.file, "w") as target:
            json.dump(project, target)

    def epoch(self):
        self.epochs += 1
        out = os.path.join(self.folder.name, str(self.epochs))
        command = [self.program, "train", self.file, "--json", "--epochs", str(self.epochs), "--threads", str(self.threads),
                   "--out", out]
        if self.last:
            command += ["--resume", self.last["checkpoint"]]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.last = lines[-1]
        return [line for line in lines if line["event"] == "epoch"][-1]["seconds"]  # no validation: training alone

    def accuracy(self):
        return self.last["test_accuracy"]


def measure(args, version, worker, environment, network, rounds):
    """A row of the table. `worker` starts a process that speaks the protocol above."""
    best, tried = None, {}
    layouts = ["contiguous"] if network == "mlp" else ["contiguous", "channels_last"]
    modes = ["", ",compile"] if int(version.split(".")[0]) >= 2 else [""]
    for variant in [f"threads={os.cpu_count()},{layout}{mode}" for layout in layouts for mode in modes]:
        peer = worker([args.python, os.path.join(HERE, "fashion.py"), network, variant], environment)
        peer.ask("trial")  # compiles
        tried[variant] = peer.ask("trial")
        peer.close()
        if best is None or tried[variant] < tried[best]:
            best = variant
    peer = worker([args.python, os.path.join(HERE, "fashion.py"), network, best], environment)
    peer.ask("trial")
    tandem = Tandem(args.build, network, args.threads)
    ours, theirs, accuracy = [], [], {}
    for epoch in range(1, rounds + 1):
        ours.append(tandem.epoch() * 1e3)
        theirs.append(peer.ask("epoch") * 1e3)
        accuracy[epoch] = [tandem.accuracy(), peer.ask("accuracy")]
    ratios = [b / a for a, b in zip(ours, theirs)]
    row = {"tandem_ms": statistics.median(ours), "peer_ms": statistics.median(theirs), "peer_peak_mb": peer.ask("memory"),
           "tandem_peak_mb": None, "peer_variant": best,  # a process an epoch: the other rows measure memory
           "peer_variants_tried": tried, "tandem_raw_ms": ours, "peer_raw_ms": theirs, "accuracy_by_epoch": accuracy,
           "spread": [min(ratios), max(ratios)]}
    row["ratio"] = row["peer_ms"] / row["tandem_ms"]
    peer.close()
    return row


def main():
    import numpy as np
    import torch
    import torch.nn.functional as F
    from peer import WORKLOADS

    network, options = sys.argv[1], set(sys.argv[2].split(","))
    for option in options:
        if option.startswith("threads="):
            torch.set_num_threads(int(option[8:]))

    def read(name, header):
        with gzip.open(os.path.join(DATA, name)) as source:
            return np.frombuffer(source.read(), np.uint8, offset=header).copy()

    def images(name):
        pixels = torch.from_numpy(read(name, 16)).float().div_(255)
        return pixels.view(-1, 784) if network == "mlp" else pixels.view(-1, 1, 28, 28)

    x, y = images("train-images-idx3-ubyte.gz"), torch.from_numpy(read("train-labels-idx1-ubyte.gz", 8)).long()
    xt, yt = images("t10k-images-idx3-ubyte.gz"), torch.from_numpy(read("t10k-labels-idx1-ubyte.gz", 8)).long()
    mean, deviation = x.mean(), x.std()
    x, xt = (x - mean) / deviation, (xt - mean) / deviation
    torch.manual_seed(0)
    net = WORKLOADS[network][0]()
    if "channels_last" in options:
        net, x, xt = (each.to(memory_format=torch.channels_last) for each in (net, x, xt))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, foreach=True)

    def loss(features, labels):
        return F.cross_entropy(net(features), labels)

    if "compile" in options:
        loss = torch.compile(loss, mode="max-autotune")

    def epoch(batches):
        order = torch.randperm(len(x))
        for start in range(0, batches * BATCH, BATCH):
            rows = order[start:start + BATCH]
            optimizer.zero_grad(set_to_none=True)
            loss(x[rows], y[rows]).backward()
            optimizer.step()

    def accuracy():
        net.eval()
        with torch.no_grad():
            right = sum((net(xt[i:i + 500]).argmax(1) == yt[i:i + 500]).sum().item() for i in range(0, len(xt), 500))
        net.train()
        return right / len(xt)

    print("ready", flush=True)
    for line in sys.stdin:
        before = time.perf_counter()
        if line.strip() == "epoch":
            epoch(len(x) // BATCH)
            print(time.perf_counter() - before, flush=True)
        elif line.strip() == "trial":  # leaves no trace in the weights
            start = copy.deepcopy((net.state_dict(), optimizer.state_dict()))
            before = time.perf_counter()
            epoch(20)
            print(time.perf_counter() - before, flush=True)
            net.load_state_dict(start[0])
            optimizer.load_state_dict(start[1])
        elif line.strip() == "accuracy":
            print(accuracy(), flush=True)
        elif line.strip() == "memory":
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


if __name__ == "__main__":
    main()
