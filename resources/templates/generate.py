#!/usr/bin/env python3
"""Writes the built-in templates next to this script. Run it after editing; the .tandem files are committed.

A template is an ordinary project file. Nodes are placed from left to right in columns of 220 px; the branches
of a residual network are one row (120 px) apart.
"""
import json
import pathlib

from reaches import REACHES

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
    epochs, seconds, metric, bar = REACHES[file.removesuffix(".tandem")]
    notes += (f" After {epochs} {'epoch' if epochs == 1 else 'epochs'} (about {seconds}\u00a0s on one core), the test {metric} is at "
              f"{bar}.")
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
          "Three dense layers that classify ten kinds of clothing.",
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


STEPS, WORDS = 15, 64  # of the longest generated sentence; at least as many words as they have
SHAPES = {"kind": "generated", "generator": "shapes", "count": 3000, "noise": 0.05,
          "image_height": 32, "image_width": 32}


def shapes_training(heads, rate=0.002, epochs=10, **settings):
    return {"heads": heads, "optimizer": {"type": "adam", "learning_rate": rate}, "epochs": epochs, "batch": 32,
            **settings}


def convolutions(net, filters=(16, 32, 32)):
    """Halves the image after each convolution; returns the name of the flattened result."""
    for count in filters:
        net.add("conv2d", filters=count, kernel=[3, 3], padding="same", activation="relu")
        net.add("max_pool2d", window=[2, 2], stride=[2, 2])
    return net.add("flatten")


def size_of_shapes():
    net = Net()
    net.add("input", name="image", inputs=[], shape=[32, 32, 1])
    features = convolutions(net)
    net.add("input", name="table", inputs=[], shape=[1], row=1, column=0)
    net.add("dense", name="distance", units=8, activation="relu", row=1, column=7)
    net.add("concat", inputs=[features, "distance"], column=8)
    net.add("dense", units=64, activation="relu")
    net.add("dense", name="size", units=1)
    write("shapes_size.tandem", "Shapes: two inputs",
          "An image and a number, the distance, are joined to predict the real size of a shape.",
          net, SHAPES, shapes_training([{"output": "size", "target": "size", "loss": "mse"}]))


def find_shapes():
    net = Net()
    net.add("input", shape=[32, 32, 1])
    features = convolutions(net)
    net.add("dense", units=64, activation="relu")
    body = net.add("dense", units=32, activation="relu")
    net.add("dense", inputs=[body], name="shape", units=3, column=10)
    net.add("dense", inputs=[body], name="place", units=2, row=1, column=10)
    write("shapes_find.tandem", "Shapes: two outputs",
          "One network with two heads says which shape an image shows and where its centre is.",
          net, SHAPES,
          shapes_training([{"output": "shape", "target": "shape", "loss": "softmax_cross_entropy"},
                           {"output": "place", "target": ["x", "y"], "loss": "mse"}]))


def segment_shapes():
    net = Net()
    net.add("input", shape=[32, 32, 1])
    for dilation in (1, 2, 4):
        net.add("conv2d", filters=16, kernel=[3, 3], dilation=[dilation, dilation], padding="same", activation="relu")
    net.add("conv2d", name="mask", filters=2, kernel=[1, 1], padding="same")
    write("shapes_segment.tandem", "Shapes: segmentation",
          "Classifies each pixel of an image as background or shape, with convolutions that see ever further.",
          net, {**SHAPES, "count": 1000},
          shapes_training([{"output": "mask", "target": "mask", "loss": "softmax_cross_entropy",
                            "metrics": ["accuracy", {"type": "f1", "class": 1}, "confusion_matrix"]}],
                          epochs=5))


def compress_shapes():
    net = Net()
    net.add("input", shape=[32, 32, 1])
    net.add("flatten")
    net.add("dense", units=256, activation="relu")
    net.add("dense", name="code", units=16)
    net.add("dense", units=256, activation="relu")
    net.add("dense", name="image", units=1024)
    write("shapes_compress.tandem", "Shapes: auto-encoder",
          "Compresses images to 16 numbers and restores them: the target is the input itself.",
          net, SHAPES, shapes_training([{"output": "image", "target": "image", "loss": "mse"}], rate=0.001))


def label_shapes():
    net = Net()
    net.add("input", shape=[32, 32, 1])
    convolutions(net)
    net.add("dense", units=32, activation="relu")
    net.add("dense", name="labels", units=2)
    write("shapes_labels.tandem", "Shapes: several labels",
          "Answers two independent questions about an image: is the shape filled, and is it bright?",
          net, SHAPES,
          shapes_training([{"output": "labels", "target": ["filled", "bright"], "loss": "binary_cross_entropy"}],
                          epochs=5))


def forecast():
    net = Net()
    net.add("input", shape=[48, 1])
    net.add("flatten")
    net.add("dense", units=64, activation="relu")
    net.add("dense", units=64, activation="relu")
    net.add("dense", name="forecast", units=12)
    write("series_forecast.tandem", "Time series: forecast",
          "Continues a time series with a trend and two periods: from 48 hours, it predicts each of the next 12.",
          net, {"kind": "generated", "generator": "series", "count": 4000, "noise": 0.2,
                "series": {"steps": 48, "ahead": 12}},
          {**adam(0.003, 20, 64), "loss": "mse"})


def sunspots():
    """An autoregression: 309 years are too few for hidden layers, whose results differ more from seed to seed."""
    net = Net()
    net.add("input", shape=[22, 1])
    net.add("flatten")
    net.add("dense", name="forecast", units=1)
    write("sunspots.tandem", "Sunspots: forecast",
          "Predicts the sunspots of the next year from those of 22 years, two periods of the sun, as a weighted sum.",
          net, {"kind": "csv", "path": "builtin:sunspots", "target": "SUNACTIVITY", "classification": False,
                "series": {"steps": 22, "order": "YEAR"}, "validation_fraction": 0.2},
          {**adam(0.01, 100, 32), "loss": "mse"})


SENTENCES = {"kind": "generated", "generator": "sentences", "count": 2000, "noise": 0}


def sentences():
    net = Net()
    net.add("input", shape=[STEPS], values="tokens", varies=True)
    net.add("embedding", vocabulary=WORDS, units=16)
    net.add("gru", units=32)
    net.add("dense", name="logits", units=2)
    write("sentences_gru.tandem", "Sentences: recurrent",
          "A GRU reads opinions such as 'the soup was not bad' word by word, since the order of the words decides.",
          net, SENTENCES, adam(0.005, 10, 32))


def attention_on_sentences():
    net = Net()
    net.add("input", shape=[STEPS], values="tokens", varies=True)
    net.add("embedding", vocabulary=WORDS, units=32)
    body = net.add("positions")
    net.add("layer_norm")
    net.add("attention", heads=4)
    body = net.add("add", inputs=[body, "attention"])
    net.add("layer_norm")
    net.add("dense", units=64, activation="gelu")
    net.add("dense", units=32)
    net.add("add", inputs=[body, "dense_2"])
    net.add("global_average_pool1d")
    net.add("dense", name="logits", units=2)
    write("sentences_transformer.tandem", "Sentences: transformer",
          "One block of a transformer, with attention to all words and their positions, classifies opinions.",
          net, SENTENCES, adam(0.003, 15, 32))


def waves():
    net = Net()
    net.add("input", shape=[32, 1], varies=True)
    net.add("lstm", units=32)
    net.add("dense", name="logits", units=3)
    write("waves_lstm.tandem", "Waves: different lengths",
          "An LSTM distinguishes three shapes of waves; a wave has 12 to 32 steps.",
          net, {"kind": "generated", "generator": "waves", "count": 2000, "noise": 0.1}, adam(0.005, 15, 32))


def bursts():
    net = Net()
    net.add("input", shape=[40, 1], varies=True)
    net.add("gru", units=16, output="all", direction="both")
    net.add("dense", name="logits", units=2)
    write("bursts_gru.tandem", "Bursts: a class for each step",
          "A GRU in both directions finds the burst in noise of 24 to 40 steps: each step is classified.",
          net, {"kind": "generated", "generator": "bursts", "count": 2000, "noise": 0.3}, adam(0.005, 10, 32))


def u_net():
    """Two levels down and up again; what the convolutions found on the way down is joined on the way up."""
    net = Net()

    def pair(filters, **place):
        net.add("conv2d", filters=filters, kernel=[3, 3], padding="same", activation="relu", **place)
        return net.add("conv2d", filters=filters, kernel=[3, 3], padding="same", activation="relu")

    net.add("input", shape=[32, 32, 1])
    wide = pair(8)
    net.add("max_pool2d", row=1)
    half = pair(16, row=1)
    net.add("max_pool2d", row=2)
    pair(32, row=2)
    net.add("conv2d_transpose", filters=16, kernel=[2, 2], stride=[2, 2], row=1)
    net.add("concat", inputs=["conv2d_transpose", half], row=1)
    pair(16, row=1)
    net.add("conv2d_transpose", filters=8, kernel=[2, 2], stride=[2, 2])
    net.add("concat", inputs=["conv2d_transpose_2", wide])
    pair(8)
    net.add("conv2d", name="mask", filters=2, kernel=[1, 1], padding="same")
    write("shapes_unet.tandem", "Shapes: U-Net",
          "Classifies each pixel with a small U-Net: the image is reduced twice and restored, with shortcuts.",
          net, {**SHAPES, "count": 1000},
          shapes_training([{"output": "mask", "target": "mask", "loss": "softmax_cross_entropy",
                            "metrics": ["accuracy", "mean_iou", "confusion_matrix"]}], epochs=6))


def convolutional_fashion(file, name, notes, net, rate, epochs):
    net.add("global_average_pool2d")
    net.add("dense", name="logits", units=10)
    write(file, name, notes, net, FASHION, adam(rate, epochs, 128))


def vgg():
    """Simonyan and Zisserman 2015: pairs of 3 x 3 convolutions between poolings, with batch norm."""
    net = Net()
    net.add("input", shape=[28, 28, 1])
    for filters in (16, 32, 64):
        for _ in range(2):
            net.add("conv2d", filters=filters, padding="same", use_bias=False, initializer="he_normal")
            net.add("batch_norm", momentum=0.9)
            net.add("activation")
        net.add("max_pool2d")
    convolutional_fashion("fashion_mnist_vgg.tandem", "Fashion-MNIST VGG",
                          "Pairs of 3 x 3 convolutions between poolings, as in VGG, but with batch normalization.",
                          net, 0.002, 5)


def mobile():
    """Howard et al. 2017: depthwise convolutions, each followed by a 1 x 1 convolution."""
    net = Net()

    def conv(**properties):
        net.add("conv2d", padding="same", use_bias=False, initializer="he_normal", **properties)
        net.add("batch_norm", momentum=0.9)
        net.add("activation")
        return properties["filters"]

    net.add("input", shape=[28, 28, 1])
    channels = conv(filters=16, stride=[2, 2])
    for filters, stride in ((32, 1), (64, 2), (64, 1), (128, 2), (128, 1)):
        conv(filters=channels, groups=channels, stride=[stride, stride])
        channels = conv(filters=filters, kernel=[1, 1])
    convolutional_fashion("fashion_mnist_mobile.tandem", "Fashion-MNIST MobileNet",
                          "Depthwise and 1 x 1 convolutions, as in MobileNet, need a ninth of the multiplications.",
                          net, 0.003, 5)


def transformer_block(net, heads, wide, **attention):
    """Attention and two dense layers, each added to what it reads, which is normalized first."""
    width, body = wide // 2, net.layers[-1]["name"]
    net.add("layer_norm")
    seen = net.add("attention", heads=heads, **attention)
    body = net.add("add", inputs=[body, seen])
    net.add("layer_norm")
    net.add("dense", units=wide, activation="gelu")
    moved = net.add("dense", units=width)
    return net.add("add", inputs=[body, moved])


def vision_transformer():
    """Dosovitskiy et al. 2021: a convolution cuts the image into patches, which attention reads like words."""
    net = Net()
    net.add("input", shape=[28, 28, 1])
    net.add("conv2d", name="patches", filters=48, kernel=[4, 4], stride=[4, 4])
    net.add("reshape", shape=[49, 48])
    net.add("positions")
    for _ in range(2):
        transformer_block(net, heads=4, wide=96)
    net.add("layer_norm", name="norm")
    net.add("global_average_pool1d")
    net.add("dense", name="logits", units=10)
    write("fashion_mnist_vit.tandem", "Fashion-MNIST vision transformer",
          "Cuts images into 49 patches, which two transformer blocks read like the words of a sentence.",
          net, FASHION, adam(0.002, 5, 128))


def logistic_regression():
    net = Net()
    net.add("input", shape=[28, 28, 1])
    net.add("flatten")
    net.add("dense", name="logits", units=10)
    write("fashion_mnist_logistic.tandem", "Fashion-MNIST logistic regression",
          "One dense layer: the simplest classifier, with which every network should be compared.",
          net, FASHION, adam(0.001, 5, 128))


# A text of which each Debian has a copy, in windows of 64 characters.
LICENSE = {"kind": "text_file", "path": "/usr/share/common-licenses/GPL-3",
           "text": {"unit": "characters", "lower_case": False, "steps": 64, "stride": 16}}
CHARACTERS = 74  # with the padding and the unknown one


def next_characters(file, name, notes, net, rate, epochs):
    net.add("dense", name="logits", units=CHARACTERS)
    write(file, name, notes, net, LICENSE, adam(rate, epochs, 32))


def characters_lstm():
    net = Net()
    net.add("input", shape=[64], values="tokens")
    net.add("embedding", vocabulary=CHARACTERS, units=32)
    net.add("lstm", units=128, output="all")
    next_characters("characters_lstm.tandem", "Characters: LSTM",
                    "An LSTM reads the text of a license and predicts each next character; then it can continue a text.",
                    net, 0.005, 20)


def characters_gpt():
    net = Net()
    net.add("input", shape=[64], values="tokens")
    net.add("embedding", vocabulary=CHARACTERS, units=64)
    net.add("positions")
    for _ in range(2):
        transformer_block(net, heads=4, wide=128, causal=True)
    net.add("layer_norm", name="norm")
    next_characters("characters_gpt.tandem", "Characters: tiny GPT",
                    "Two causal transformer blocks, as in GPT, predict each next character of the text of a license.",
                    net, 0.003, 20)


forecast()
sunspots()
sentences()
attention_on_sentences()
waves()
bursts()
u_net()
size_of_shapes()
find_shapes()
segment_shapes()
compress_shapes()
label_shapes()
mlp()
cnn()
cnn_batch_norm()
resnet20()
vgg()
mobile()
vision_transformer()
logistic_regression()
characters_lstm()
characters_gpt()
plane("two_spirals.tandem", "Two spirals", "Points on two intertwined spiral arms: far from linearly separable.",
      "spirals", 4000, 0.05, (64, 64), "relu", 0.01, 60, 64)
plane("two_moons.tandem", "Two moons", "Two half moons and a tiny network.",
      "moons", 2000, 0.1, (16, 16), "relu", 0.01, 30, 32)
