"""Tables on the command line: decisions that are shown and set, projects for own data, units of targets, evaluation."""
import csv
import gzip
import io
import json
import os
import shutil

from program import Program, unittest


class Data(Program):
    def project(self, name, inputs, outputs, data, loss="softmax_cross_entropy", epochs=30, **last):
        layers = [{"type": "input", "name": "input", "properties": {"shape": [inputs]}},
                  {"type": "dense", "name": "hidden", "inputs": ["input"], "properties": {"units": 16, "activation": "relu"}},
                  {"type": "dense", "name": "out", "inputs": ["hidden"], "properties": {"units": outputs, **last}}]
        training = {"loss": loss, "epochs": epochs, "batch": 8, "optimizer": {"kind": "adam", "learning_rate": 0.01}}
        return self.write(name, json.dumps({"tandem": 1, "layers": layers, "data": {"kind": "csv", **data}, "training": training}))

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
        self.assertIn("neither images nor IDX", self.tandem(
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
        self.assertIn("choose other data", missing)

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
        with gzip.open(self.path("new.csv.gz"), "wt") as packed:
            packed.write("level,x\nlow,1\n")
        self.assertEqual(json.loads(self.tandem("evaluate", model, self.path("new.csv.gz"), "--json").stdout)["samples"], 1)
        for text, error in (("x\n1\n", 'there is no column "level", the target'), ("level,x\nmiddle,1\n", '"middle" is not a class'),
                            ("level,x\n,1\n", "every row has a missing value")):
            self.assertIn(error, self.tandem("evaluate", model, self.write("bad.csv", text), code=2).stderr)


unittest.main(verbosity=2)
