"""Trains small networks in PyTorch and writes all reference values, one safetensors file per case.

Names and layouts are Tandem's: "conv1/kernel" is (O, H, W, I), dense kernels are (in, out), images NHWC. The bottleneck
networks come from the benchmark (tests/bench/peer.py), which therefore compares the same networks.
Usage: make_fixtures.py OUTPUT_FOLDER
"""
import json
import os
import struct
import sys

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))
import peer  # noqa: E402

STEPS = 10


class KerasBatchNorm(nn.BatchNorm2d):
    """Normalizes like PyTorch, but tracks the biased variance, like Keras and Tandem."""

    def __init__(self, channels):
        super().__init__(channels, eps=1e-3)

    def forward(self, x):
        if not self.training:
            return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)
        with torch.no_grad():
            self.running_mean.mul_(0.99).add_(0.01 * x.mean((0, 2, 3)))
            self.running_var.mul_(0.99).add_(0.01 * x.var((0, 2, 3), unbiased=False))
        return F.batch_norm(x, None, None, self.weight, self.bias, True, 0.0, self.eps)


class Mlp(nn.Module):
    shape, classes, batch = (20,), 5, 16

    def __init__(self):
        super().__init__()
        self.dense1 = nn.Linear(20, 33)
        self.dense2 = nn.Linear(33, 24)
        self.dense3 = nn.Linear(24, 5)

    def forward(self, x):
        return self.dense3(torch.tanh(self.dense2(torch.relu(self.dense1(x)))))


class MlpGelu(Mlp):
    def forward(self, x):
        return self.dense3(F.silu(self.dense2(F.gelu(self.dense1(x)))))


class CnnBatchNorm(nn.Module):
    shape, classes, batch = (12, 12, 3), 6, 9

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = KerasBatchNorm(8)
        self.conv2 = nn.Conv2d(8, 12, 3, stride=2, bias=False)  # a bias before a norm has no gradient
        self.bn2 = KerasBatchNorm(12)
        self.conv3 = nn.Conv2d(12, 12, 2)
        self.dense1 = nn.Linear(12, 6)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 2)
        y = self.bn2(self.conv2(x))
        z = torch.relu(self.conv3(y))
        return self.dense1(z.mean((2, 3)))


class Residual(nn.Module):
    shape, classes, batch = (8, 8, 4), 3, 5

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(4, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.conv3 = nn.Conv2d(4, 8, 1)
        self.dense1 = nn.Linear(8 * 4 * 4, 3)

    def forward(self, x):
        main = self.conv2(F.leaky_relu(self.conv1(x), 0.01))
        y = F.avg_pool2d(torch.relu(main + self.conv3(x)), 2)
        return self.dense1(y.permute(0, 2, 3, 1).flatten(1))  # Tandem flattens NHWC


class Merges(nn.Module):
    """Images are merged with the gates of their channels and with an image of one channel."""
    shape, classes, batch = (8, 8, 4), 3, 6

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(4, 8, 3, padding=1)
        self.dense1 = nn.Linear(8, 6)
        self.dense2 = nn.Linear(6, 8)
        self.conv2 = nn.Conv2d(4, 1, 1)
        self.dense3 = nn.Linear(8, 3)

    def forward(self, x):
        image = torch.tanh(self.conv1(x))
        gate = torch.sigmoid(self.dense2(torch.tanh(self.dense1(image.mean((2, 3))))))[:, :, None, None]
        mask = self.conv2(x)
        y = (torch.maximum(image * gate, mask) + image) / 2
        y = torch.minimum(y, gate) - gate + mask
        return self.dense3(y.mean((2, 3)))


class Regression(nn.Module):
    shape, classes, batch = (7,), 0, 12

    def __init__(self):
        super().__init__()
        self.dense1 = nn.Linear(7, 19)
        self.dense2 = nn.Linear(19, 2)

    def forward(self, x):
        return self.dense2(F.softplus(self.dense1(x)))


class Bottlenecks(nn.Module):
    """A small resnet50; layers are numbered by type, as Tandem numbers unnamed layers.

    It trains only a few steps: with this many relus and pools, the last digit soon decides whether an input is above zero
    or the maximum of its window, and from then on two correct programs diverge."""
    shape, classes, batch, steps = (32, 32, 3), 5, 12, 3

    def __init__(self):
        super().__init__()
        self.net = peer.bottleneck_network((1, 2), 4, self.classes, KerasBatchNorm)
        counts = {}
        self.tandem_layers = {}
        for name, layer in self.net.named_modules():
            kind = {nn.Conv2d: "conv2d", KerasBatchNorm: "batch_norm", nn.Linear: "dense"}.get(type(layer))
            if kind:
                counts[kind] = counts.get(kind, 0) + 1
                self.tandem_layers["net." + name] = kind if counts[kind] == 1 else f"{kind}_{counts[kind]}"

    def forward(self, x):
        return self.net(x)


class Transformer(nn.Module):
    """Causal attention with rotary positions, in which two heads share their keys."""
    shape, classes, batch = (6, 8), 4, 10

    def __init__(self):
        super().__init__()
        self.dense1 = nn.Linear(8, 12)
        self.norm1 = nn.LayerNorm(12, eps=1e-3)
        self.attention1 = nn.ModuleDict({"query": nn.Linear(12, 12), "key": nn.Linear(12, 6), "value": nn.Linear(12, 6),
                                         "output": nn.Linear(12, 12)})
        self.dense2 = nn.Linear(12, 12)
        self.dense3 = nn.Linear(12, 4)
        self.tandem_layers = {f"attention1.{each}": f"attention1/{each}" for each in self.attention1}

    @staticmethod
    def turned(x):
        """Features i and i + 3 of each head are a complex number, which is turned by its step."""
        steps = torch.arange(x.shape[1], dtype=x.dtype)[:, None]
        angles = steps * 10000.0 ** (-2 * torch.arange(3, dtype=x.dtype) / 6)
        turns = torch.polar(torch.ones_like(angles), angles)[None, :, None]
        y = torch.complex(x[..., :3], x[..., 3:]) * turns
        return torch.cat([y.real, y.imag], -1)

    def forward(self, x):
        x = self.dense1(x)
        y, seen = self.norm1(x), []
        query = self.turned(self.attention1["query"](y).unflatten(2, (2, 6)))
        key = self.turned(self.attention1["key"](y).unflatten(2, (1, 6)))[:, :, 0]
        value = self.attention1["value"](y)
        future = torch.ones(6, 6).triu(1).bool()
        for head in range(2):
            scores = query[:, :, head] @ key.transpose(1, 2) / 6**0.5
            seen.append(scores.masked_fill(future, -torch.inf).softmax(-1) @ value)
        x = x + self.attention1["output"](torch.cat(seen, -1))
        return self.dense3(F.gelu(self.dense2(x)).mean(1))


def tandem_name(net, name):
    layer, leaf = name.rsplit(".", 1)
    layer = getattr(net, "tandem_layers", {}).get(layer, layer)
    norm = layer.startswith(("bn", "batch_norm", "norm"))
    return layer + "/" + {"weight": "gamma" if norm else "kernel", "bias": "beta" if norm else "bias",
                          "running_mean": "moving_mean", "running_var": "moving_variance"}[leaf]


def tandem_layout(tensor):
    tensor = tensor.detach().double().clone()  # the optimizer overwrites the original
    if tensor.dim() == 4:
        return tensor.permute(0, 2, 3, 1).contiguous()
    return tensor.t().contiguous() if tensor.dim() == 2 else tensor.contiguous()


def write(path, tensors, metadata):
    header, offset, blobs = {"__metadata__": metadata}, 0, []
    for name, tensor in tensors.items():
        integer = not tensor.is_floating_point()
        blob = tensor.to(torch.int32 if integer else torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "I32" if integer else "F32", "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header).encode()
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


class Lion(torch.optim.Optimizer):
    """Chen et al., 2023, algorithm 2: PyTorch has no Lion."""

    def __init__(self, parameters, lr, betas, weight_decay):
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for w in group["params"]:
                m = self.state[w].setdefault("m", torch.zeros_like(w))
                c = beta1 * m + (1 - beta1) * w.grad
                w.sub_(group["lr"] * (c.sign() + group["weight_decay"] * w))
                m.mul_(beta2).add_((1 - beta2) * w.grad)


def optimizer_for(kind, parameters):
    if kind == "sgd":
        return torch.optim.SGD(parameters, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3)
    if kind == "adam":
        return torch.optim.Adam(parameters, lr=0.01, eps=1e-7)
    if kind == "adamw":
        return torch.optim.AdamW(parameters, lr=0.01, eps=1e-7, weight_decay=0.05)
    if kind == "adagrad":
        return torch.optim.Adagrad(parameters, lr=0.05, eps=1e-7, initial_accumulator_value=0.01, weight_decay=1e-3)
    if kind == "adadelta":
        return torch.optim.Adadelta(parameters, lr=2.0, rho=0.9, eps=1e-5, weight_decay=1e-3)
    if kind == "lion":
        return Lion(parameters, lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1)
    if kind == "nadam":
        # foreach: up to PyTorch 1.13, the other implementation multiplies the product of momenta by the current one twice.
        return torch.optim.NAdam(parameters, lr=0.01, eps=1e-7, weight_decay=1e-3, momentum_decay=0.1, foreach=True)
    return torch.optim.RMSprop(parameters, lr=0.005, alpha=0.9, eps=1e-7, momentum=0.9)


def make(folder, name, module, optimizer_kind, loss_kind="softmax_cross_entropy"):
    torch.manual_seed(7)
    # In double precision, so that Tandem's single precision is compared with exact values, not with other rounding.
    net = module().double()
    losses = {"softmax_cross_entropy": F.cross_entropy, "mse": F.mse_loss, "mae": F.l1_loss,
              "huber": F.huber_loss}
    optimizer = optimizer_for(optimizer_kind, net.parameters())
    tensors = {}
    for key, value in net.named_parameters():
        tensors["initial/" + tandem_name(net, key)] = tandem_layout(value)
    steps = getattr(module, "steps", STEPS)
    features = torch.randn(steps, module.batch, *module.shape).double()
    if module.classes:
        labels = torch.randint(0, module.classes, (steps, module.batch))
    else:
        labels = torch.randn(steps, module.batch, 2).double()
    to_torch = (lambda x: x.permute(0, 3, 1, 2)) if len(module.shape) == 3 else (lambda x: x)
    net.eval()
    tensors["output_before"] = net(to_torch(features[0])).detach()
    net.train()
    curve = []
    for step in range(steps):
        optimizer.zero_grad()
        loss = losses[loss_kind](net(to_torch(features[step])), labels[step])
        loss.backward()
        if step == 0:
            for key, value in net.named_parameters():
                tensors["gradient/" + tandem_name(net, key)] = tandem_layout(value.grad)
        optimizer.step()
        curve.append(loss.item())
    for key, value in list(net.named_parameters()) + list(net.named_buffers()):
        if "num_batches" not in key:
            tensors["final/" + tandem_name(net, key)] = tandem_layout(value)
    net.eval()
    tensors["output_after"] = net(to_torch(features[0])).detach()
    tensors["features"], tensors["labels"] = features, labels
    tensors["curve"] = torch.tensor(curve)
    write(os.path.join(folder, name + ".safetensors"), tensors,
          {"network": module.__name__, "optimizer": optimizer_kind, "loss": loss_kind, "batch": str(module.batch),
           "classes": str(module.classes), "torch": torch.__version__})


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    make(folder, "mlp_sgd", Mlp, "sgd")
    make(folder, "mlp_adam", Mlp, "adam")
    make(folder, "mlp_gelu_rmsprop", MlpGelu, "rmsprop")
    make(folder, "cnn_bn_sgd", CnnBatchNorm, "sgd")
    make(folder, "cnn_bn_adam", CnnBatchNorm, "adam")
    make(folder, "residual_adamw", Residual, "adamw")
    make(folder, "merges_sgd", Merges, "sgd")
    for kind in ("adagrad", "adadelta", "lion", "nadam"):
        make(folder, "mlp_" + kind, Mlp, kind)
    make(folder, "bottlenecks_sgd", Bottlenecks, "sgd")
    make(folder, "transformer_sgd", Transformer, "sgd")
    for loss in ("mse", "mae", "huber"):
        make(folder, "regression_" + loss, Regression, "adam", loss)


main()
