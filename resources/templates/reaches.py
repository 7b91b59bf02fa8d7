"""What each template reaches: epochs, seconds on one core, metric of the test set, bar.

generate.py writes it into the notes, and tests/cli/templates_test.py checks what the notes state. The bars are at least three
standard deviations over seeds away from the mean; those of the networks on Fashion-MNIST, which were trained with one to three
seeds, are 3 to 10 points below the lowest value. The seconds are processor time of a whole run.
"""
REACHES = {
    "bursts_gru": (10, 0.3, "accuracy", "least 94%"),
    "characters_gpt": (5, 9, "accuracy", "least 32%"),
    "characters_lstm": (10, 13, "accuracy", "least 40%"),
    "fashion_mnist_cnn": (1, 60, "accuracy", "least 86%"),
    "fashion_mnist_cnn_batch_norm": (1, 6, "accuracy", "least 83%"),
    "fashion_mnist_logistic": (1, 0.5, "accuracy", "least 78%"),
    "fashion_mnist_mlp": (1, 2, "accuracy", "least 83%"),
    "fashion_mnist_mobile": (1, 8, "accuracy", "least 80%"),
    "fashion_mnist_resnet20": (1, 110, "accuracy", "least 80%"),
    "fashion_mnist_vgg": (1, 27, "accuracy", "least 80%"),
    "fashion_mnist_vit": (1, 20, "accuracy", "least 78%"),
    "sentences_gru": (10, 0.2, "accuracy", "least 97%"),
    "sentences_transformer": (15, 0.8, "accuracy", "least 97%"),
    "series_forecast": (20, 0.1, "loss", "most 0.05"),
    "shapes_compress": (5, 0.7, "loss", "most 0.55"),
    "shapes_find": (10, 4, "shape accuracy", "least 97%"),
    "shapes_labels": (5, 2, "accuracy", "least 95%"),
    "shapes_segment": (5, 2, "accuracy", "least 94%"),
    "shapes_size": (5, 2, "MAE", "most 0.12"),
    "shapes_unet": (4, 2, "mean IoU", "least 88%"),
    "sunspots": (100, 0.3, "MAE", "most 17"),
    "two_moons": (30, 0.2, "accuracy", "least 97%"),
    "two_spirals": (60, 0.3, "accuracy", "least 97%"),
    "waves_lstm": (15, 0.4, "accuracy", "least 95%"),
}
