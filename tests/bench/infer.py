#!/usr/bin/env python3
"""Compares `tandem infer` with ONNX Runtime on one Keras model: the first picture with the start of the process, peak
memory, and each further picture.

  python -m venv VENV && VENV/bin/pip install onnx onnxruntime h5py numpy
  KERAS_BACKEND=jax KERAS_PYTHON -c "import keras; keras.applications.ResNet50(weights=None).save('ResNet50.h5')"
  VENV/bin/python tests/bench/infer.py build/release/bin/tandem ResNet50.h5

The model may consist of the layers of keras.applications.ResNet50. Both sides take turns for some rounds; the fastest of
each counts. Further pictures cost Tandem (time of 1 + N pictures - time of 1) / N, including decoding.
"""
import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import h5py
import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

THREADS = os.cpu_count()


def png(levels):
    """An 8-bit RGB image as the bytes of a PNG file."""
    rows = b"".join(b"\0" + row.tobytes() for row in levels)
    head = struct.pack(">IIBBBBB", levels.shape[1], levels.shape[0], 8, 2, 0, 0, 0)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


class Converter:
    """A Keras model as an ONNX graph of the same layers. Images are transposed once, at its input."""

    def __init__(self, path):
        self.file = h5py.File(path)
        self.config = json.loads(self.file.attrs["model_config"])["config"]
        self.nodes, self.weights, self.tensor, self.pads = [], [], {}, {}

    def constant(self, name, values):
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def model(self):
        for layer in self.config["layers"]:
            self.layer(layer["class_name"], layer["config"], layer["inbound_nodes"])
        last = self.config["layers"][-1]["config"]["name"]
        values = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes, "keras", [values("x", onnx.TensorProto.FLOAT, ["N", *self.shape])],
            [values(self.tensor[last], onnx.TensorProto.FLOAT, None)], self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)

    def layer(self, kind, config, inbound):
        name = config["name"]
        arguments = inbound[0]["args"][0] if inbound else []
        tensors = arguments if isinstance(arguments, list) else [arguments]
        layers = [t["config"]["keras_history"][0] for t in tensors]
        inputs = [self.tensor[each] for each in layers]
        self.tensor[name] = name
        padding = self.pads.get(layers[0], [0, 0, 0, 0]) if layers else []
        if kind in ("Conv2D", "BatchNormalization", "Dense"):
            group = self.file["model_weights"][name]
            weights = [np.array(group[each]) for each in group.attrs["weight_names"]]
        if kind == "InputLayer":
            self.shape = config.get("batch_shape", config.get("batch_input_shape"))[1:]
            self.node("Transpose", ["x"], name, perm=[0, 3, 1, 2])
        elif kind == "ZeroPadding2D":
            (top, bottom), (left, right) = config["padding"]
            self.pads[name], self.tensor[name] = [top, left, bottom, right], inputs[0]
        elif kind == "Conv2D":
            window = config["kernel_size"]
            if config["padding"] == "same":
                assert config["strides"] == [1, 1]
                padding = [(window[0] - 1) // 2, (window[1] - 1) // 2, window[0] // 2, window[1] // 2]
            assert config["activation"] == "linear"
            operands = [inputs[0], self.constant(name + "/kernel", weights[0].transpose(3, 2, 0, 1))]
            operands += [self.constant(name + "/bias", each) for each in weights[1:]]
            self.node("Conv", operands, name, kernel_shape=window, strides=config["strides"], pads=padding)
        elif kind == "BatchNormalization":
            operands = [self.constant(f"{name}/{i}", each) for i, each in enumerate(weights)]
            self.node("BatchNormalization", inputs + operands, name, epsilon=config["epsilon"])
        elif kind == "Activation" and config["activation"] == "relu":
            self.node("Relu", inputs, name)
        elif kind == "MaxPooling2D":
            self.node("MaxPool", inputs, name, kernel_shape=config["pool_size"], strides=config["strides"],
                      pads=padding)
        elif kind == "Add":
            self.node("Add", inputs, name)
        elif kind == "GlobalAveragePooling2D":
            self.node("GlobalAveragePool", inputs, name + "/pooled")
            self.node("Flatten", [name + "/pooled"], name)
        elif kind == "Dense":
            operands = [self.constant(f"{name}/{i}", each) for i, each in enumerate(weights)]
            self.node("Gemm", inputs + operands, name + "/logits")
            assert config["activation"] == "softmax"
            self.node("Softmax", [name + "/logits"], name, axis=1)
        else:
            sys.exit(f"{kind} cannot be converted")


def run(command):
    """Seconds of wall clock, peak bytes and output of a process."""
    # GNU time starts it, because the peak of a direct child would include this program's memory.
    begin = time.perf_counter()
    done = subprocess.run(["/usr/bin/time", "-f", "%M", *command], capture_output=True, text=True)
    seconds = time.perf_counter() - begin
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[:4])}: {done.stderr}")
    return seconds, int(done.stderr.split()[-1]) * 1024, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tandem")
    parser.add_argument("model")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pictures", type=int, default=12, help="further pictures of a round")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        converter = Converter(options.model)
        model = Path(folder) / "model.onnx"
        onnx.save(converter.model(), model)
        random = np.random.default_rng(1)
        images, files = [], []
        for i in range(1 + options.pictures):
            images.append(random.integers(0, 256, converter.shape, np.uint8))
            files.append(str(Path(folder) / f"{i}.png"))
            Path(files[-1]).write_bytes(png(images[-1]))
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = THREADS
        begin = time.perf_counter()
        session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
        opened = time.perf_counter() - begin
        batches = [(each[None] / 255).astype(np.float32) for each in images]

        first, further, peak, peer = [], [], [], []
        command = [options.tandem, "infer", options.model, "--json"]
        for _ in range(options.rounds):
            one, bytes_, text = run(command + files[:1])
            many, _, _ = run(command + files)
            first.append(one)
            further.append((many - one) / options.pictures)
            peak.append(bytes_)
            begin = time.perf_counter()
            for batch in batches[1:]:
                session.run(None, {"x": batch})
            peer.append((time.perf_counter() - begin) / options.pictures)
        expected = session.run(None, {"x": batches[0]})[0][0]
        line = json.loads(text)
        given = line["values"] if "values" in line else list(line["probabilities"].values())
        names = None if "values" in line else [int(each) for each in line["probabilities"]]
        given = np.array(given)[np.argsort(names)] if names else np.array(given)
        print(f"largest difference of an output: {np.abs(given - expected).max():.1e} of {expected.max():.3g}")
        print(f"first picture: {min(first):.2f} s, peak {max(peak) / 1e6:.0f} MB (ONNX Runtime opens in {opened:.2f} s)")
        ratios = sorted(t / p for t, p in zip(further, peer))
        print(f"each further picture: Tandem {min(further) * 1e3:.0f} ms, ONNX Runtime {min(peer) * 1e3:.0f} ms, "
              f"ratio of the fastest {min(further) / min(peer):.2f} (rounds {ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
