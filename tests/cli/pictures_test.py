"""Training and predicting with folders of pictures from end to end. Usage: pictures_test.py PATH_OF_TANDEM"""
import gzip
import json
import shutil
import unittest
import zlib
from pathlib import Path

from program import Program

PICTURES = Path(__file__).parent.parent / "unit" / "pictures"
CASES = Path(__file__).parent.parent / "cases"


class Pictures(Program):
    def project(self, **data):
        network = [{"type": "input", "name": "input", "properties": {"shape": [8, 16, 3]}},
                   {"type": "flatten", "name": "flatten", "inputs": ["input"]},
                   {"type": "dense", "name": "logits", "inputs": ["flatten"], "properties": {"units": 2}}]
        content = {"tandem": 1, "name": "pictures", "layers": network,
                   "data": {"kind": "image_folder", "path": self.path("data"), "image_height": 8, "image_width": 16,
                            "image_channels": 3, **data},
                   "training": {"loss": "softmax_cross_entropy", "epochs": 1, "batch": 2}}
        return self.write("pictures.tandem", json.dumps(content))

    def fill(self, *names):
        for name in names:
            target = Path(self.path("data", name))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PICTURES / ("rgb.jpg" if name.endswith(".jpg") else "rgb.png"), target)

    def png(self, name, rows, bits=8):
        def chunk(kind, data):
            return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

        header = len(rows[0]).to_bytes(4, "big") + len(rows).to_bytes(4, "big") + bytes([bits, 0, 0, 0, 0])
        lines = b"".join(b"\0" + b"".join(level.to_bytes(bits // 8, "big") for level in row) for row in rows)
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) +
                           chunk(b"IEND", b""))

    def test_damaged_pictures_are_refused_or_left_out_on_record(self):
        self.fill(*(f"{part}/{kind}/{i}.jpg" for part in ("train", "test") for kind in ("cat", "dog") for i in range(4)))
        broken = Path(self.path("data", "train", "cat", "2.jpg"))
        broken.write_bytes(broken.read_bytes()[:-30])
        Path(self.path("data", "train", "dog", "3.jpg")).write_text("<html>404</html>")
        file = self.project()
        refused = self.tandem("train", file, code=2).stderr
        for part in ("2 of 16 images cannot be read", "train/cat/2.jpg", "train/dog/3.jpg (this is an HTML page",
                     "--skip-damaged"):
            self.assertIn(part, refused)
        out = self.path("out")
        done = self.tandem("train", file, "--skip-damaged", "--out", out).stdout
        self.assertIn("Left out 2 of 16 images that cannot be read: train/cat/2.jpg", done)
        self.assertIn("data: 5 training, 1 validation and 8 test samples", done)
        self.tandem("runs", "export", "1", "--runs", out, "-o", self.path("run.tandemrun"))
        with gzip.open(self.path("run.tandemrun")) as record:
            run = json.load(record)
        self.assertTrue(json.loads(run["project"])["data"]["skip_damaged"])
        self.assertIn("Left out 2 of 16 images that cannot be read: train/cat/2.jpg", json.dumps(run["events"]))

    def test_masks_classify_pixels(self):
        for i in range(8):
            rows = [[200 if x >= 4 + i % 3 else 20 for x in range(12)] for _ in range(8)]
            self.png(f"data/images/{i}.png", rows)
            self.png(f"data/masks/{i}_mask.png", [[level > 100 for level in row] for row in rows])
        Path(self.path("data", "classes.txt")).write_text("background\nobject\n")
        project = self.path("own.tandem")
        made = self.tandem("new", "--data", self.path("data"), "-o", project).stdout
        self.assertIn("2 classes: background, object", made)
        self.assertIn("8 x 12 x 1 inputs, 2 classes of pixels", made)
        last = self.summary(self.tandem("train", project, "--epochs", "2", "--json"))[-1]
        shutil.copytree(self.path("data", "images"), self.path("photos"))
        shutil.copytree(self.path("data", "masks"), self.path("truth"))
        shutil.copy(self.path("data", "classes.txt"), self.path("truth"))
        for data in ([self.path("data")], [self.path("photos"), "--masks", self.path("truth")]):
            scores = json.loads(self.tandem("evaluate", last["checkpoint"], *data, "--json").stdout)
            self.assertTrue(0 <= scores["mean_iou"] <= 1, scores)
            self.assertEqual([c["class"] for c in scores["classes"]], ["background", "object"])
        self.tandem("infer", last["checkpoint"], self.path("photos", "0.png"), self.path("photos", "1.png"), "--masks",
                    self.path("predicted"))
        for name in ("0_mask.png", "1_mask.png"):
            mask = Path(self.path("predicted", name)).read_bytes()
            self.assertEqual((mask[16:24], mask[25]), (b"\0\0\0\x0c\0\0\0\x08", 3))  # size, and a palette
        answers = self.tandem("infer", last["checkpoint"], self.path("photos"), "--masks", self.path("all")).stdout
        self.assertEqual([line.split(":")[0] for line in answers.strip().split("\n")],
                         [self.path("photos", f"{i}.png") for i in range(8)])
        self.assertEqual(len(list(Path(self.path("all")).iterdir())), 8)
        Path(self.path("bare")).mkdir()
        self.assertIn("contains no images", self.tandem("infer", last["checkpoint"], self.path("bare"), code=2).stderr)
        Path(self.path("truth", "3_mask.png")).unlink()
        refused = self.tandem("evaluate", last["checkpoint"], self.path("photos"), "--masks", self.path("truth"),
                              code=2).stderr
        self.assertIn("1 of 8 images have no mask: 3.png", refused)

    def test_check_notes_what_is_skipped(self):
        self.fill("cat/1.png", "cat/2.png", "cat/3.png", "cat/persian/4.png", "dog/1.png", "dog/2.png")
        Path(self.path("data", "dog", "3.webp")).write_bytes(b"RIFF....WEBP")
        notes = self.tandem("check", self.project()).stdout
        self.assertIn("Skipped 1 file that is neither PNG nor JPEG: dog (1 .webp)\n", notes)
        self.assertIn("Images in subfolders belong to the class of the outer folder: cat (1)\n", notes)

    def test_pictures_to_predict_are_read_like_those_to_train(self):
        shutil.copytree(CASES / "24-exif-orientation", self.path("exif"))
        last = self.summary(self.tandem("train", self.path("exif", "exif.tandem"), "--epochs", "20", "--json"))[-1]
        answers = [json.loads(self.tandem("infer", last["checkpoint"], self.path("exif", name), "--json").stdout)
                   for name in ("upright.jpg", "tag3.jpg", "tag6.jpg", "tag6.png")]
        for answer in answers[1:]:
            self.assertEqual(answer["class"], answers[0]["class"])
            for kind, probability in answer["probabilities"].items():
                self.assertAlmostEqual(probability, answers[0]["probabilities"][kind], places=5)
        for name, content, kind in (("a.webp", b"RIFF....WEBPVP8 ", "a WebP image"), ("b.gif", b"GIF89a..", "a GIF"),
                                    ("c.bmp", b"BM....\0\0\0\0....", "a BMP"), ("d.tif", b"II*\0....", "a TIFF")):
            Path(self.path(name)).write_bytes(content)
            self.assertIn(f"this is {kind}", self.tandem("infer", last["checkpoint"], self.path(name), code=2).stderr)

    def test_a_download_of_a_page_is_named_and_can_be_left_out(self):
        file = self.project(path=str(CASES / "25-damaged-pictures" / "html"))
        self.assertIn("1 of 17 images cannot be read: dog/3.jpg (this is an HTML page",
                      self.tandem("train", file, code=2).stderr)
        self.tandem("train", file, "--skip-damaged")
        file = self.project(path=str(CASES / "25-damaged-pictures" / "trunc_jpg"))
        self.assertIn("cat/3.jpg (the JPEG is damaged: ", self.tandem("train", file, code=2).stderr)

    def test_levels_of_12_bits_stored_in_16_are_noted(self):
        for kind in ("cat", "dog"):
            for i in range(5):
                self.png(f"data/{kind}/{i}.png", [[0, 800 * i], [4095, 7]], bits=16)
        note = ("Warning: 10 of 10 images use only the lowest 4096 of 65536 levels and are nearly black after reading; "
                "the first is cat/0.png. Rescale them to the full range\n")
        file = self.path("new.tandem")
        self.assertIn(note, self.tandem("new", "--data", self.path("data"), "-o", file).stdout)
        self.assertIn(note, self.tandem("check", file).stdout)
        self.assertIn(note, self.tandem("train", file, "--epochs", "1").stdout)
        model = self.summary(self.tandem("train", file, "--epochs", "1", "--json"))[-1]["checkpoint"]
        self.assertIn("0.png: Warning: the image uses only the lowest 4096 of its 65536 levels and is nearly black",
                      self.tandem("infer", model, self.path("data", "cat", "0.png")).stderr)

    def test_labels_that_start_at_one_are_noted(self):
        for command in ("check", "train"):
            self.assertIn("Warning: class 0 has no samples\n",
                          self.tandem(command, str(CASES / "31-idx-labels-from-1" / "from1.tandem")).stdout)

    def test_emnist_models_read_upright_images(self):
        def idx(shape, values):
            return bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape) + bytes(values)

        # Class 0 is a horizontal bar, class 1 a vertical one, in images of 6 rows and 8 columns.
        def bar(kind, at):
            return [[255 if (r if kind == 0 else c) == at else 0 for c in range(8)] for r in range(6)]

        images = [(kind, bar(kind, at)) for _ in range(4) for at in range(6) for kind in (0, 1)]
        Path(self.path("data")).mkdir()
        for part in ("train", "test"):
            stored = [image[r][c] for _, image in images for c in range(8) for r in range(6)]
            Path(self.path("data", f"emnist-bars-{part}-images-idx3-ubyte")).write_bytes(idx([len(images), 8, 6], stored))
            Path(self.path("data", f"emnist-bars-{part}-labels-idx1-ubyte")).write_bytes(
                idx([len(images)], [kind for kind, _ in images]))
        file = self.path("bars.tandem")
        self.tandem("new", "--data", self.path("data"), "-o", file)
        self.assertIn("they are exchanged back", self.tandem("check", file).stdout)
        model = self.summary(self.tandem("train", file, "--epochs", "30", "--batch", "8", "--json"))[-1]["checkpoint"]
        self.tandem("export", model, "-o", self.path("model.h5"))
        for kind in (0, 1):
            self.png(f"{kind}.png", bar(kind, 3))
            for each in (model, self.path("model.h5")):
                answer = self.tandem("infer", each, self.path(f"{kind}.png"), "--json")
                self.assertEqual(json.loads(answer.stdout)["class"], str(kind))
                self.assertEqual(answer.stderr, "")

    def test_a_project_for_pictures_and_idx_files(self):
        self.fill(*(f"{kind}/{i}.png" for kind in ("cat", "dog") for i in range(5)))
        for data in (self.path("data"), str(CASES / "31-idx-labels-from-1" / "data")):
            file = self.path("new.tandem")
            self.tandem("new", "--data", data, "--force", "-o", file)
            self.tandem("train", file, "--epochs", "1")


if __name__ == "__main__":
    unittest.main()
