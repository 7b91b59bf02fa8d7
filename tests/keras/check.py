"""The Keras side of the export and import tests.

check.py load FOLDER: loads each NAME.h5 written by Tandem and compares the outputs with Tandem's. The files NAME.x and
NAME.y hold the values of several inputs or outputs one after the other.
check.py save FOLDER: builds typical models and saves them as NAME.h5 and NAME.keras with samples and outputs, as well
as models that Tandem must refuse, with words that the error must contain.
"""
import pathlib
import sys
import warnings
import zipfile

import h5py
import keras
import numpy as np
from keras import layers

TOLERANCE = 1e-5
ROWS = 5


def values_of(file, tensors):
    """The values in a file for each of these tensors of a model."""
    values, first = np.fromfile(file, np.float32), 0
    for tensor in tensors:
        count = ROWS * int(np.prod(tensor.shape[1:]))
        yield values[first:first + count].reshape(ROWS, *tensor.shape[1:])
        first += count
    assert first == values.size, f"{file} has {values.size} values instead of {first}"


def load(folder):
    failed = 0
    files = sorted(folder.glob("*.h5"))
    for file in files:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model = keras.models.load_model(file)
        x = list(values_of(file.with_suffix(".x"), model.inputs))
        got = model.predict(x if len(x) > 1 else x[0], verbose=0)
        outputs = got if isinstance(got, list) else [got]
        names = model.output_names if len(outputs) > 1 else ["output"]
        for name, one, expected in zip(names, outputs, values_of(file.with_suffix(".y"), model.outputs), strict=True):
            difference = np.abs(one - expected).max()
            limit = TOLERANCE * max(1, np.abs(expected).max())
            good = difference <= limit and np.ptp(expected) > 1e-3
            failed += not good
            print(f"{'ok  ' if good else 'FAIL'} {file.stem}: {type(model).__name__}, {len(model.layers)} layers, {name}: "
                  f"largest difference {difference:.2g}, outputs from {expected.min():.3g} to {expected.max():.3g}")
    print(f"{len(files)} models, {failed} failed")
    return failed == 0 and bool(files)


def models():
    """Yields (NAME, model) for models that Tandem must import."""
    yield "sequential_mlp", keras.Sequential([
        layers.Input((6,)), layers.Dense(9, activation="gelu"), layers.Dense(8, activation="silu"),
        layers.Dense(7, activation="leaky_relu"), layers.Dense(6, activation="softplus"), layers.Dropout(0.3),
        layers.Dense(5, activation="elu", use_bias=False), layers.Dense(4, activation="softmax")])

    yield "newer_activations", keras.Sequential([
        layers.Input((6,)), layers.Dense(9, activation="relu6"), layers.Dense(8, activation="hard_silu"), layers.ReLU(6.0),
        layers.Dense(7, activation="mish"), layers.PReLU(), layers.Activation("hard_swish"), layers.Dense(6, activation="hard_sigmoid"),
        layers.Dense(4)])

    unbuilt = keras.Sequential([layers.Conv2D(4, 3, strides=2, padding="same"), layers.LeakyReLU(),
                                layers.GlobalAveragePooling2D(), layers.Dense(2), layers.Activation("linear")])
    unbuilt.build((None, 9, 8, 3))
    yield "sequential_built_later", unbuilt

    trained = keras.Sequential([
        layers.Input((12, 12, 1)), layers.Conv2D(4, (3, 5), activation="relu", dilation_rate=(1, 2)),
        layers.MaxPooling2D(), layers.BatchNormalization(), layers.Flatten(), layers.Dense(3)])
    trained.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    random = np.random.default_rng(2)
    trained.fit(random.normal(size=(32, 12, 12, 1)), random.integers(0, 3, 32), epochs=2, verbose=0)
    yield "trained", trained

    yield "normalized_table", keras.Sequential([
        layers.Input((4,)), layers.Normalization(mean=[1.0, 20.0, -3.0, 0.5], variance=[4.0, 100.0, 0.25, 1.0]), layers.Dense(3)])

    adapted = layers.Normalization()
    adapted.adapt(np.random.default_rng(4).normal(5, 3, (50, 6)))
    yield "adapted_table", keras.Sequential([layers.Input((6,)), adapted, layers.Dense(4, activation="relu"), layers.Dense(2)])

    yield "target_unit", keras.Sequential([
        layers.Input((5,)), layers.Normalization(mean=1.0, variance=4.0), layers.Dense(4, activation="relu"), layers.Dense(1),
        layers.Rescaling(0.5, offset=-3.0)])

    x = inputs = keras.Input((4,))
    y = layers.Normalization(mean=[1.0, 2.0, 0.5], variance=[4.0, 0.25, 1.0])(layers.Dense(3)(x))
    y = layers.Rescaling([0.5, 2.0, -1.0], offset=0.25)(layers.GaussianNoise(0.2)(y))
    yield "normalized_later", keras.Model(inputs, layers.Dense(2)(y))

    yield "separable", keras.Sequential([
        layers.Input((9, 8, 3)), layers.SeparableConv2D(6, (3, 2), depth_multiplier=2, activation="relu"), layers.SpatialDropout2D(0.2),
        layers.ZeroPadding2D(1), layers.SeparableConv2D(4, 3, strides=2, padding="same", use_bias=False, activation="leaky_relu"),
        layers.Reshape((25, 4)), layers.SpatialDropout1D(0.1), layers.Flatten(), layers.Dense(2)])

    x = inputs = keras.Input((6, 4))
    y = layers.Dot(axes=2)([x, layers.Dense(4)(x)])  # 6 x 6
    y = layers.Dot(axes=(1, -1))([layers.Dense(3)(x), y])  # 3 x 6
    z = layers.Dot(axes=1)([layers.Flatten()(x), layers.Dense(24)(layers.Flatten()(y))])
    yield "products", keras.Model(inputs, layers.Dense(2)(layers.Concatenate()([layers.Flatten()(y), z])))

    yield "one_mean", keras.Sequential([
        layers.Input((5,)), layers.Normalization(axis=None, mean=2.0, variance=9.0), layers.Dense(3)])

    x = inputs = keras.Input((8, 8, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = layers.Normalization(mean=[0.1, -0.2, 0.3], variance=[0.5, 0.25, 1.0])(x)
    yield "rescaled_image", keras.Model(inputs, layers.Dense(3)(layers.Flatten()(layers.Conv2D(4, 3)(x))))

    x = inputs = keras.Input((16, 15, 4), name="größe 1")
    x = layers.ZeroPadding2D(((3, 2), (1, 4)))(x)
    x = layers.Conv2D(8, 7, strides=2, name="a stem:0")(x)
    x = layers.BatchNormalization(scale=False, epsilon=1e-4)(x)
    x = layers.ReLU()(x)
    x = layers.ZeroPadding2D(1)(x)
    x = layers.MaxPooling2D(3, strides=2)(x)
    short = layers.Conv2D(12, 1, use_bias=False)(x)
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="tanh")(x)
    x = layers.BatchNormalization(center=False)(x)
    x = layers.Conv2D(12, 3, padding="same", groups=4)(x)
    x = layers.Add()([x, short, short])
    x = layers.Activation("sigmoid")(x)
    y = layers.AveragePooling2D(2, strides=1, padding="same")(x)
    x = layers.Concatenate(axis=3)([y, x])
    x = layers.ReLU(negative_slope=0.15)(x)
    x = layers.Concatenate()([layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(x)])
    x = layers.ELU(alpha=0.6)(x)
    x = layers.Softmax()(layers.Dense(5)(x))
    yield "functional", keras.Model(inputs, x)

    x = inputs = keras.Input((8, 9, 2))
    x = layers.AveragePooling2D(3)(layers.ZeroPadding2D(((1, 0), (2, 3)))(x))
    y = layers.MaxPooling2D(2, strides=1)(layers.ZeroPadding2D(1)(x))
    x = layers.Conv2D(4, 2, padding="same")(layers.ZeroPadding2D((0, 1))(x))
    y = layers.Cropping2D(((1, 1), (0, 2)))(y)
    y = layers.Reshape((4, 3))(layers.Reshape((12,))(y))
    yield "borders", keras.Model(inputs, layers.Dense(3)(layers.Concatenate()([layers.Flatten()(x), layers.Flatten()(y)])))

    x = inputs = keras.Input((7, 6, 3))
    x = layers.Conv2D(8, 3, activation="relu")(x)
    gate = layers.Reshape((1, 1, 8))(layers.GlobalAveragePooling2D()(x))
    gate = layers.Conv2D(8, 1, activation="sigmoid")(layers.Conv2D(2, 1, activation="relu")(gate))
    y = layers.Multiply()([x, gate])
    y = layers.Subtract()([gate, y])
    y = layers.Maximum()([y, layers.Conv2D(1, 1)(x), layers.Dense(8)(layers.GlobalMaxPooling2D()(x))])
    y = layers.Average()([layers.Minimum()([x, y]), y, gate])
    yield "merges", keras.Model(inputs, layers.Dense(3)(layers.Flatten()(layers.Add()([y, gate]))))

    x = inputs = keras.Input((4, 5, 3))
    x = layers.Conv2DTranspose(6, 3, strides=2, padding="same", activation="relu")(x)
    y = layers.Conv2DTranspose(4, (2, 5), strides=(3, 1), use_bias=False, activation="leaky_relu")(layers.ZeroPadding2D(1)(x))
    y = layers.BatchNormalization()(y)
    x = layers.UpSampling2D((2, 3), interpolation="bilinear")(layers.UpSampling2D()(x))
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(y), layers.Flatten()(layers.Conv2D(2, 5, strides=4)(x))])
    yield "enlarging", keras.Model(inputs, layers.Dense(3)(x))

    x = inputs = keras.Input((24, 3))
    x = layers.Conv1D(6, 3, dilation_rate=2, padding="causal", activation="relu")(x)
    x = layers.BatchNormalization()(layers.Conv1D(5, 4, strides=2, padding="same", activation="leaky_relu")(x))
    x = layers.MaxPooling1D(3, strides=2, padding="same")(x)
    x = layers.AveragePooling1D(2)(layers.Conv1D(4, 2, use_bias=False)(x))
    x = layers.Concatenate()([layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)])
    yield "sequence", keras.Model(inputs, layers.Dense(3)(x))

    x = inputs = keras.Input((6, 6, 2))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3)(x), training=False, mask=None)
    x = layers.Dropout(0.5)(layers.Flatten()(x, training=True), training=0)
    yield "training_arguments", keras.Model(inputs, layers.Dense(3)(x, training=True))

    x = inputs = keras.Input((8, 9, 6))
    x = layers.LayerNormalization(epsilon=0.02)(x)
    x = layers.GroupNormalization(3, center=False)(layers.Conv2D(9, 3)(x))
    x = layers.PReLU(shared_axes=[1, 2])(x)
    x = layers.GroupNormalization(-1, epsilon=0.1)(layers.Conv2D(4, 3)(x))
    x = layers.LayerNormalization(axis=3, scale=False)(x)
    x = layers.Flatten()(layers.RMSNormalization(epsilon=0.01)(x))
    yield "sample_normalization", keras.Model(inputs, layers.Dense(3)(layers.LayerNormalization(axis=[-1])(x)))

    yield "sequences", keras.Sequential([
        layers.Input((24,)), layers.Reshape((6, 4)), layers.Dense(5, activation="relu"), layers.RMSNormalization(),
        layers.Dense(3, use_bias=False), layers.Flatten(), layers.Dense(2)])

    x = inputs = keras.Input((6, 3))
    x = layers.GRU(4, return_sequences=True, dropout=0.2)(layers.LSTM(4, return_sequences=True)(x))
    x = layers.Bidirectional(layers.SimpleRNN(3, activation="relu", return_sequences=True))(x)
    y = layers.GRU(3, go_backwards=True, use_bias=False)(x)
    x = layers.Concatenate()([y, layers.Bidirectional(layers.LSTM(2, unit_forget_bias=False))(x)])
    yield "recurrent", keras.Model(inputs, layers.Dense(3)(x))

    x = inputs = keras.Input((6, 8))
    x = layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    y = layers.MultiHeadAttention(2, 4, use_bias=False, name="keyed")(layers.Dense(5)(inputs), x, key=inputs)
    y = layers.MultiHeadAttention(5, 1, dropout=0.1)(y, value=x)
    y = layers.RepeatVector(2)(layers.Flatten()(layers.Permute((2, 1))(y)))
    yield "attention", keras.Model(inputs, layers.Dense(3)(layers.Flatten()(y)))

    for mask in (False, True):
        yield f"tokens_{mask}", keras.Sequential([
            layers.Input((7,), dtype="int32"), layers.Embedding(12, 4, mask_zero=mask), layers.Bidirectional(layers.GRU(3)), layers.Dense(2)])

    inputs = keras.Input((7,), dtype="int32")
    x = layers.Embedding(12, 4, mask_zero=True)(inputs)
    x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 3)(x, x)]))
    x = layers.Add()([x, layers.Dense(4, activation="relu")(layers.LSTM(5, return_sequences=True)(x))])
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), layers.GRU(3, go_backwards=True)(x)])
    yield "masks", keras.Model(inputs, layers.Dense(3)(x))

    photo, table = keras.Input((6, 6, 3), name="photo"), keras.Input((4,), name="measured")
    x = layers.Flatten()(layers.Conv2D(4, 3, activation="relu")(layers.Rescaling(1 / 255)(photo)))
    y = layers.Dense(5, activation="tanh")(layers.Normalization(mean=[1.0, 2.0, -1.0, 0.5], variance=[4.0, 1.0, 0.5, 2.0])(table))
    x = layers.Concatenate()([y, x])
    size = layers.Dense(2, name="size")(x)
    species = layers.Dense(3, activation="softmax", name="species")(layers.Concatenate()([x, size]))
    unit = layers.Rescaling([0.5, 3.0], offset=[1.0, -2.0], name="unit")(size)
    yield "several", keras.Model([table, photo], [species, unit])
    yield "named", keras.Model({"photo": photo, "measured": table}, {"z": size, "c": layers.Dense(1, name="price")(y)})

    long_names = keras.Sequential([layers.Input((3,))] + [
        layers.Dense(4, name=f"dense_{i}_" + "y" * 150) for i in range(3)])
    yield "long_names", long_names


def refused():
    """Yields (NAME, words of the error, model) for models that Tandem must refuse."""
    yield "classes", "noise' ('GaussianDropout'), 'unit' ('UnitNormalization')", keras.Sequential([
        layers.Input((7,)), layers.Dense(7), layers.GaussianDropout(0.1, name="noise"), layers.UnitNormalization(name="unit")])
    yield "embedding", "embeds what other layers compute", keras.Sequential([
        layers.Input((7,)), layers.Dense(7), layers.Embedding(4, 4), layers.Flatten()])
    yield "masked_maximum", "Keras ignores in such a layer where they end", keras.Sequential([
        layers.Input((7,), dtype="int32"), layers.Embedding(4, 4, mask_zero=True), layers.GlobalMaxPooling1D()])
    sequence, state = keras.Input((5, 3)), keras.Input((4,))
    yield "initial_state", "is called with the argument 'initial_state'", keras.Model(
        [sequence, state], layers.GRU(4)(sequence, initial_state=state))
    yield "states", "returns its states", keras.Model(sequence, layers.GRU(4, return_state=True)(sequence)[0])
    for name, words, layer in (
            ("reset", "reset_after=False", layers.GRU(4, reset_after=False)),
            ("gates", "a recurrent_activation other than sigmoid", layers.LSTM(4, recurrent_activation="hard_sigmoid")),
            ("function", "has the activation 'relu'", layers.LSTM(4, activation="relu")),
            ("reversed", "in reverse order", layers.LSTM(4, return_sequences=True, go_backwards=True)),
            ("stateful", "with the states of the batch before", layers.SimpleRNN(4, stateful=True)),
            ("merge_mode", "merge_mode", layers.Bidirectional(layers.LSTM(4), merge_mode="sum"))):
        shape = {"batch_shape": (5, 5, 3)} if name == "stateful" else {"shape": (5, 3)}
        yield name, words, keras.Sequential([layers.Input(**shape), layer, layers.Flatten()])
    yield "output_shape", "output_shape", keras.Model(
        sequence, layers.MultiHeadAttention(2, 3, output_shape=7)(sequence, sequence))
    yield "value_dim", "value_dim", keras.Model(sequence, layers.MultiHeadAttention(2, 3, value_dim=4)(sequence, sequence))
    a, shared = keras.Input((4,)), layers.Dense(4, name="twice")
    yield "shared", "twice", keras.Model(a, shared(shared(a)))
    b = keras.Input((4,))
    yield "two_tables", "one table and any number of images", keras.Model([a, b], layers.Add()([a, b]))
    b = layers.Dense(2, name="answers")(a)
    yield "output_twice", "answers", keras.Model(a, [b, layers.Rescaling(2.0)(b)])
    yield "input_as_output", "both an input and an output", keras.Model(a, [a, layers.Dense(3)(a)])
    b = keras.Input((4, 4, 1), name="table")
    yield "image_named_table", "which of its inputs is the table", keras.Model(
        [a, b], layers.Concatenate()([a, layers.Flatten()(b)]))
    yield "channels", "first_channels", keras.Sequential([
        layers.Input((3, 8, 8)), layers.AveragePooling2D(2, data_format="channels_first", name="first_channels"),
        layers.Flatten()])
    yield "output_padding", "output_padding", keras.Sequential([
        layers.Input((4, 4, 2)), layers.Conv2DTranspose(2, 3, strides=2, output_padding=1), layers.Flatten()])
    yield "bicubic", "must be one of nearest, bilinear", keras.Sequential([
        layers.Input((4, 4, 2)), layers.UpSampling2D(interpolation="bicubic"), layers.Flatten()])
    yield "grouped_sequence", "uses a grouped Conv1D", keras.Sequential([
        layers.Input((9, 4)), layers.Conv1D(4, 3, groups=2), layers.Flatten()])
    yield "limited", "cut_off", keras.Sequential([layers.Input((4,)), layers.ReLU(5.0, name="cut_off")])
    yield "activation", "'selu'", keras.Sequential([layers.Input((4,)), layers.Dense(3, activation="selu")])
    yield "axis", "rows", keras.Sequential([layers.Input((4, 4, 2)), layers.BatchNormalization(axis=1, name="rows"),
                                            layers.Flatten()])
    yield "rms_scaling", "uses rms_scaling", keras.Sequential([
        layers.Input((4,)), layers.LayerNormalization(rms_scaling=True), layers.Dense(2)])
    yield "axes", "over several axes", keras.Sequential([
        layers.Input((4, 4, 2)), layers.LayerNormalization(axis=(1, 2, 3)), layers.Flatten()])
    yield "slopes", "a slope for each position", keras.Sequential([
        layers.Input((4, 4, 2)), layers.PReLU(), layers.Flatten()])
    yield "any_size", "any size", keras.Sequential([
        layers.Input((None, None, 3)), layers.Conv2D(2, 3), layers.GlobalMaxPooling2D()])
    yield "open_size", "leaves a size open", keras.Sequential([
        layers.Input((8,)), layers.Reshape((2, -1)), layers.Flatten()])
    yield "dense_on_image", "on_image", keras.Sequential([
        layers.Input((8, 8, 2)), layers.Dense(3, name="on_image"), layers.Flatten()])
    b = keras.Input((4,))
    yield "input_read_twice", "other layers read the input", keras.Model(
        b, layers.Add()([layers.Rescaling(2.0)(b), layers.Dense(4)(b)]))
    b = keras.Input((4,))
    yield "cosine", "normalizes its inputs", keras.Model(b, layers.Dot(axes=1, normalize=True)([layers.Dense(3)(b), layers.Dense(3)(b)]))
    yield "normalized_rows", "normalizes another axis", keras.Sequential([
        layers.Input((3, 3, 3)), layers.Normalization(axis=1, mean=[1.0, 2.0, 3.0], variance=[1.0, 2.0, 3.0]), layers.Flatten(),
        layers.Dense(2)])
    yield "augmented", "RandomFlip", keras.Sequential([
        layers.Input((8, 8, 3)), layers.RandomFlip(), layers.Flatten(), layers.Dense(2)])
    yield "training_call", "is called with training=True, so the model predicts as it does in training", keras.Model(
        a, layers.Dropout(0.5)(a, training=True))
    b = keras.Input((8, 8, 3))  # Keras calls both with training=True
    yield "augmented_call", "does not support these layers: 'size' ('Resizing'), 'flip' ('RandomFlip')", keras.Model(
        b, layers.Flatten()(layers.RandomFlip(name="flip")(layers.Resizing(8, 8, name="size")(b))))


def save(folder):
    keras.utils.set_random_seed(5)
    random = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():  # of cases that no longer exist
        old.unlink()
    for name, model in models():
        for weight in model.weights:  # different from 0 and 1; variances stay positive
            if len(weight.shape) == 1 or weight.name == "bias":
                weight.assign(np.abs(np.asarray(weight) + random.normal(0, 0.3, weight.shape)) + 0.05)
        for layer in model.layers:
            if isinstance(layer, layers.Normalization) and layer.weights:
                layer.finalize_state()  # reads the statistics just assigned
        # Tandem lists inputs in the order of their layers, which a Sequential model hides.
        inputs = [layer.output for layer in model.layers if isinstance(layer, layers.InputLayer)] or model.inputs
        x = {each.name: random.normal(size=(ROWS, *each.shape[1:])).astype(np.float32) for each in inputs}
        for each in inputs:
            if each.dtype != "float32":  # tokens of samples of 1, 2, ... steps, where the padding has no influence
                masked = any(getattr(layer, "mask_zero", False) for layer in model.layers)
                valid = np.arange(each.shape[1]) <= np.arange(ROWS)[:, None]
                x[each.name] = (random.integers(1, 12, (ROWS, each.shape[1])) * (valid | (not masked))).astype(np.float32)
        y = keras.tree.flatten(model.predict(x if len(x) > 1 else x[inputs[0].name], verbose=0))
        for suffix, tensors in (("x", x.values()), ("y", y)):
            np.concatenate([each.astype(np.float32).ravel() for each in tensors]).tofile(folder / f"{name}.{suffix}")
        model.save(folder / f"{name}.h5")
        model.save(folder / f"{name}.keras")
    for name, words, model in refused():
        model.save(folder / f"refused_{name}.h5")
        (folder / f"refused_{name}.refused").write_text(words)
    # A file of Keras 2 has the same description, but means another function.
    keras.Sequential([layers.Input((4,)), layers.Dense(3, activation="hard_sigmoid", name="older")]).save(
        folder / "refused_keras_2.h5")
    with h5py.File(folder / "refused_keras_2.h5", "a") as file:
        file.attrs["keras_version"] = "2.15.0"
    (folder / "refused_keras_2.refused").write_text("hard_sigmoid")
    weights_only = keras.Sequential([layers.Input((3,)), layers.Dense(2)])
    weights_only.save_weights(folder / "refused_weights_only.weights.h5")
    (folder / "refused_weights_only.weights.refused").write_text("contains no Keras model")
    weights_only.save(folder / "refused_cut.keras")
    whole = (folder / "refused_cut.keras").read_bytes()
    (folder / "refused_cut.keras").write_bytes(whole[:len(whole) // 2])
    (folder / "refused_cut.refused").write_text("directory is missing")
    with zipfile.ZipFile(folder / "refused_incomplete.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    (folder / "refused_incomplete.refused").write_text("contains no model.weights.h5")
    with zipfile.ZipFile(folder / "refused_bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", bytes(100 << 20))
    (folder / "refused_bomb.refused").write_text("implausibly large")
    return True


if __name__ == "__main__":
    task = {"load": load, "save": save}[sys.argv[1]]
    sys.exit(0 if task(pathlib.Path(sys.argv[2])) else 1)
