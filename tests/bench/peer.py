"""PyTorch as a worker for run.py: the same protocol as tandem_bench ("run N", "memory", "quit").

Usage: peer.py WORKLOAD BATCH OPTIMIZER DEVICE PRECISION VARIANT, where VARIANT is a comma list of
threads=N, channels_last, foreach, fused, compile, graph.
"""
import contextlib
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def conv_bn(cin, cout, kernel, stride=1, groups=1):
    return nn.Sequential(nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False),
                         nn.BatchNorm2d(cout), nn.ReLU(inplace=True))


class Block(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.a = conv_bn(cin, cout, 3, stride)
        self.b = nn.Sequential(nn.Conv2d(cout, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout))
        self.short = nn.Identity()
        if stride != 1 or cin != cout:
            self.short = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        return F.relu(self.b(self.a(x)) + self.short(x), inplace=True)


class GlobalPool(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def resnet20():
    layers, cin = [conv_bn(3, 16, 3)], 16
    for cout in (16, 32, 64):
        for block in range(3):
            layers.append(Block(cin, cout, 2 if cout > 16 and block == 0 else 1))
            cin = cout
    return nn.Sequential(*layers, GlobalPool(), nn.Linear(64, 10))


def vgg():
    layers, cin = [], 3
    for cout in (64, 128, 256):
        layers += [conv_bn(cin, cout, 3), conv_bn(cout, cout, 3), nn.MaxPool2d(2)]
        cin = cout
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(256 * 16, 10))


def mobile():
    layers = []
    for cin in (64, 128, 128):
        layers += [conv_bn(cin, cin, 3, groups=cin), conv_bn(cin, 128, 1)]
    return nn.Sequential(*layers, GlobalPool(), nn.Linear(128, 10))


WORKLOADS = {
    "tiny": (lambda: nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 2)), (2,), 2),
    "mlp": (lambda: nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10)),
            (784,), 10),
    "lenet": (lambda: nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
                                    nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12544, 128), nn.ReLU(), nn.Linear(128, 10)),
              (1, 28, 28), 10),
    "vgg": (vgg, (3, 32, 32), 10),
    "resnet20": (resnet20, (3, 32, 32), 10),
    "mobile": (mobile, (64, 32, 32), 10),
}


def main():
    name, batch, optimizer_name, device, precision, variant = sys.argv[1:7]
    batch, options = int(batch), set(variant.split(","))
    cuda = device.startswith("cuda")
    for option in options:
        if option.startswith("threads="):
            torch.set_num_threads(int(option[8:]))
    if cuda:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
        torch.backends.cudnn.benchmark = True
    make, shape, classes = WORKLOADS[name]
    torch.manual_seed(0)
    net = make().to(device)
    x = torch.randn(batch, *shape, device=device)
    if "channels_last" in options and len(shape) == 3:
        net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    y = torch.randint(0, classes, (batch,), device=device)
    keywords = {"foreach": True} if "foreach" in options else {"fused": True} if "fused" in options else {}
    if cuda and "graph" in options and optimizer_name == "adam":
        keywords["capturable"] = True
    if optimizer_name == "sgd":
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, **keywords)
    else:
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, **keywords)
    forward = torch.compile(net, mode="max-autotune-no-cudagraphs" if "graph" in options else "max-autotune") \
        if "compile" in options else net

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16) if precision == "bf16" else contextlib.nullcontext():
            loss = F.cross_entropy(forward(x), y)
        loss.backward()
        optimizer.step()

    if "graph" in options:
        side = torch.cuda.Stream()
        with torch.cuda.stream(side):
            for _ in range(5):
                step()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            step()
        run = graph.replay
    else:
        run = step
    print("ready", flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "run":
            before = time.perf_counter()
            for _ in range(int(words[1])):
                run()
            if cuda:
                torch.cuda.synchronize()
            print(time.perf_counter() - before, flush=True)
        elif words[0] == "memory":
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
        elif words[0] == "quit":
            break


if __name__ == "__main__":
    main()
