"""Inputs from bug reports of other programs (tests/cases): each is read right, or refused with the reason."""
import json
import os
import shutil
import struct
import zlib

from program import Program, unittest

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cases")


def write_grey_png(file, width, levels):
    """A picture of one channel with these levels, row by row."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + bytes(levels[i:i + width]) for i in range(0, len(levels), width))
    head = struct.pack(">IIBBBBB", width, len(levels) // width, 8, 0, 0, 0, 0)
    with open(file, "wb") as target:
        target.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def floats_of_npy(file):
    """The values of a NumPy file of float32, version 1."""
    with open(file, "rb") as source:
        content = source.read()
    begin = 10 + struct.unpack("<H", content[8:10])[0]
    return [value for value, in struct.iter_unpack("<f", content[begin:])]


class Cases(Program):
    def case(self, name):
        """A writable copy of a case's folder."""
        folder = self.path(name)
        if not os.path.exists(folder):
            shutil.copytree(os.path.join(CASES, name), folder)
        return lambda *names: os.path.join(folder, *names)

    def facts(self, table, *options):
        """What `tandem new` finds in a table: inputs, classes and notes."""
        return self.tandem("new", "--data", table, *options, "--force", "-o", self.path("facts.tandem")).stdout

    def train(self, project, *options):
        return self.summary(self.tandem("train", project, "--json", *options))[-1]["checkpoint"]

    def answers(self, model, table, key="class"):
        lines = self.tandem("infer", model, table, "--json").stdout.strip().split("\n")
        return [json.loads(line)[key] for line in lines]

    def test_01_byte_order_mark(self):
        at = self.case("01-bom")
        model = self.train(at("bom.tandem"), "--epochs", "30")
        for name in ("ask_head", "ask_nohead", "ask_plain", "ask_quoted"):
            self.assertEqual(self.answers(model, at(name + ".csv")), ["no", "yes"], name)
        self.tandem("check", at("nohead.tandem"))

    def test_02_decimal_commas_and_thousands(self):
        at = self.case("02-german-thousands")
        same = [self.train(at(name + ".tandem"), "--epochs", "40") for name in ("cases", "true")]
        ask = self.write("ask.csv", "faelle;quote\n7.341;13,29\n953;33,04\n")
        plain = self.write("plain.csv", "faelle,quote\n7341,13.29\n953,33.04\n")
        expected = self.answers(same[1], plain, "probabilities")
        for model in same:
            for table in (ask, plain):
                for got, want in zip(self.answers(model, table, "probabilities"), expected, strict=True):
                    self.assertAlmostEqual(got["hoch"], want["hoch"], places=5)
        self.assertIn("The decimal separator is a comma, the thousands separator: point", self.facts(at("prices.csv")))
        self.assertNotIn("comma", self.facts(at("dotted.csv")))
        model = self.train(at("mixed.tandem"), "--epochs", "5")
        self.assertEqual(len(self.answers(model, at("ask.csv"), "values")), 2)

    def test_04_na_is_a_class(self):
        at = self.case("04-na-is-a-class")
        for name in ("continent", "quoted", "null"):
            self.assertIn("3 classes", self.facts(at(name + ".csv")), name)

    def test_05_numeric_header(self):
        at = self.case("05-numeric-header")
        self.assertIn("3 inputs, 2 classes", self.facts(at("allyears.csv")))
        self.assertIn("Line 1 is read as the header", self.facts(at("allyears.csv")))
        self.assertIn("Line 1 is read as the header", self.facts(at("years.csv"), "--target", "group"))
        for target in ("label", "column 1"):
            self.assertIn("4 inputs", self.facts(at("mnistlike.csv"), "--target", target))

    def test_07_trailing_delimiter(self):
        at = self.case("07-trailing-delimiter")
        for name in ("all", "rows"):
            facts = self.facts(at(name + ".csv"))
            self.assertIn("2 inputs, 2 classes", facts)
            self.assertIn("Lines end in a delimiter", facts)
        for name in ("all", "all_hint", "all_ignore", "all_target", "rows"):
            self.tandem("train", at(name + ".tandem"))

    def test_08_column_order(self):
        at = self.case("08-column-order-at-infer")
        model = self.train(at("order.tandem"), "--epochs", "30")
        expected = self.answers(model, at("ask.csv"))
        self.assertEqual(self.answers(model, at("ask_swapped.csv")), expected)
        self.assertEqual(self.answers(model, at("ask_target.csv")), expected)
        self.assertIn("there is no column", self.tandem("infer", model, at("ask_other.csv"), code=2).stderr)

    def test_09_text_columns(self):
        at = self.case("09-text-columns-at-infer")
        model = self.train(at("color.tandem"), "--epochs", "30")
        self.assertTrue(self.answers(model, at("ask.csv")))
        self.assertIn("is not a category", self.tandem("infer", model, at("ask_unknown.csv"), code=2).stderr)
        self.assertIn("there is no column", self.tandem("infer", model, at("ask_onehot.csv"), code=2).stderr)

    def test_13_infinities(self):
        at = self.case("13-inf-tokens")
        for i in range(10):
            with open(at(f"t{i}.csv")) as source:
                line = source.read().split("\n")[6]
            for command in ("check", "train"):
                if line.split(",")[0] in ("nan", "NaN", "", "1e-50", "?"):
                    self.tandem(command, at(f"t{i}.tandem"))
                else:
                    self.assertIn(f"t{i}.csv:7: ", self.tandem(command, at(f"t{i}.tandem"), code=2).stderr, line)

    def test_40_keras_models_that_end_in_a_view(self):
        at = self.case("40-keras-ends-in-a-view")
        # The answers of Keras, to levels from 0 to 255 divided by 255.
        ramp, row = self.path("ramp.png"), self.write("row.csv", ",".join(str(i / 255) for i in range(4)) + "\n")
        write_grey_png(ramp, 16, range(256))
        for model in ("bn", "conv", "conv_flatten", "dense_dropout", "dense_flatten", "gap", "only_flatten",
                      "pool_flatten", "relu", "dropout_only", "flatten_1d"):
            ask = row if model in ("dropout_only", "flatten_1d") else ramp
            answer, expected = self.answers(at(model + ".h5"), ask, "values")[0], floats_of_npy(at(model + ".npy"))
            for got, want in zip(answer, expected, strict=True):
                self.assertAlmostEqual(got, want, places=5, msg=model)

    def test_46_keras_preprocessing(self):
        image = os.path.join(CASES, "24-exif-orientation", "upright.jpg")
        for model, count in (("40-keras-ends-in-a-view/bn.h5", 1), ("46-keras-preprocessing-layers/resc.h5", 0)):
            answer = self.tandem("infer", os.path.join(CASES, model), image, image)
            self.assertEqual(answer.stderr.count("contains no Rescaling layer, so image levels are divided by 255"), count)
        at = self.case("46-keras-preprocessing-layers")
        self.assertIn("aug", self.tandem("infer", at("aug.h5"), self.write("x.csv", "1,2\n"), code=2).stderr)

    def test_67_exports_answer_like_their_checkpoint(self):
        at = self.case("67-export-and-normalization")
        for project, ask, key in (("exp", "ask", "probabilities"), ("reg", "askreg", "values")):
            model = self.train(at(project + ".tandem"))
            expected = self.answers(model, at(ask + ".csv"), key)
            for options in ((), ("--bare",)):
                exported = self.path(f"{project}{len(options)}.h5")
                self.tandem("export", model, *options, "-o", exported)
                for got, want in zip(self.answers(exported, at(ask + ".csv"), key), expected, strict=True):
                    pairs = zip(got.values(), want.values()) if isinstance(got, dict) else zip(got, want)
                    for a, b in pairs:
                        self.assertAlmostEqual(a, b, places=4)

    def test_71_paths(self):
        at = self.case("71-paths")
        folder = at("Mein Projekt (v2) äöü 犬")
        self.tandem("train", os.path.join(folder, "netz 'a' é.tandem"))

    def test_73_rare_classes(self):
        at = self.case("73-rare-classes")
        warning, unstratified = "no training samples", []
        for seed in range(1, 9):
            file = at(f"s{seed}.tandem")
            for command in (["check", file], ["train", file, "--epochs", "1"]):
                self.assertNotIn(warning, self.tandem(*command).stdout)
            with open(file) as source:
                project = json.load(source)
            project["data"]["stratify"] = False
            with open(file, "w") as target:
                json.dump(project, target)
            unstratified += [self.tandem("check", file).stdout, self.tandem("train", file, "--epochs", "1").stdout]
        with_warning = [warning in text for text in unstratified]
        self.assertIn(True, with_warning)
        self.assertEqual(with_warning[::2], with_warning[1::2])  # `check` notes what `train` notes


unittest.main(verbosity=2)
