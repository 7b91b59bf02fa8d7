"""Tables on the command line: decisions that are shown and set, projects for own data, units of targets, evaluation."""
import csv
import gzip
import io
import json
import os
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path

from program import TANDEM, Program, unittest


TESTS = Path(__file__).parent.parent
METRICS = {"metrics": [{"type": "top_k_accuracy", "k": 2}, "accuracy", "precision", {"type": "recall", "class": 2}, "f1"]}


class Data(Program):
    def project(self, name, inputs, outputs, data, loss="softmax_cross_entropy", epochs=30, settings=None, **last):
        layers = [{"type": "input", "name": "input", "properties": {"shape": [inputs]}},
                  {"type": "dense", "name": "hidden", "inputs": ["input"], "properties": {"units": 16, "activation": "relu"}},
                  {"type": "dense", "name": "out", "inputs": ["hidden"], "properties": {"units": outputs, **last}}]
        training = {"loss": loss, "epochs": epochs, "batch": 8, "optimizer": {"type": "adam", "learning_rate": 0.01},
                    **(settings or {})}
        return self.write(name, json.dumps({"tandem": 2, "layers": layers, "data": {"kind": "csv", **data}, "training": training}))

    def train(self, file, *options):
        return self.summary(self.tandem("train", file, "--json", *options))[-1]

    def values(self, model, table):
        lines = self.tandem("infer", model, table, "--json").stdout.strip().split("\n")
        return [json.loads(line)["values"][0] for line in lines]

    def test_predictions_and_metrics_of_a_regression_are_in_its_unit(self):
        rows = [(i / 20 - 2, 50000 + 3000 * (i / 20 - 2)) for i in range(80)]
        self.write("price.csv", "size,price\n" + "".join(f"{x},{y}\n" for x, y in rows))
        file = self.project("price.tandem", 1, 1, {"path": "price.csv", "classification": False}, loss="mse", epochs=60)
        last = self.train(file)
        self.assertLess(last["test_loss"], 0.1)  # of the standardized target
        self.assertLess(last["test_rmse"], 1500)
        self.assertGreater(last["test_rmse"], 1)
        self.assertAlmostEqual(last["test_rmse"] ** 2 / last["test_loss"], 12e6, delta=2e6)  # the variance of the price
        ask = self.write("ask.csv", "size\n-1\n0\n1\n")
        got = self.values(last["checkpoint"], ask)
        for value, want in zip(got, (47000, 50000, 53000), strict=True):
            self.assertAlmostEqual(value, want, delta=1500)
        self.tandem("export", last["checkpoint"], "-o", self.path("model.h5"))
        bare = self.tandem("export", last["checkpoint"], "--bare", "-o", self.path("bare.h5")).stdout
        self.assertIn("The target is the output / scale + mean", bare)
        for model in ("model.h5", "bare.h5"):
            for value, want in zip(self.values(self.path(model), ask), got, strict=True):
                self.assertAlmostEqual(value, want, delta=0.05)
        # The same numbers from the evaluation of the test part.
        test = json.loads(self.tandem("evaluate", last["checkpoint"], "--json").stdout)
        self.assertAlmostEqual(test["rmse"], last["test_rmse"], delta=0.01)
        whole = json.loads(self.tandem("evaluate", self.path("model.h5"), self.path("price.csv"), "--json").stdout)
        self.assertEqual(whole["samples"], 80)
        self.assertGreater(whole["r2"], 0.8)

    def test_a_bounded_output_keeps_its_targets(self):
        self.write("share.csv", "x,share\n" + "".join(f"{i / 10},{1 if i > 20 else 0}\n" for i in range(40)))
        file = self.project("share.tandem", 1, 1, {"path": "share.csv", "classification": False}, loss="mse", epochs=100,
                            activation="sigmoid")
        last = self.train(file)
        for value in self.values(last["checkpoint"], self.write("ask.csv", "x\n0\n4\n")):
            self.assertTrue(0 <= value <= 1, value)
        self.assertLess(last["test_rmse"], 0.4)

    def test_time_stamps_train_like_small_numbers(self):
        labels = ["late" if i > 40 else "early" for i in range(80)]
        self.write("large.csv", "t,y\n" + "".join(f"{1700000000 + 0.5 * i},{y}\n" for i, y in enumerate(labels)))
        self.write("small.csv", "t,y\n" + "".join(f"{0.5 * i},{y}\n" for i, y in enumerate(labels)))
        losses = [self.train(self.project(f"{name}.tandem", 1, 2, {"path": f"{name}.csv"}, epochs=20))["test_loss"]
                  for name in ("large", "small")]
        self.assertAlmostEqual(losses[0], losses[1], places=4)
        model = self.train(self.path("large.tandem"))["checkpoint"]
        answers = [json.loads(line)["class"] for line in self.tandem(
            "infer", model, self.write("ask.csv", "t\n1700000002\n1700000038\n"), "--json").stdout.strip().split("\n")]
        self.assertEqual(answers, ["early", "late"])

    def test_numbers_of_any_size_train_alike(self):
        def table(name, size):
            return self.write(name, "x,y\n" + "".join(f"{i % 10}{size},{(i % 10) * 2}{size}\n" for i in range(60)))

        errors = []
        for name, size in (("usual", ""), ("small", "e-50"), ("large", "e200")):
            table(f"{name}.csv", size)
            file = self.project(f"{name}.tandem", 1, 1, {"path": f"{name}.csv", "classification": False}, loss="mse",
                                epochs=60)
            model = self.train(file)["checkpoint"]
            measured = json.loads(self.tandem("evaluate", model, "--json").stdout)
            errors.append(measured["rmse"] / float("1" + size))
            value = self.values(model, self.write("ask.csv", f"x\n3{size}\n"))[0]
            self.assertAlmostEqual(value / float("6" + size), 1, places=1)
        self.assertAlmostEqual(errors[1], errors[0], places=4)
        self.assertAlmostEqual(errors[2], errors[0], places=4)

    def test_the_export_of_numbers_of_extreme_size(self):
        def trained(name, size):
            self.write(f"{name}.csv", "x,y\n" + "".join(f"{i % 10}{size},{i % 3}\n" for i in range(60)))
            result = self.tandem("train", self.project(f"{name}.tandem", 1, 3, {"path": f"{name}.csv"}), "--json")
            return self.summary(result)[-1], result.stderr

        last, _ = trained("tiny", "e-15")
        ask = self.write("ask.csv", "x\n3e-15\n7e-15\n")
        answers = []
        for model in (last["weights"], last["checkpoint"]):
            lines = self.tandem("infer", model, ask, "--json").stdout.strip().split("\n")
            answers.append([value for line in lines for value in json.loads(line)["probabilities"].values()])
        for exported, own in zip(*answers, strict=True):
            self.assertAlmostEqual(exported, own, places=5)
        last, warned = trained("beyond", "e-50")
        self.assertEqual(last["weights"], "")
        self.assertTrue(os.path.exists(last["checkpoint"]))
        self.assertIn("no weights were exported for Keras", warned)
        self.assertIn("column 'x'", warned)

    def test_an_export_names_the_columns_that_float32_does_not_hold(self):
        def exported(name, row):
            self.write(f"{name}.csv", "x,y\n" + "".join(f"{row(i)},{i % 3}\n" for i in range(60)))
            result = self.tandem("train", self.project(f"{name}.tandem", 1, 3, {"path": f"{name}.csv"}, epochs=1), "--json")
            model = self.summary(result)[-1]["checkpoint"]
            exported = self.tandem("export", model, "-o", self.path(f"{name}.h5"))
            bare = self.tandem("export", model, "--bare", "-o", self.path(f"{name}-bare.h5"))
            return result.stderr, exported.stderr, bare

        note = "Keras reads inputs as float32, which distinguishes values of 'x' near 17000000"
        trained, written, bare = exported("stamps", lambda i: 1700000000 + 0.3 * i)
        self.assertIn(note, trained)
        self.assertIn(note, written)
        self.assertEqual(bare.stderr, "")
        mean = float(next(line for line in bare.stdout.split("\n") if line.startswith("  x: "))[5:].split(",")[0])
        self.assertNotEqual(mean, round(mean))  # all digits
        for text in exported("years", lambda i: 1970 + i % 50)[:2]:
            self.assertNotIn("float32", text)

    def test_decisions_are_shown_and_can_be_set(self):
        self.write("fall.csv", "faelle;quote;stufe\n" + "".join(
            f"{7 + i % 2}.{340 + i};{13 + i % 5},{10 + i};{'hoch' if i % 2 else 'tief'}\n" for i in range(30)))
        file = self.project("fall.tandem", 2, 2, {"path": "fall.csv"})
        shown = self.tandem("check", file).stdout
        self.assertIn("Line 1 is read as the header", shown)
        self.assertIn("separated by: semicolon", shown)
        self.assertIn("The decimal separator is a comma, the thousands separator: point", shown)
        self.assertIn('"7.340" in column "faelle"', self.tandem(
            "check", file, "--decimal", ",", "--thousands", "none", code=2).stderr)
        self.assertIn("the decimal and the thousands separator are the same", self.tandem(
            "check", file, "--decimal", ",", "--thousands", ",", code=2).stderr)
        self.assertIn("there is no column", self.tandem("check", file, "--target", "nope", code=2).stderr)

    def test_a_project_for_own_data(self):
        rows = "".join(f"{i % 7},{i % 5}.5,{'red' if i % 2 else 'blue'},{'yes' if i % 7 > 3 else 'no'}\n" for i in range(120))
        table = self.write("own.csv", "size,weight,colour,good\n" + rows)
        made = self.tandem("new", "--data", table, "-o", self.path("own.tandem")).stdout
        self.assertIn("4 inputs, 2 classes", made)
        self.assertIn('Column "colour" is a category', made)
        last = self.train(self.path("own.tandem"))
        self.assertGreater(last["test_accuracy"], 0.8)
        # Other data of the same fields.
        other = self.write("other.csv", "size,weight,colour,good\n" + rows[: len(rows) // 2].rsplit("\n", 1)[0] + "\n")
        self.tandem("check", self.path("own.tandem"), "--data", other)
        self.assertIn("there is no column \"weight\"", self.tandem(
            "check", self.path("own.tandem"), "--data", other, "--ignore", "weight,weigth", code=2).stderr.replace("weigth", "weight"))
        numbers = self.write("numbers.csv", "a,b\n" + "".join(f"{i},{i * 1.5}\n" for i in range(50)))
        self.assertIn("a number to predict", self.tandem("new", "--data", numbers, "-o", self.path("n.tandem")).stdout)
        self.assertIn("neither images, texts nor IDX", self.tandem(
            "new", "--data", self.path("runs"), "-o", self.path("x.tandem"), code=2).stderr)
        self.assertIn("does not exist", self.tandem(
            "new", "--data", self.path("nothing.csv"), "-o", self.path("x.tandem"), code=2).stderr)
        self.assertIn("either --template or --data", self.tandem("new", "-o", self.path("x.tandem"), code=2).stderr)

    def test_a_project_moves_with_its_data(self):
        os.mkdir(self.path("Erste (v1) äöü"))
        self.write("Erste (v1) äöü/daten 1.csv", "x,y\n" + "".join(f"{i},{'b' if i > 9 else 'a'}\n" for i in range(20)))
        self.project("Erste (v1) äöü/netz.tandem", 1, 2, {"path": "daten 1.csv"}, epochs=1)
        self.tandem("check", self.path("Erste (v1) äöü/netz.tandem"))
        shutil.move(self.path("Erste (v1) äöü"), self.path("zweite"))
        self.tandem("train", self.path("zweite/netz.tandem"))
        os.remove(self.path("zweite/daten 1.csv"))
        missing = self.tandem("check", self.path("zweite/netz.tandem"), code=2).stderr
        self.assertIn(self.path("zweite/daten 1.csv") + ": the file does not exist", missing)
        self.assertIn("choose another file", missing)

    def test_evaluation_of_classes(self):
        rows = [(i % 20, "high" if i % 20 > 9 else "low") for i in range(200)]
        self.write("t.csv", "x,level\n" + "".join(f"{x},{y}\n" for x, y in rows))
        model = self.train(self.project("t.tandem", 1, 2, {"path": "t.csv"}))["checkpoint"]
        shown = self.tandem("evaluate", model).stdout
        for text in ("accuracy", "precision", "Confusion matrix", "the test part of t"):
            self.assertIn(text, shown)
        labelled = self.write("new.csv", "level,x\nlow,1\nhigh,18\nhigh,2\nlow,2\n")
        result = json.loads(self.tandem("evaluate", model, labelled, "--json").stdout)
        self.assertEqual(result["accuracy"], 0.75)
        self.assertEqual(result["confusion"], [[1, 1], [0, 2]])
        self.assertEqual([each["recall"] for each in result["classes"]], [0.5, 1])
        table = list(csv.reader(io.StringIO(self.tandem("evaluate", model, labelled, "--csv").stdout)))
        self.assertEqual(table[0][5:], ["predicted as high", "predicted as low"])
        self.assertEqual(table[1][0], "high")
        self.assertEqual(table[1][5:], ["1", "1"])
        listed = self.path("samples.csv")
        self.tandem("evaluate", model, labelled, "--samples", listed, "--json")
        with open(listed, newline="") as file:
            samples = list(csv.DictReader(file))
        self.assertEqual(sorted(int(each["sample"]) for each in samples), [1, 2, 3, 4])
        self.assertEqual((samples[0]["sample"], samples[0]["given"], samples[0]["predicted"]), ("3", "high", "low"))
        losses = [float(each["loss"]) for each in samples]
        self.assertEqual(losses, sorted(losses, reverse=True))
        with gzip.open(self.path("new.csv.gz"), "wt") as packed:
            packed.write("level,x\nlow,1\n")
        self.assertEqual(json.loads(self.tandem("evaluate", model, self.path("new.csv.gz"), "--json").stdout)["samples"], 1)
        for text, error in (("x\n1\n", 'there is no column "level", the target'), ("level,x\nmiddle,1\n", '"middle" is not a class'),
                            ("level,x\n,1\n", "every row has a missing value")):
            self.assertIn(error, self.tandem("evaluate", model, self.write("bad.csv", text), code=2).stderr)

    def test_the_loss_of_an_evaluation_is_that_of_the_test(self):
        rows = [(i % 23, 5000 + 300 * (i % 23) + 900 * (i % 7)) for i in range(120)]
        self.write("price.csv", "size,price\n" + "".join(f"{x},{y}\n" for x, y in rows))
        for loss, settings in (("mse", {}), ("mae", {}), ("huber", {"delta": 0.2}), ("log_cosh", {}), ("quantile", {"quantile": 0.8})):
            last = self.train(self.project("price.tandem", 1, 1, {"path": "price.csv", "classification": False},
                                           loss={"type": loss, **settings}, epochs=5, settings={"metrics": ["r2", "mae"]}))
            got = json.loads(self.tandem("evaluate", last["checkpoint"], "--json").stdout)
            self.assertAlmostEqual(got["loss"] / last["test_loss"], 1, places=4, msg=loss)
            self.assertAlmostEqual(got["mse"] / got["rmse"] ** 2, 1, places=6)
            self.assertAlmostEqual(got["r2"], last["test_r2"], places=5)
            self.assertAlmostEqual(got["mae"] / last["test_mae"], 1, places=5)
            self.assertNotIn("test_rmse", last)
            shown = self.tandem("evaluate", last["checkpoint"]).stdout
            self.assertIn(f"({loss}, of the standardized target)", shown)
            self.assertIn("MSE", shown)
            self.assertIn("\nloss,", self.tandem("evaluate", last["checkpoint"], "--csv").stdout)
        # An exported model does not state its loss function.
        self.tandem("export", last["checkpoint"], "-o", self.path("price.h5"))
        got = json.loads(self.tandem("evaluate", self.path("price.h5"), self.path("price.csv"), "--json").stdout)
        self.assertNotIn("loss", got)
        self.assertIn("mse", got)

    def test_r2_needs_targets_that_vary(self):
        self.write("year.csv", "x,y\n" + "".join(f"{i % 17},{2000 + i % 7}\n" for i in range(90)))
        settings = {"settings": {"metrics": ["r2"]}, "loss": "mse", "epochs": 2}
        data = {"path": "year.csv", "classification": False}
        self.assertTrue(self.train(self.project("y.tandem", 1, 1, data, **settings))["test_r2"] < 1)
        for name in ("train", "check"):
            refused = self.tandem(name, self.project("y.tandem", 1, 1, {**data, "standardize_targets": False}, **settings), code=2).stderr
            self.assertIn("training.metrics: R2 cannot be computed: the targets, 2003 on average", refused)
        self.write("same.csv", "x,y\n" + "".join(f"{i % 17},3.3\n" for i in range(90)))
        same = self.project("same.tandem", 1, 1, {"path": "same.csv", "classification": False}, loss="mse", epochs=1)
        self.assertIsNone(json.loads(self.tandem("evaluate", self.train(same)["checkpoint"], "--json").stdout)["r2"])

    def test_the_loss_and_metrics_of_classes_are_those_of_the_test(self):
        rows = [(i % 30, i % 11 == 0) for i in range(240)]  # every 11th label is another one
        self.write("three.csv", "x,y\n" + "".join(f"{x},{'abc'[x // 10 - odd]}\n" for x, odd in rows))
        self.write("two.csv", "x,y\n" + "".join(f"{x},{'no' if (x < 15) != odd else 'yes'}\n" for x, odd in rows))
        for table, outputs, loss, settings, last in (
                ("three.csv", 3, "softmax_cross_entropy", METRICS, {}),
                ("three.csv", 3, {"type": "softmax_cross_entropy", "label_smoothing": 0.2}, {}, {}),
                ("three.csv", 3, {"type": "softmax_focal", "gamma": 1.5}, {}, {}),
                ("two.csv", 1, "binary_cross_entropy", {}, {}),
                ("two.csv", 1, "binary_cross_entropy", {"metrics": ["accuracy", "f1"]}, {"activation": "sigmoid"}),
                ("two.csv", 1, {"type": "binary_focal", "alpha": 0.6}, {}, {}),
                ("two.csv", 1, {"type": "dice", "smooth": 2.0}, {}, {}),
                ("two.csv", 1, "hinge", {}, {}),
                ("two.csv", 1, "squared_hinge", {}, {})):
            run = self.train(self.project("c.tandem", 1, outputs, {"path": table}, loss=loss, settings=settings, **last))
            got = json.loads(self.tandem("evaluate", run["checkpoint"], "--json").stdout)
            self.assertAlmostEqual(got["loss"] / run["test_loss"], 1, places=4, msg=loss)
            names = [name.removeprefix("test_") for name in run if name.startswith("test_") and name != "test_loss"]
            self.assertEqual(len(names), len(settings.get("metrics", ["accuracy"])), msg=names)
            shown = self.tandem("evaluate", run["checkpoint"]).stdout
            for metric in names:
                self.assertAlmostEqual(got[metric], run["test_" + metric], places=6, msg=metric)
                self.assertRegex(shown, rf"\n{metric} +{got[metric]:.4f}\n")
            self.assertIn(f"({loss if isinstance(loss, str) else loss['type']})", shown)

    def test_a_model_without_columns_and_classes_is_not_evaluated(self):
        model = str(TESTS / "cases" / "40-keras-ends-in-a-view" / "dense_flatten.h5")
        table = self.write("t.csv", "a,b,c,d,y\n1,2,3,4,yes\n4,3,2,1,no\n")
        for data in ((table,), (self.folder.name,), ()):
            refused = self.tandem("evaluate", model, *data, code=2).stderr
            self.assertIn("the file does not state its columns and classes", refused)
            self.assertIn("tandem export", refused)
        self.assertIn("written by `tandem export`", " ".join(self.tandem("evaluate", "--help").stdout.split()))

    def test_the_target_of_an_evaluation_is_used_without_a_header(self):
        self.write("t.csv", "x,level\n" + "".join(f"{i % 20},{'high' if i % 20 > 9 else 'low'}\n" for i in range(60)))
        model = self.train(self.project("t.tandem", 1, 2, {"path": "t.csv"}, epochs=1))["checkpoint"]
        bare = self.write("bare.csv", "1,low\n18,high\n")
        noted = self.tandem("evaluate", model, bare).stderr
        self.assertIn("matched by position", noted)
        self.assertNotIn("not used", noted)
        self.assertIn("level (not used)", self.tandem("infer", model, bare).stderr)

    def test_settings_of_a_table_to_predict_win(self):
        self.write("t.csv", "x,y\n" + "".join(f"{i}.5,{3 * i}\n" for i in range(60)))
        model = self.train(self.project("t.tandem", 1, 1, {"path": "t.csv", "classification": False}, loss="mse",
                                        epochs=1))["checkpoint"]

        def value(text, *options):
            return json.loads(self.tandem("infer", model, self.write("ask.csv", text), "--json", *options).stdout)["values"][0]

        self.assertEqual(value("x\n7.341\n"), value("x\n7.3410\n"))
        self.assertEqual(value("x\n7.341\n", "--decimal", ","), value("x\n7341\n"))
        self.assertEqual(value("x\n7.341\n", "--thousands", "."), value("x\n7341\n"))
        self.assertIn("the decimal separator cannot be", self.tandem(
            "infer", model, self.path("ask.csv"), "--decimal", "x", code=2).stderr)
        self.assertIn('there is no column "x"', self.tandem(
            "infer", model, self.write("ask.csv", "x,y\n1,2\n"), "--delimiter", ";", code=2).stderr)
        gaps = self.write("gaps.csv", "x,y\n1,3\nn/v,6\n3,9\n")
        self.assertIn('"n/v" in column "x" is not a number', self.tandem("evaluate", model, gaps, code=2).stderr)
        got = json.loads(self.tandem("evaluate", model, gaps, "--missing", "n/v", "--json").stdout)
        self.assertEqual(got["samples"], 2)
        got = json.loads(self.tandem("evaluate", model, self.write("de.csv", "x;y\n1.234;3\n2.345;6\n"),
                                     "--decimal", ",", "--json").stdout)
        plain = json.loads(self.tandem("evaluate", model, self.write("en.csv", "x,y\n1234,3\n2345,6\n"), "--json").stdout)
        self.assertEqual(got["mae"], plain["mae"])

    def test_the_encoding_of_a_table_to_predict(self):
        self.write("t.csv", "x,farbe\n" + "".join(f"{i % 20},{'grün' if i % 20 > 9 else 'blau'}\n" for i in range(60)))
        model = self.train(self.project("t.tandem", 1, 2, {"path": "t.csv"}, epochs=1))["checkpoint"]
        ask = Path(self.path("ask.csv"))
        for command in ("infer", "evaluate"):
            ask.write_bytes("x,farbe\n15,grün\n1,blau\n".encode("windows-1252"))
            self.assertIn("set its encoding", self.tandem(command, model, str(ask), code=2).stderr)
            self.tandem(command, model, str(ask), "--encoding", "windows-1252")
            # Bytes that are valid UTF-8, too.
            ask.write_bytes("x,farbe,größe\n15,blau,1\n".encode())
            self.assertIn('"größe"', self.tandem(command, model, str(ask), code=2).stderr)
            self.assertIn('"grÃ¶ÃŸe"', self.tandem(command, model, str(ask), "--encoding", "windows-1252", code=2).stderr)

    def test_damaged_images_are_left_out_of_an_evaluation(self):
        for part in ("data", "more"):
            for name in ("cat", "dog"):
                os.makedirs(self.path(part, name))
                for i in range(6):
                    shutil.copy(TESTS / "unit" / "pictures" / "rgb.png", self.path(part, name, f"{i}.png"))
        layers = [{"type": "input", "name": "input", "properties": {"shape": [8, 8, 3]}},
                  {"type": "flatten", "name": "flatten", "inputs": ["input"]},
                  {"type": "dense", "name": "logits", "inputs": ["flatten"], "properties": {"units": 2}}]
        model = self.train(self.write("p.tandem", json.dumps({
            "tandem": 2, "layers": layers, "training": {"loss": "softmax_cross_entropy", "epochs": 1, "batch": 4},
            "data": {"kind": "image_folder", "path": "data", "image_height": 8, "image_width": 8, "image_channels": 3}})))
        model = model["checkpoint"]
        self.write("more/cat/3.png", "<html>404</html>")
        self.assertIn("--skip-damaged", self.tandem("evaluate", model, self.path("more"), code=2).stderr)
        done = self.tandem("evaluate", model, self.path("more"), "--skip-damaged", "--json")
        self.assertEqual(json.loads(done.stdout)["samples"], 11)
        self.assertIn("Left out 1 of 12 images", done.stderr)
        self.write("data/dog/2.png", "<html>404</html>")
        self.tandem("evaluate", model, code=2)
        self.assertIn("The data has changed", self.tandem("evaluate", model, "--skip-damaged").stderr)

    def npy(self, kind, shape, values):
        code = {"<f4": "f", "<i8": "q"}[kind]
        header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
        return (b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header +
                struct.pack(f"<{len(values)}{code}", *values))

    def test_numpy_arrays_are_trained_evaluated_and_predicted(self):
        def archive(name, **arrays):
            with zipfile.ZipFile(self.path(name), "w", zipfile.ZIP_DEFLATED) as target:
                for array, content in arrays.items():
                    target.writestr(array + ".npy", content)
            return self.path(name)

        def samples(count):
            return (self.npy("<f4", (count, 2), [v for i in range(count) for v in (i % 2 + 0.25, i / count)]),
                    self.npy("<i8", (count,), [i % 2 * 5 for i in range(count)]))

        x, y = samples(60)
        x_test, y_test = samples(20)
        data = archive("own.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
        project = self.path("own.tandem")
        made = self.tandem("new", "--data", data, "-o", project).stdout
        self.assertIn("Arrays of inputs and targets: x_train and y_train; x_test and y_test", made)
        self.assertIn("2 inputs, 2 classes", made)
        checkpoint = self.train(project, "--epochs", "3")["checkpoint"]
        scores = json.loads(self.tandem("evaluate", checkpoint, data, "--json").stdout)
        self.assertEqual((scores["samples"], [c["class"] for c in scores["classes"]]), (20, ["0", "5"]))
        lines = self.tandem("infer", checkpoint, data, "--json").stdout.strip().split("\n")
        self.assertEqual(len(lines), 20)
        self.assertEqual(json.loads(lines[0])["input"], data + ":0")
        for name, content in (("x.npy", x_test), ("y.npy", y_test)):
            Path(self.path(name)).write_bytes(content)
        beside = json.loads(self.tandem("evaluate", checkpoint, self.path("x.npy"), "--json").stdout)
        self.assertEqual((beside["samples"], beside["accuracy"]), (20, scores["accuracy"]))
        values = self.tandem("new", "--data", data, "--numbers", "y_train", "--force", "-o", project).stdout
        self.assertIn("2 inputs, a number to predict", values)
        header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
        objects = archive("objects.npz", x=b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header, y=y)
        self.assertIn("Python objects, which could execute code",
                      self.tandem("new", "--data", objects, "-o", self.path("no.tandem"), code=2).stderr)

    def test_arff_files_declare_their_columns(self):
        rows = "".join(f"{i % 7},{'red' if i % 2 else 'blue'},{'b' if i % 2 else 'a'}\n" for i in range(60))
        data = self.write("flowers.arff", "@relation flowers\n@attribute size real\n@attribute color {red, blue}\n"
                                          "@attribute kind {b, a, never}\n@data\n" + rows)
        project = self.path("flowers.tandem")
        made = self.tandem("new", "--data", data, "-o", project).stdout
        self.assertIn("3 classes: b, a, never", made)
        self.assertIn("class never has no", made)
        checkpoint = self.train(project, "--epochs", "2")["checkpoint"]
        self.assertEqual(json.loads(self.tandem("evaluate", checkpoint, data, "--json").stdout)["samples"], 60)
        self.assertEqual(len(self.tandem("infer", checkpoint, data, "--json").stdout.strip().split("\n")), 60)
        wrong = self.write("wrong.arff", Path(data).read_text() + "1,green,a\n")
        self.assertIn('wrong.arff:66: "green" is not a value of the attribute "color". It has red, blue',
                      self.tandem("new", "--data", wrong, "-o", self.path("no.tandem"), code=2).stderr)

    def test_cifar_is_read_from_its_folder(self):
        for name, count in (("data_batch_1.bin", 40), ("test_batch.bin", 10)):
            Path(self.path(name)).write_bytes(b"".join(bytes([i % 10]) + bytes([i]) * 3072 for i in range(count)))
        project = self.path("cifar.tandem")
        made = self.tandem("new", "--data", self.folder.name, "-o", project).stdout
        self.assertIn("32 x 32 x 3 inputs, 10 classes", made)
        with open(project) as file:
            self.assertEqual(json.load(file)["data"]["kind"], "cifar")
        self.assertIn("CIFAR-10 has one label", self.tandem("new", "--data", self.folder.name, "--target", "fine", "-o",
                                                             self.path("no.tandem"), code=2).stderr)

    def test_builtin_datasets_are_listed_and_found_by_name(self):
        lines = self.tandem("datasets").stdout.split("\n")
        names = [line for line in lines if line and not line.startswith(" ")]
        self.assertEqual(names[0], "fashion-mnist")
        for name in names:
            made = subprocess.run([TANDEM, "new", "--data", name, "--force", "-o", self.path("own.tandem")], capture_output=True,
                                  text=True, env=self.env, timeout=120)
            if "installed" in lines[lines.index(name) + 1].rsplit("(", 1)[1]:
                self.assertEqual(made.returncode, 0, made.stderr)
            else:
                self.assertIn("the dataset is not installed. Install the Debian package", made.stderr)
        self.assertIn("there is no built-in dataset with this name. Choose one of builtin:fashion-mnist, ",
                      self.tandem("new", "--data", "builtin:none", "-o", self.path("none.tandem"), code=2).stderr)


unittest.main(verbosity=2)
