"""Recorded runs from the command line: lists, pages, files, repeats, resuming, answers. Usage: runs_test.py PATH_OF_TANDEM"""
import json
import os
import re
import signal
import subprocess
import unittest

from program import Program, TANDEM


class Runs(Program):
    def test_a_resume_on_another_device_compares_the_next_step(self):
        file = self.moons()
        first = self.summary(self.tandem("train", file, "--epochs", "2", "--json", "--out", self.path("a")))[-1]
        same = self.summary(self.tandem("train", file, "--epochs", "3", "--json", "--out", self.path("b"), "--resume",
                                        first["checkpoint"]))
        self.assertFalse([line for line in same if line["event"] == "resume_check"])
        other = self.summary(self.tandem("train", file, "--epochs", "3", "--precision", "bf16", "--json", "--out",
                                         self.path("c"), "--resume", first["checkpoint"]))
        check = [line for line in other if line["event"] == "resume_check"][0]
        self.assertTrue(check["compared"] and check["agrees"], check)
        self.assertTrue(1e-5 < check["worst"] < 0.2, check)
        self.assertAlmostEqual(check["loss"], check["loss_before"], delta=0.02)
        # A lock-step twin run continues from the same state: its first loss is that of the resumed run.
        twin = self.summary(self.tandem("twin", file, "--side", "cpu", "--side", "cpu:1", "--lock-step", "--steps", "1",
                                        "--from", first["checkpoint"], "--json"))
        step = [line for line in twin if line["event"] == "step"][0]
        self.assertEqual(step["step"], first["steps"] + 1)
        self.assertAlmostEqual(step["sides"][0]["loss"], check["loss_before"], places=6)
        self.assertIn("different seed", self.tandem("twin", file, "--side", "cpu", "--side", "cpu", "--lock-step", "--seed", "9",
                                                  "--from", first["checkpoint"], code=2).stderr)

    def test_only_the_same_seed_gives_the_same_bits(self):
        file = self.moons()
        def losses(*more):
            lines = self.summary(self.tandem("train", file, "--epochs", "2", "--threads", "1", "--json", *more))
            return [line["train"]["loss"] for line in lines if line["event"] == "epoch"]
        self.assertEqual(losses(), losses())
        self.assertNotEqual(losses(), losses("--seed", "99"))

    def test_resume_continues_as_if_never_stopped(self):
        file = self.moons()
        whole = self.summary(self.tandem("train", file, "--epochs", "4", "--threads", "1", "--json"))
        first = self.summary(self.tandem("train", file, "--epochs", "2", "--threads", "1", "--json"))
        second = self.summary(self.tandem("train", file, "--epochs", "4", "--threads", "1", "--json", "--resume",
                                          first[-1]["checkpoint"]))
        loss = {line["epoch"]: line["train"]["loss"] for line in whole if line["event"] == "epoch"}
        for line in second:
            if line["event"] == "epoch":
                self.assertEqual(line["train"]["loss"], loss[line["epoch"]])
        self.assertEqual(second[-1]["test_loss"], whole[-1]["test_loss"])

    def test_interrupt_stops_with_a_checkpoint(self):
        file = self.moons()
        process = subprocess.Popen([TANDEM, "train", file, "--epochs", "1000000", "--json"], stdout=subprocess.PIPE, text=True,
                                   env=self.env)
        for line in process.stdout:
            if json.loads(line)["event"] in ("step", "epoch"):
                break
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        last = json.loads(rest.strip().split("\n")[-1])
        self.assertEqual(process.returncode, 0)
        self.assertEqual(last["state"], "stopped")
        self.assertTrue(os.path.exists(last["checkpoint"]))
        self.tandem("export", last["checkpoint"], "-o", self.path("model.h5"))

    def test_runs_are_listed_and_compared(self):
        file = self.moons()
        self.assertIn("No runs yet", self.tandem("runs", "list").stdout)
        for threads in ("1", "2"):
            self.tandem("train", file, "--epochs", "1", "--threads", threads)
        self.assertEqual(len(self.tandem("runs", "list", "--json").stdout.strip().split("\n")), 2)
        self.assertIn("times as fast as", self.tandem("runs", "compare", "1", "2").stdout)
        self.assertIn("there is no run 77", self.tandem("runs", "show", "77", code=2).stderr)

    def test_reports_have_the_numbers_of_the_record(self):
        file = self.moons()
        for threads in ("1", "2"):
            self.tandem("train", file, "--epochs", "2", "--threads", threads)
        self.tandem("runs", "edit", "1", "--name", "<b>first</b>", "--notes", "a < b")
        self.assertIn("page.html", self.tandem("runs", "report", "1", "2", "--out", self.path("page.html")).stdout)
        with open(self.path("page.html"), encoding="utf-8") as source:
            page = source.read()
        runs = [json.loads(self.tandem("runs", "show", str(i), "--json").stdout) for i in (1, 2)]

        def row(label):
            cells = re.search(f"<td class=l>(?:≠ )?{label}</td>(.*?)</tr>", page).group(1)
            return re.findall(r"<td[^>]*>(.*?)</td>", cells)

        self.assertEqual(row("steps"), [str(run["steps"]) for run in runs])
        for label, key in (("training loss, last epoch", "train_loss"), ("validation loss, last epoch", "validation_loss"),
                           ("test accuracy", "test_accuracy")):
            self.assertEqual(row(label), [f"{run[key]:.6g}" for run in runs], label)
        self.assertEqual(row("fingerprint"), [run["data"] for run in runs])
        self.assertIn("<tr class=d><td class=l>≠ threads</td><td>1</td><td>2</td>", page)
        self.assertIn("&lt;b&gt;first&lt;/b&gt;", page)
        self.assertNotIn("<b>first", page)
        self.assertEqual(page.count("<svg"), 2)  # loss and accuracy of both
        answer = json.loads(self.tandem("runs", "report", "2", "-o", self.path("one.html"), "--json").stdout)
        self.assertEqual((answer["runs"], answer["file"]), ([2], self.path("one.html")))
        self.assertIn("there is no run 77", self.tandem("runs", "report", "1", "77", "-o", self.path("x.html"), code=2).stderr)
        self.assertFalse(os.path.exists(self.path("x.html")))
        self.assertIn("--out", self.tandem("runs", "report", "1", code=2).stderr)

    def test_a_run_is_exported_imported_and_verified(self):
        file = self.moons()
        last = self.summary(self.tandem("train", file, "--epochs", "3", "--threads", "1", "--json", "--record",
                                        self.path("run.tandemrun")))[-1]
        self.assertIn("already recorded as run 1", self.tandem("runs", "import", self.path("run.tandemrun"), code=2).stderr)
        other = ("--runs", self.path("other"))
        self.tandem("runs", "import", self.path("run.tandemrun"), *other)
        here, there = (json.loads(self.tandem("runs", "show", "1", "--json", *where).stdout) for where in ((), other))
        self.assertTrue(there.pop("imported"))
        here.pop("weights"), there.pop("weights")
        self.assertEqual(here.pop("record_limit"), 64_000_000)  # of the record, not of the run
        self.assertEqual(here, there)
        self.assertEqual(there["steps"], last["steps"])
        # A second export from the run number gives the same file.
        self.tandem("runs", "export", "1", "-o", self.path("again.tandemrun"))
        with open(self.path("run.tandemrun"), "rb") as a, open(self.path("again.tandemrun"), "rb") as b:
            self.assertEqual(a.read(), b.read())
        verdict = json.loads(self.tandem("runs", "verify", "1", "--json", *other).stdout)
        self.assertTrue(verdict["passed"])
        self.assertEqual((verdict["steps"], verdict["expected"]), (last["steps"], "bit-identical"))
        self.assertIn("Passed: 5 steps, bit-identical", self.tandem("runs", "verify", "1", "--steps", "5").stdout)

    def test_a_record_that_was_tampered_with_fails_at_its_step(self):
        import gzip
        file = self.moons()
        self.tandem("train", file, "--epochs", "2", "--threads", "1", "--record", self.path("run.tandemrun"))
        with gzip.open(self.path("run.tandemrun")) as source:
            record = json.load(source)
        project = json.loads(record["project"])
        project["training"]["seed"] += 1
        record["project"] = json.dumps(project)
        with open(self.path("forged.tandemrun"), "w") as target:  # uncompressed files are valid too
            json.dump(record, target)
        other = ("--runs", self.path("other"))
        self.tandem("runs", "import", self.path("forged.tandemrun"), *other)
        self.assertIn("Failed at step 1", self.tandem("runs", "verify", "1", *other, code=1).stdout)
        self.assertIn("Failed at step 1", self.tandem("runs", "verify", "1", "--rel-tol", "0.01", *other, code=1).stdout)
        verdict = json.loads(self.tandem("runs", "verify", "1", "--json", *other, code=1).stdout)
        self.assertEqual(verdict["first_beyond"]["step"], 1)
        record["steps"][0]["records"] = "x" + record["steps"][0]["records"]
        with open(self.path("forged.tandemrun"), "w") as target:
            json.dump(record, target)
        self.assertIn("forged.tandemrun: steps[0]: the records are damaged",
                      self.tandem("runs", "import", self.path("forged.tandemrun"), code=2).stderr)
        self.assertIn("cuda:9", self.tandem("runs", "verify", "1", "--device", "cuda:9", code=2).stderr)
        self.assertIn("there is no run 9", self.tandem("runs", "verify", "9", code=2).stderr)

    def test_runs_are_edited_deleted_and_restored(self):
        file = self.moons()
        for _ in range(2):
            self.tandem("train", file, "--epochs", "1")
        self.tandem("runs", "edit", "1", "--name", "first", "--tags", "small, baseline,", "--notes", "no comment")
        run = json.loads(self.tandem("runs", "show", "1", "--json").stdout)
        self.assertEqual((run["name"], run["tags"], run["notes"]), ("first", ["small", "baseline"], "no comment"))
        self.assertIn("2 runs deleted", self.tandem("runs", "delete", "1", "2").stdout)
        self.assertIn("No runs yet", self.tandem("runs", "list").stdout)
        self.assertIn("first", self.tandem("runs", "trash").stdout)
        self.tandem("runs", "restore", "1")
        self.assertIn("first", self.tandem("runs", "list").stdout)
        self.tandem("runs", "empty-trash")
        self.assertIn("no run 2 in the trash", self.tandem("runs", "restore", "2", code=2).stderr)
        self.assertEqual(os.listdir(self.path("runs")).count("run-2"), 0)

    def test_infer_predicts_rows_of_numbers(self):
        file = self.moons()
        last = self.summary(self.tandem("train", file, "--epochs", "20", "--json"))[-1]
        table = self.write("points.csv", "x,y\n0.0,1.0\n1.0,-0.5\n")
        answers = [json.loads(line) for line in self.tandem("infer", last["checkpoint"], table, "--json").stdout.strip().split("\n")]
        self.assertEqual(len(answers), 2)
        self.assertNotEqual(answers[0]["class"], answers[1]["class"])
        self.assertAlmostEqual(sum(answers[0]["probabilities"].values()), 1, places=5)
        wrong = self.write("wrong.csv", "1,2,3\n")
        self.assertIn("wrong.csv:1: 3 values, but the network needs 2", self.tandem("infer", last["checkpoint"], wrong, code=2).stderr)

    def test_a_killed_run_can_be_exported_by_its_number(self):
        file = self.moons()
        process = subprocess.Popen([TANDEM, "train", file, "--epochs", "1000000", "--json"], stdout=subprocess.PIPE, text=True,
                                   env=self.env)
        for line in process.stdout:
            if json.loads(line)["event"] == "checkpoint":
                break
        process.kill()
        process.communicate(timeout=60)
        self.assertEqual(json.loads(self.tandem("runs", "show", "1", "--json").stdout)["state"], "interrupted")
        self.tandem("export", "1", "-o", self.path("model.h5"))

    def test_a_rejected_resume_leaves_no_run(self):
        file = self.moons()
        self.tandem("train", file, "--resume", self.write("not_hdf5.h5", "hello"), code=2)
        self.assertIn("No runs yet", self.tandem("runs", "list").stdout)
        self.assertIn("no recorded runs", self.tandem("runs", "list", "--runs", self.path("typo"), code=2).stderr)
        self.assertFalse(os.path.exists(self.path("typo")))

    def test_infer_rejects_non_finite_numbers(self):
        file = self.moons()
        checkpoint = self.summary(self.tandem("train", file, "--epochs", "1", "--json"))[-1]["checkpoint"]
        for text, expected in (("nan,1\n", 'table.csv:1: the value in column "x" is missing'), ("1,2\n1,1e400\n", "table.csv:2: 1e400"),
                               ("1,\n", 'table.csv:1: the value in column "y"'), ("x,y\n", "no rows"),
                               ("1,2\nx,2\n", 'table.csv:2: "x" in column "x"')):
            with self.subTest(text=text):
                self.assertIn(expected, self.tandem("infer", checkpoint, self.write("table.csv", text), code=2).stderr)
        table = self.write("table.csv", "x;y\n+1,5;-0,5\n")  # decimal commas, as in training data
        self.assertEqual(len(self.tandem("infer", checkpoint, table).stdout.strip().split("\n")), 1)

    def test_infer_matches_columns_by_name(self):
        rows = [(x / 10, -x / 7) for x in range(-30, 30)]
        self.write("train.csv", "label,id,width,height\n" + "".join(
            f"{'yes' if w > 0 else 'no'},{i},{w},{h}\n" for i, (w, h) in enumerate(rows)))
        file = self.moons()
        with open(file) as source:
            project = json.load(source)
        project["data"] = {"kind": "csv", "path": self.path("train.csv"), "target": "label", "ignore": ["id"]}
        with open(file, "w") as target:
            json.dump(project, target)
        checkpoint = self.summary(self.tandem("train", file, "--epochs", "30", "--json"))[-1]["checkpoint"]

        def answers(text):
            result = self.tandem("infer", checkpoint, self.write("ask.csv", text), "--json")
            return [json.loads(line)["class"] for line in result.stdout.strip().split("\n")], result.stderr

        self.assertEqual(answers("width,height\n2,-2.9\n-2,2.9\n"), (["yes", "no"], ""))
        self.assertEqual(answers("height,width\n-2.9,2\n2.9,-2\n"), (["yes", "no"], ""))
        self.assertEqual(answers("label,id,width,height\nno,1,2,-2.9\n,2,-2,2.9\n"), (["yes", "no"], ""))
        classes, notes = answers("2,-2.9\n-2,2.9\n")
        self.assertEqual(classes, ["yes", "no"])
        self.assertIn("matched by position: width, height", notes)
        # The exported models answer the same, for the same table.
        ask = self.write("ask.csv", "height,width\n-2.9,2\n2.9,-2\n")
        lines = lambda model: [json.loads(line)["probabilities"] for line in
                               self.tandem("infer", model, ask, "--json").stdout.strip().split("\n")]
        expected = lines(checkpoint)
        self.tandem("export", checkpoint, "-o", self.path("model.h5"))
        bare = self.tandem("export", checkpoint, "--bare", "-o", self.path("bare.h5")).stdout
        self.assertIn("Classes, in the order of the outputs: no, yes", bare)
        self.assertIn("logits", bare)
        for model in ("model.h5", "bare.h5"):
            for got, want in zip(lines(self.path(model)), expected, strict=True):
                for name in ("no", "yes"):
                    self.assertAlmostEqual(got[name], want[name], places=5)
        wrong = self.write("wrong.csv", "price,age\n1,2\n")
        self.assertIn('there is no column "width"', self.tandem("infer", checkpoint, wrong, code=2).stderr)


unittest.main(verbosity=2)
