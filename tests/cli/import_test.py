"""`tandem import`: models of other programs as projects."""
import json
import os
import re
import shutil
import unittest
import warnings
import zipfile

from program import Program


class ImportTest(Program):
    def model(self):
        """The Keras model of a trained project."""
        self.tandem("train", self.moons(epochs=2), "--out", self.path("first"))
        return shutil.copy(self.path("first", "weights.h5"), self.path("model.h5"))

    def test_a_model_becomes_a_project_that_trains_on(self):
        model, file = self.model(), self.path("again.tandem")
        output = self.tandem("import", model, "-o", file, "--weights").stdout
        self.assertRegex(output, r"(?m)^dense +Dense +dense \(dense\)$")
        self.assertRegex(output, r"(?m)^\S+ +Normalization +part of the normalization of the data$")
        self.assertIn("The model reads 2 values and computes 2 values", output)
        with open(file) as source:
            project = json.load(source)
        self.assertEqual(project["training"]["initial_weights"], "model.h5")  # beside the project
        # The data is that of the template.
        with open(self.moons()) as source:
            project["data"] = json.load(source)["data"]
        with open(file, "w") as target:
            json.dump(project, target)
        trained = self.tandem("train", file, "--epochs", "1").stdout
        self.assertIn("Starts with the weights of 3 layers from", trained)
        self.assertGreater(float(re.search(r"test .* accuracy ([\d.]+)", trained).group(1)), 0.8)

    def test_the_report_can_be_read_by_programs(self):
        model, file = self.model(), self.path("again.tandem")
        report = json.loads(self.tandem("import", model, "-o", file, "--json").stdout)
        self.assertEqual(report["initial_weights"], "")
        self.assertEqual([head["loss"] for head in report["heads"]], ["softmax_cross_entropy"])
        layers = {layer["name"]: layer for layer in report["layers"]}
        self.assertEqual(layers["logits"]["class"], "Dense")
        self.assertEqual(layers["logits"]["layers"], ["logits"])
        # Without weights, the command says how to start from them.
        self.assertIn(f"--weights {model}", self.tandem("import", model, "-o", file, "--force").stdout)

    def test_mistakes_are_named(self):
        text, file = self.write("a.txt", "text"), self.path("again.tandem")
        table = self.write("table.csv", "a,b\n1,2\n")
        with zipfile.ZipFile(self.path("twice.keras"), "w") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the name is a duplicate
            for name in ("config.json", "model.weights.h5", "config.json"):
                archive.writestr(name, "{}")
        for arguments, message in (
                ((text, "-o", file), "this is not a model of a format that Tandem reads"),
                ((self.path("gone.keras"), "-o", file), "there is no such file"),
                ((self.write("cut.keras", "PK"), "-o", file), "cut.keras"),
                ((self.path("twice.keras"), "-o", file), "the archive contains config.json twice"),
                ((text, "-o", table, "--data", table, "--force"), "this is the data itself"),
                ((text, "-o", text), "this is the model itself")):
            self.assertIn(message, self.tandem("import", *arguments, code=2).stderr)
        self.assertFalse(os.path.exists(file))
        with open(table) as source:
            self.assertEqual(source.read(), "a,b\n1,2\n")


if __name__ == "__main__":
    unittest.main()
