"""PyTorch as a worker for run.py: the same protocol as tandem_bench ("run N", "parameters", "memory", "quit").

Usage: peer.py WORKLOAD BATCH OPTIMIZER DEVICE PRECISION VARIANT, where VARIANT is a comma list of
threads=N, channels_last, foreach, fused, compile (torch.compile, max-autotune), graph (the whole step as one CUDA graph), fed
(batches come from pinned memory while the step before is computed). WORKLOAD "product" multiplies two BATCH x BATCH matrices.
"""
import contextlib
import os
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def conv_bn(cin, cout, kernel, stride=1, groups=1, norm=nn.BatchNorm2d):
    return nn.Sequential(nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False),
                         norm(cout), nn.ReLU(inplace=True))


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


class Recurrent(nn.Module):
    """Returns the last state. PyTorch has a second bias per gate, which only the GRU needs; the LSTM's is frozen at zero, so that
    the networks have the same size."""

    def __init__(self, kind, features, units):
        super().__init__()
        self.cells = kind(features, units, batch_first=True)
        if kind is nn.LSTM:
            self.cells.bias_hh_l0.requires_grad = False
            nn.init.zeros_(self.cells.bias_hh_l0)

    def forward(self, x):
        return self.cells(x)[0][:, -1]


def resnet20():
    layers, cin = [conv_bn(3, 16, 3)], 16
    for cout in (16, 32, 64):
        for block in range(3):
            layers.append(Block(cin, cout, 2 if cout > 16 and block == 0 else 1))
            cin = cout
    return nn.Sequential(*layers, GlobalPool(), nn.Linear(64, 10))


class Bottleneck(nn.Module):
    """In order of definition the layers are Tandem's (tests/support/workloads.cpp), which tests/golden rests on."""

    def __init__(self, cin, width, stride, project, norm):
        super().__init__()
        self.a = conv_bn(cin, width, 1, norm=norm)
        self.b = conv_bn(width, width, 3, stride, norm=norm)
        self.c = nn.Sequential(nn.Conv2d(width, 4 * width, 1, bias=False), norm(4 * width))
        self.short = nn.Identity()
        if project:
            self.short = nn.Sequential(nn.Conv2d(cin, 4 * width, 1, stride, bias=False), norm(4 * width))

    def forward(self, x):
        return F.relu(self.c(self.b(self.a(x))) + self.short(x), inplace=True)


def bottleneck_network(blocks, width, classes, norm=nn.BatchNorm2d):
    layers, cin = [conv_bn(3, width, 7, 2, norm=norm), nn.MaxPool2d(3, 2, 1)], width
    for stage, count in enumerate(blocks):
        inside = width << stage
        for block in range(count):
            layers.append(Bottleneck(cin, inside, 2 if stage > 0 and block == 0 else 1, block == 0, norm))
            cin = 4 * inside
    return nn.Sequential(*layers, GlobalPool(), nn.Linear(cin, classes))


def wide():
    return nn.Sequential(nn.Linear(8192, 8192), nn.ReLU(), nn.Linear(8192, 8192), nn.ReLU(), nn.Linear(8192, 8192))


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


class MeanOfSteps(nn.Module):
    def forward(self, x):
        return x.mean(1)


def transformer():
    blocks = [nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0, batch_first=True) for _ in range(2)]
    return nn.Sequential(*blocks, MeanOfSteps(), nn.Linear(128, 10))


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
    "transformer": (transformer, (64, 128), 10),
    "lstm": (lambda: nn.Sequential(Recurrent(nn.LSTM, 64, 256), nn.Linear(256, 10)), (64, 64), 10),
    "gru": (lambda: nn.Sequential(Recurrent(nn.GRU, 64, 256), nn.Linear(256, 10)), (64, 64), 10),
    "resnet50": (lambda: bottleneck_network((3, 4, 6, 3), 64, 1000), (3, 224, 224), 1000),
    "wide": (wide, (8192,), 8192),
}
HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}
WARM_UP = 5  # steps: algorithms are found, the optimizer's state is made, torch.compile compiles


class Training:
    """step() is a training step on data that stay on the device; parameters, how many there are."""

    def __init__(self, name, batch, optimizer, device, precision, options):
        make, shape, classes = WORKLOADS[name]
        torch.manual_seed(0)
        net = make().to(device)
        x = torch.randn(batch, *shape, device=device)
        if "channels_last" in options and len(shape) == 3:
            net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
        self.x, self.y = x, torch.randint(0, classes, (batch,), device=device)
        self.parameters = sum(p.numel() for p in net.parameters() if p.requires_grad)
        keywords = {"foreach": True} if "foreach" in options else {"fused": True} if "fused" in options else {}
        if "graph" in options and optimizer == "adam":
            keywords["capturable"] = True
        if optimizer == "sgd":
            self.optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, **keywords)
        else:
            self.optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, **keywords)
        kind = "cuda" if device.startswith("cuda") else "cpu"
        self.scaler = torch.amp.GradScaler(kind) if precision == "fp16" else None

        def loss():
            with torch.autocast(kind, HALF[precision]) if precision in HALF else contextlib.nullcontext():
                return F.cross_entropy(net(self.x), self.y)

        # With a graph around the whole step torch.compile's own graphs would only copy once more.
        mode = "max-autotune-no-cudagraphs" if "graph" in options else "max-autotune"
        self.loss = torch.compile(loss, mode=mode) if "compile" in options else loss

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        if self.scaler:
            self.scaler.scale(self.loss()).backward()
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            self.loss().backward()
            self.optimizer.step()


class Product:
    """step() is a matrix product whose operands are of the precision asked for: what a device does at most."""

    def __init__(self, size, device, precision):
        torch.manual_seed(0)
        dtype = HALF.get(precision, torch.float32)
        self.a, self.b, self.c = (torch.randn(size, size, device=device).to(dtype) for _ in range(3))
        self.parameters = 0

    def step(self):
        torch.matmul(self.a, self.b, out=self.c)


def forget_warm_up():
    """The search for algorithms takes memory that training does not need."""
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()


def captured(step):
    """Warms up on a stream of its own and captures one step there: the replay of it."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())  # weights and data are still being made
    with torch.cuda.stream(side):
        for _ in range(WARM_UP):
            step()
    forget_warm_up()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=side):
        step()
    return graph.replay


def fed(run, tensors):
    """The step with its next inputs on their way from pinned memory meanwhile, as Tandem's are."""
    lane = torch.cuda.Stream()
    host = [tensor.cpu().pin_memory() for tensor in tensors]
    arriving = [tensor.clone() for tensor in tensors]
    torch.cuda.synchronize()

    def step():
        current = torch.cuda.current_stream()
        current.wait_stream(lane)
        for tensor, arrived in zip(tensors, arriving):
            tensor.copy_(arrived)
        lane.wait_stream(current)  # before the step, so that the copies run beside it
        with torch.cuda.stream(lane):
            for arrived, source in zip(arriving, host):
                arrived.copy_(source, non_blocking=True)
        run()

    return step


def prepare(name, batch, optimizer, device, precision, options):
    """The thing to time and how to run one step of it, warmed up."""
    cuda = device.startswith("cuda")
    for option in options:
        if option.startswith("threads="):
            torch.set_num_threads(int(option[8:]))
    if cuda:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
        torch.backends.cudnn.benchmark = True
        torch.cuda.set_device(device)
    work = Product(batch, device, precision) if name == "product" else Training(name, batch, optimizer, device, precision, options)
    run = work.step
    if "graph" in options:
        run = captured(work.step)
    elif cuda or "compile" in options:
        for _ in range(WARM_UP):
            work.step()
        if cuda:
            forget_warm_up()
    if "fed" in options and cuda:
        run = fed(run, [work.x, work.y])
    return work, run


def main():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever libraries print belongs to the errors
    name, batch, optimizer, device, precision, variant = sys.argv[1:7]
    cuda = device.startswith("cuda")
    try:
        work, run = prepare(name, int(batch), optimizer, device, precision, set(variant.split(",")))
        if cuda:
            torch.cuda.synchronize()
    except Exception as problem:  # if PyTorch fails on a variant, the table continues without it
        print("error", type(problem).__name__, " ".join(str(problem).split())[:200], file=answers)
        raise
    print("ready", file=answers)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "run":
            before = time.perf_counter()
            for _ in range(int(words[1])):
                run()
            if cuda:
                torch.cuda.synchronize()
            print(time.perf_counter() - before, file=answers)
        elif words[0] == "parameters":
            print(work.parameters, file=answers)
        elif words[0] == "memory":  # of the device what training holds of it, elsewhere the peak of the process
            held = torch.cuda.max_memory_reserved() / 1024 if cuda else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(held / 1024, file=answers)
        elif words[0] == "quit":
            break


if __name__ == "__main__":
    main()
