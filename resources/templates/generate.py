#!/usr/bin/env python3
"""Writes the built-in templates next to this script. Run it after editing; the .tandem files are committed.

A template is an ordinary project file. Nodes are placed from left to right in columns of 220 px; the branches
of a residual network are one row (120 px) apart.
"""
import json
import pathlib

COLUMN, ROW = 220, 120
FASHION = {"kind": "idx", "path": "builtin:fashion-mnist"}


class Net:
    def __init__(self):
        self.layers = []

    def add(self, kind, inputs=None, name=None, row=0, column=None, **properties):
        """Appends a layer that reads `inputs` (default: the previous layer); returns its name."""
        if inputs is None:
            inputs = [self.layers[-1]["name"]] if self.layers else []
        if name is None:
            count = sum(layer["type"] == kind for layer in self.layers) + 1
            name = kind if count == 1 else f"{kind}_{count}"
        if column is None:
            column = max((layer["position"][0] for layer in self.layers), default=-COLUMN) / COLUMN + 1
        self.layers.append({"id": len(self.layers) + 1, "type": kind, "name": name, "inputs": inputs,
                            "properties": properties, "position": [int(column * COLUMN), row * ROW]})
        return name


def write(file, name, notes, net, data, training):
    project = {"tandem": 2, "name": name, "notes": notes}
    head = json.dumps(project, indent=2)[:-2]
    layers = ",\n".join("    " + json.dumps(layer) for layer in net.layers)
    tail = json.dumps({"data": data, "training": training}, indent=2)[1:]
    path = pathlib.Path(__file__).parent / file
    path.write_text(f'{head},\n  "layers": [\n{layers}\n  ],{tail}\n')


def adam(rate, epochs, batch):
    return {"loss": "softmax_cross_entropy", "optimizer": {"type": "adam", "learning_rate": rate},
            "epochs": epochs, "batch": batch}


def mlp():
    net = Net()
    net.add("input", shape=[28, 28, 1])
    net.add("flatten")
    net.add("dense", units=512, activation="relu")
    net.add("dense", units=256, activation="relu")
    net.add("dense", name="logits", units=10)
    write("fashion_mnist_mlp.tandem", "Fashion-MNIST MLP",
          "Three dense layers that classify ten kinds of clothing: trains in a minute on any computer.",
          net, FASHION, adam(0.001, 5, 128))


def cnn():
    net = Net()
    net.add("input", shape=[28, 28, 1])
    net.add("conv2d", filters=32, padding="same", activation="relu")
    net.add("conv2d", filters=64, padding="same", activation="relu")
    net.add("max_pool2d")
    net.add("flatten")
    net.add("dense", units=128, activation="relu")
    net.add("dense", name="logits", units=10)
    write("fashion_mnist_cnn.tandem", "Fashion-MNIST CNN",
          "Two convolutions, pooling and two dense layers: a classic first image network.",
          net, FASHION, adam(0.001, 5, 128))


def cnn_batch_norm():
    net = Net()
    net.add("input", shape=[28, 28, 1])
    for filters in (16, 32):
        net.add("conv2d", filters=filters, padding="same", use_bias=False, initializer="he_normal")
        net.add("batch_norm", momentum=0.9)
        net.add("activation")
        net.add("max_pool2d")
    net.add("flatten")
    net.add("dropout", rate=0.25)
    net.add("dense", name="logits", units=10)
    write("fashion_mnist_cnn_batch_norm.tandem", "Fashion-MNIST CNN with batch norm",
          "A small convolutional network with batch normalization and dropout: fast and accurate.",
          net, FASHION, adam(0.002, 5, 128))


def resnet20():
    """He et al. 2016, section 4.2, with 1 x 1 projections where the shape changes."""
    net = Net()
    conv = dict(padding="same", use_bias=False, initializer="he_normal")
    net.add("input", shape=[28, 28, 1])
    net.add("conv2d", name="stem_conv", filters=16, **conv)
    net.add("batch_norm", name="stem_norm", momentum=0.9)
    last = net.add("activation", name="stem_relu")
    for stage, filters in enumerate((16, 32, 64), 1):
        for block in range(1, 4):
            prefix = f"s{stage}b{block}_"
            stride = [2, 2] if stage > 1 and block == 1 else [1, 1]
            start = net.layers[-1]["position"][0] / COLUMN
            shortcut = last
            net.add("conv2d", name=prefix + "conv1", filters=filters, stride=stride, **conv)
            net.add("batch_norm", name=prefix + "norm1", momentum=0.9)
            net.add("activation", name=prefix + "relu1")
            net.add("conv2d", name=prefix + "conv2", filters=filters, **conv)
            branch = net.add("batch_norm", name=prefix + "norm2", momentum=0.9)
            if stride != [1, 1]:
                net.add("conv2d", inputs=[last], name=prefix + "shortcut_conv", filters=filters, kernel=[1, 1],
                        stride=stride, row=1, column=start + 2, **conv)
                shortcut = net.add("batch_norm", name=prefix + "shortcut_norm", momentum=0.9, row=1,
                                   column=start + 4)
            net.add("add", inputs=[branch, shortcut], name=prefix + "add", column=start + 6)
            last = net.add("activation", name=prefix + "relu2")
    net.add("global_average_pool2d")
    net.add("dense", name="logits", units=10)
    write("fashion_mnist_resnet20.tandem", "CIFAR-style ResNet-20",
          "Twenty layers with shortcuts, as in the residual learning paper, trained on Fashion-MNIST.",
          net, FASHION,
          {"loss": "softmax_cross_entropy",
           "optimizer": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.0001},
           "schedule": {"type": "cosine", "warmup_steps": 200}, "epochs": 5, "batch": 128})


def plane(file, name, notes, generator, count, noise, units, activation, rate, epochs, batch):
    net = Net()
    net.add("input", shape=[2])
    for size in units:
        net.add("dense", units=size, activation=activation)
    net.add("dense", name="logits", units=2)
    write(file, name, notes, net,
          {"kind": "generated", "generator": generator, "count": count, "noise": noise},
          adam(rate, epochs, batch))


mlp()
cnn()
cnn_batch_norm()
resnet20()
plane("two_spirals.tandem", "Two spirals", "Points on two intertwined spiral arms: far from linearly separable.",
      "spirals", 4000, 0.05, (64, 64), "tanh", 0.01, 60, 64)
plane("two_moons.tandem", "Two moons", "Two half moons and a tiny network: trains in a second.",
      "moons", 2000, 0.1, (16, 16), "relu", 0.01, 30, 32)
