"""Drives `tandem` end to end in a folder of its own. Usage: cli_test.py PATH_OF_TANDEM"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TANDEM = sys.argv.pop(1)


class Cli(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.env = dict(os.environ, XDG_DATA_HOME=self.folder.name, XDG_STATE_HOME=self.folder.name,
                        TANDEM_RUNS=self.path("runs"))

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    def tandem(self, *arguments, code=0):
        result = subprocess.run([TANDEM, *arguments], capture_output=True, text=True, env=self.env, timeout=120)
        self.assertEqual(result.returncode, code, f"{arguments}: {result.stdout}{result.stderr}")
        return result

    def moons(self, **changes):
        """A small project that trains in a second."""
        file = self.path("moons.tandem")
        self.tandem("new", "--template", "Two moons", "--force", "-o", file)
        with open(file) as source:
            project = json.load(source)
        for key, value in changes.items():
            project["training"][key] = value
        with open(file, "w") as target:
            json.dump(project, target)
        return file

    def write(self, name, text):
        with open(self.path(name), "w") as target:
            target.write(text)
        return self.path(name)

    def summary(self, result):
        lines = [json.loads(line) for line in result.stdout.strip().split("\n")]
        self.assertEqual(lines[-1]["event"], "summary")
        return lines

    def test_every_template_can_be_made_and_checked(self):
        names = [line for line in self.tandem("templates").stdout.split("\n") if line and not line.startswith(" ")]
        self.assertGreaterEqual(len(names), 5)
        for index, name in enumerate(names):
            file = self.path(f"{index}.tandem")
            self.tandem("new", "--template", name, "-o", file)
            self.assertIn("Memory forecast on cpu", self.tandem("check", file).stdout)

    def test_a_repeated_block_is_checked_trained_and_exported(self):
        file = self.moons()
        with open(file) as source:
            project = json.load(source)
        project["groups"] = [{"name": "trunk", "layers": ["dense_2"], "repeat": 3}]
        with open(file, "w") as target:
            json.dump(project, target)
        lines = self.tandem("check", file).stdout.split("\n")
        (line,) = [line for line in lines if line.startswith("dense_2 ")]
        self.assertTrue(line.endswith("  trunk ×3"), line)
        self.assertIn(str(3 * (16 * 16 + 16)), line)
        checkpoint = self.summary(self.tandem("train", file, "--epochs", "2", "--json"))[-1]["checkpoint"]
        self.tandem("export", checkpoint, "-o", self.path("model.h5"))
        table = self.write("points.csv", "0.5,0.25\n-1,0.5\n")
        answers = [[json.loads(line) for line in self.tandem("infer", model, table, "--json").stdout.strip().split("\n")]
                   for model in (checkpoint, self.path("model.h5"))]
        self.assertEqual([len(each) for each in answers], [2, 2])
        project["groups"][0]["repeat"] = 5000
        with open(file, "w") as target:
            json.dump(project, target)
        self.assertIn("groups[0].repeat: must be a whole number from 1 to 1000", self.tandem("check", file, code=2).stderr)

    def test_training_learns_and_leaves_its_results(self):
        file = self.moons()
        result = self.tandem("train", file, "--epochs", "20", "--out", self.path("out"), "--json")
        lines = self.summary(result)
        last = lines[-1]
        self.assertGreater(last["test_accuracy"], 0.85)
        self.assertEqual(last["state"], "finished")
        for key in ("weights", "checkpoint", "picture"):
            self.assertTrue(os.path.getsize(last[key]) > 0, key)
        with open(last["weights"], "rb") as weights:
            self.assertEqual(weights.read(4), b"\x89HDF")
        epochs = [line for line in lines if line["event"] == "epoch"]
        self.assertEqual([line["epoch"] for line in epochs], list(range(1, 21)))
        self.assertLess(epochs[-1]["train"]["loss"], epochs[0]["train"]["loss"])
        # The record holds what was printed.
        record = json.loads(self.tandem("runs", "show", str(last["run"]), "--runs", self.path("out"), "--json").stdout)
        self.assertAlmostEqual(record["test_accuracy"], last["test_accuracy"], places=6)
        self.assertEqual(record["state"], "finished")

    def test_a_twin_in_lock_step_agrees_up_to_rounding_and_leaves_report_and_record(self):
        file = self.moons()
        result = self.tandem("twin", file, "--side", "cpu:1", "--side", "cpu:1,avoid=small+onednn", "--lock-step", "--steps",
                             "12", "--every", "5", "--json", "--report", self.path("twin.html"), "--record", self.path("twin.json"))
        lines = self.summary(result)
        self.assertEqual([line["step"] for line in lines if line["event"] == "step"], list(range(1, 13)))
        parity = [line for line in lines if line["event"] == "parity"]
        self.assertEqual([line["step"] for line in parity], [1, 6, 11, 13])
        for line in parity:
            side = line["sides"][0]
            self.assertNotIn("first", side)
            worst = max(t["relative"] for t in side["tensors"] if t["kind"] != "update")
            self.assertTrue(0 < worst < 1e-4, worst)
        # Screen, record and report tell the same numbers.
        with open(self.path("twin.json")) as source:
            record = json.load(source)
        self.assertEqual(record["sides"][1]["step_seconds"]["median"], lines[-1]["sides"][1]["seconds_per_step"])
        self.assertEqual([t["difference"]["relative"] for t in record["parity"][-1]["sides"][0]["tensors"]],
                         [t["relative"] for t in parity[-1]["sides"][0]["tensors"]])
        with open(self.path("twin.html")) as page:
            text = page.read()
        for sentence in lines[-1]["findings"]:
            self.assertIn(sentence.split(":")[0].replace("<", "&lt;"), text)

    def test_a_race_of_two_networks(self):
        file, wide = self.moons(), self.path("wide.tandem")
        with open(file) as source:
            project = json.load(source)
        project["layers"][1]["properties"]["units"] = 64
        with open(wide, "w") as target:
            json.dump(project, target)
        result = self.tandem("twin", file, "--side", "cpu:1", "--side", "cpu:1,network=" + wide, "--steps", "30", "--json",
                             "--out", self.path("out"), "--record", self.path("r.json"))
        with open(self.path("r.json")) as source:
            sides = json.load(source)["sides"]
        weights = [side["profile"]["memory"]["weights"] for side in sides]
        self.assertGreater(weights[1], 2 * weights[0])
        self.assertEqual([len(side["curve"]["loss"]) for side in sides], [30, 30])
        self.assertIn("one network", self.tandem("twin", file, "--lock-step", "--side", "cpu", "--side",
                                                 "cpu,network=" + wide, code=2).stderr)
        self.assertIn("nowhere.tandem", self.tandem("twin", file, "--side", "cpu", "--side", "cpu,network=nowhere.tandem",
                                                    code=2).stderr)

    def test_a_twin_can_ask_for_losses_within_a_bound(self):
        file = self.moons()
        sides = ["--side", "cpu:1", "--side", "cpu:1,bf16", "--lock-step", "--steps", "30"]
        self.assertIn("differ by at most", self.tandem("twin", file, *sides, "--within", "0.1").stdout)
        self.assertIn("1.0e-07 was asked for", self.tandem("twin", file, *sides, "--within", "1e-7", code=1).stderr)

    def test_a_race_records_every_side_and_a_side_that_cannot_start_ends_with_1(self):
        file = self.moons()
        result = self.tandem("twin", file, "--side", "cpu:1", "--side", "cpu:2,batch=16", "--epochs", "2", "--json",
                             "--out", self.path("out"))
        sides = self.summary(result)[-1]["sides"]
        self.assertEqual({side["side"] for side in sides}, {"cpu:1", "cpu:2, batch=16"})
        runs = self.tandem("runs", "list", "--runs", self.path("out")).stdout
        for side in sides:
            self.assertIn(str(side["run"]), runs)
        failed = self.tandem("twin", file, "--side", "cpu:1", "--side", "cuda:9", "--epochs", "1", "--json", code=1)
        self.assertIn("cuda:9", failed.stderr)
        self.assertIn("sides", self.summary(failed)[-1])
        self.assertIn("says nothing about a side", self.tandem("twin", file, "--side", "cpu", "--side", "cpu,x", code=2).stderr)
        self.assertIn("2 to 8 sides", self.tandem("twin", file, "--side", "cpu", code=2).stderr)
        two = ["--side", "cpu:1", "--side", "cpu:2"]
        for wrong in (["--tariff", "nan"], ["--target", "nan"], ["--target", "inf"], ["--currency", "x" * 21],
                      ["--every", "3"], ["--from", "nope"], ["--lock-step", "--price", "cpu:1=2"],
                      ["--lock-step", "--epochs", "2"]):
            stderr = self.tandem("twin", file, *two, *wrong, code=2).stderr
            self.assertIn(wrong[-2] if len(wrong) > 1 else wrong[0], stderr)
        self.assertIn("comes last", self.tandem("twin", file, "--side", "cpu", "--side", "cpu,network=no.tandem,batch=8",
                                                code=2).stderr)
        self.assertIn("writes PDF", self.tandem("runs", "report", "1", "-o", "all.pdf", "--runs", self.path("out"),
                                                code=2).stderr)

    def test_a_calibration_gives_forecasts_and_a_crossover_its_table(self):
        file = self.moons()
        self.assertIn("Time forecast: none yet", self.tandem("check", file).stdout)
        line = json.loads(self.tandem("calibrate", "--seconds", "0.3", "--json").stdout)
        self.assertGreater(line["peak_flops"], 0)
        self.assertIn("ms a step", self.tandem("check", file).stdout)
        result = self.tandem("crossover", file, "--side", "cpu:1", "--side", "cpu:1,avoid=small", "--batches", "8,64",
                             "--seconds", "0.02", "--json")
        sweep = self.summary(result)[-1]
        self.assertEqual([point["x"] for point in sweep["points"]], [8, 64])
        for point in sweep["points"]:
            for side in point["sides"]:
                self.assertGreater(side["samples_per_second"], 0)
                self.assertLessEqual(side["low"], side["high"])
        self.assertTrue(sweep["sentences"])
        self.assertIn("two values", self.tandem("crossover", file, "--batches", "8", code=2).stderr)

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
        # A twin in lock-step takes up the same thread: its first loss is that of the resumed run.
        twin = self.summary(self.tandem("twin", file, "--side", "cpu", "--side", "cpu:1", "--lock-step", "--steps", "1",
                                        "--from", first["checkpoint"], "--json"))
        step = [line for line in twin if line["event"] == "step"][0]
        self.assertEqual(step["step"], first["steps"] + 1)
        self.assertAlmostEqual(step["sides"][0]["loss"], check["loss_before"], places=6)
        self.assertIn("another seed", self.tandem("twin", file, "--side", "cpu", "--side", "cpu", "--lock-step", "--seed", "9",
                                                  "--from", first["checkpoint"], code=2).stderr)

    def test_same_seed_same_bits_and_another_seed_not(self):
        file = self.moons()
        def losses(*more):
            lines = self.summary(self.tandem("train", file, "--epochs", "2", "--threads", "1", "--json", *more))
            return [line["train"]["loss"] for line in lines if line["event"] == "epoch"]
        self.assertEqual(losses(), losses())
        self.assertNotEqual(losses(), losses("--seed", "99"))

    def test_fast_kernels_are_asked_for_and_recorded(self):
        file = self.moons()
        for flags, kept in (((), True), (("--fast",), False), (("--deterministic",), True)):
            out = self.path("mode" + "".join(flags))
            self.tandem("train", file, "--epochs", "1", "--out", out, *flags)
            record = json.loads(self.tandem("runs", "show", "1", "--runs", out, "--json").stdout)
            self.assertEqual(record["device"], "cpu" if kept else "cpu, fast")

    def test_resume_goes_on_as_if_never_stopped(self):
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

    def test_runs_are_written_as_a_page_with_the_numbers_of_the_record(self):
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

    def test_a_run_travels_as_a_file_and_is_verified_there(self):
        file = self.moons()
        last = self.summary(self.tandem("train", file, "--epochs", "3", "--threads", "1", "--json", "--record",
                                        self.path("run.tandemrun")))[-1]
        self.assertIn("in the record already, as run 1", self.tandem("runs", "import", self.path("run.tandemrun"), code=2).stderr)
        other = ("--runs", self.path("other"))
        self.tandem("runs", "import", self.path("run.tandemrun"), *other)
        here, there = (json.loads(self.tandem("runs", "show", "1", "--json", *where).stdout) for where in ((), other))
        self.assertTrue(there.pop("imported"))
        here.pop("weights"), there.pop("weights")
        self.assertEqual(here, there)
        self.assertEqual(there["steps"], last["steps"])
        # Written again from the run's number: the same file.
        self.tandem("runs", "export", "1", "-o", self.path("again.tandemrun"))
        with open(self.path("run.tandemrun"), "rb") as a, open(self.path("again.tandemrun"), "rb") as b:
            self.assertEqual(a.read(), b.read())
        verdict = json.loads(self.tandem("runs", "verify", "1", "--json", *other).stdout)
        self.assertTrue(verdict["passed"])
        self.assertEqual((verdict["steps"], verdict["expected"]), (last["steps"], "bit-equal"))
        self.assertIn("Passed: 5 steps, bit-equal", self.tandem("runs", "verify", "1", "--steps", "5").stdout)

    def test_a_record_that_was_tampered_with_fails_at_its_step(self):
        import gzip
        file = self.moons()
        self.tandem("train", file, "--epochs", "2", "--threads", "1", "--record", self.path("run.tandemrun"))
        with gzip.open(self.path("run.tandemrun")) as source:
            record = json.load(source)
        project = json.loads(record["project"])
        project["training"]["seed"] += 1
        record["project"] = json.dumps(project)
        with open(self.path("forged.tandemrun"), "w") as target:  # packed or not
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

    def test_infer_answers_for_rows_of_numbers(self):
        file = self.moons()
        last = self.summary(self.tandem("train", file, "--epochs", "20", "--json"))[-1]
        table = self.write("points.csv", "x,y\n0.0,1.0\n1.0,-0.5\n")
        answers = [json.loads(line) for line in self.tandem("infer", last["checkpoint"], table, "--json").stdout.strip().split("\n")]
        self.assertEqual(len(answers), 2)
        self.assertNotEqual(answers[0]["class"], answers[1]["class"])
        self.assertAlmostEqual(sum(answers[0]["probabilities"].values()), 1, places=5)
        wrong = self.write("wrong.csv", "1,2,3\n")
        self.assertIn("wrong.csv:1: 3 values, but the network takes 2", self.tandem("infer", last["checkpoint"], wrong, code=2).stderr)

    def test_bad_usage_and_bad_input_exit_with_two(self):
        file = self.moons()
        cases = [
            ((), "A subcommand is required"),
            (("dance",), "there is no command 'dance'"),
            (("train",), "project is required"),
            (("train", self.path("nowhere.tandem")), "nowhere.tandem"),
            (("train", self.write("broken.tandem", '{"tandem": 1, "network": ')), "broken.tandem"),
            (("train", file, "--device", "cuda:9"), "cuda:9"),
            (("train", file, "--epochs", "0"), "--epochs"),
            (("train", file, "--resume", self.write("not_hdf5.h5", "hello")), "not_hdf5.h5"),
            (("new", "--template", "Unheard of", "-o", self.path("x.tandem")), "Unheard of"),
            (("new", "--template", "Two moons", "-o", file), "there is a file of that name already"),
            (("export", self.path("missing.h5"), "-o", self.path("y.h5")), "missing.h5"),
            (("infer", self.path("missing.h5"), file), "missing.h5"),
            (("runs", "show", "abc"), "ids"),
        ]
        for arguments, expected in cases:
            with self.subTest(arguments=arguments):
                result = self.tandem(*arguments, code=2)
                self.assertIn(expected, result.stderr + result.stdout)
                self.assertNotIn("bug", result.stderr)

    def test_a_rate_that_explodes_ends_the_run_with_words(self):
        file = self.moons(optimizer={"kind": "sgd", "learning_rate": 0.1, "weight_decay": 100.0})
        result = self.tandem("train", file, "--lr", "1000", "--epochs", "3", code=1)
        self.assertIn("learning rate", result.stderr)

    def test_options_that_a_checkpoint_could_not_hold_are_refused(self):
        file = self.moons()
        for option, value in (("--lr", "2000"), ("--lr", "nan"), ("--batch", "2000000"), ("--seed", "-1"), ("--seed", "1e3"),
                              ("--seed", "99999999999999999999999")):
            with self.subTest(option=option, value=value):
                result = self.tandem("train", file, option, value, code=2)
                self.assertTrue(value in result.stderr or "learning_rate" in result.stderr, result.stderr)
        self.assertIn("No runs yet", self.tandem("runs", "list").stdout)

    def test_a_run_that_needs_more_memory_than_there_is_does_not_start(self):
        file = self.moons(batch=1048576)
        with open(file) as source:
            project = json.load(source)
        project["layers"][1]["properties"]["units"] = 1048576
        with open(file, "w") as target:
            json.dump(project, target)
        for command in ("check", "train"):
            self.assertIn("GB of memory", self.tandem(command, file, code=2).stderr)
        self.assertIn("No runs yet", self.tandem("runs", "list").stdout)

    def test_half_precision_trains_and_says_what_it_is(self):
        file = self.moons()
        self.assertIn("bf16: emulated: rounded to bf16, computed in fp32", self.tandem("devices").stdout)
        listed = self.tandem("check", file, "--precision", "bf16", "--kernels").stdout
        self.assertRegex(listed, r"matmul +emulated/\w+ +bf16")
        self.assertRegex(listed, r"adam_update .*fp32: an update is smaller")
        training, evaluation = listed.split("Kernels of an evaluation:")
        self.assertIn("Kernels of a training step:", training)
        self.assertRegex(evaluation, r"matmul +emulated/\w+ +bf16")
        self.assertNotIn("adam_update", evaluation)
        run = self.tandem("train", file, "--epochs", "20", "--precision", "bf16", "--out", self.path("bf16"))
        self.assertIn("bf16 on cpu (emulated", run.stdout)
        lines = self.summary(self.tandem("train", file, "--epochs", "20", "--precision", "fp16", "--out",
                                         self.path("fp16"), "--json"))
        self.assertGreater(lines[-1]["test_accuracy"], 0.9)
        self.assertNotIn("test_loss_scale", lines[-1])
        epochs = [line for line in lines if line["event"] == "epoch"]
        self.assertEqual(epochs[-1]["train"]["loss_scale"], 65536)
        # The weights are f32, so that any precision goes on from them.
        lines = self.summary(self.tandem("train", file, "--epochs", "21", "--resume", lines[-1]["checkpoint"], "--out",
                                         self.path("fp32"), "--json"))
        self.tandem("train", file, "--epochs", "22", "--resume", lines[-1]["checkpoint"], "--precision", "fp16", "--out",
                    self.path("again"))

    def test_a_limit_on_files_is_an_error_and_keeps_what_was_there(self):
        import resource
        file = self.moons()
        with open(file, "rb") as source:
            before = source.read()
        result = subprocess.run([TANDEM, "new", "--template", "Two spirals", "--force", "-o", file], capture_output=True, text=True,
                                env=self.env, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
        self.assertEqual(result.returncode, 2)
        self.assertIn("moons.tandem: cannot write the file", result.stderr)
        with open(file, "rb") as source:
            self.assertEqual(source.read(), before)
        self.assertEqual(os.listdir(self.folder.name), ["moons.tandem"])

    def test_results_that_could_not_be_written_make_the_run_fail(self):
        file = self.moons()
        os.makedirs(self.path("out", "weights.h5"))
        result = self.tandem("train", file, "--epochs", "1", "--out", self.path("out"), code=1)
        self.assertIn("weights.h5: is a folder", result.stderr)
        self.assertIn("checkpoint.h5", result.stdout)
        self.assertNotIn("Weights (Keras", result.stdout)

    def test_a_reader_that_goes_away_stops_the_run_with_a_checkpoint(self):
        file = self.moons()
        process = subprocess.Popen([TANDEM, "train", file, "--epochs", "1000000", "--json"], stdout=subprocess.PIPE, env=self.env)
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(timeout=60), 0)
        run = json.loads(self.tandem("runs", "list", "--json").stdout)
        self.assertEqual(run["state"], "stopped")
        self.assertTrue(os.path.exists(run["weights"]))

    def test_output_that_cannot_be_written_is_an_error(self):
        file = self.moons()
        with open("/dev/full", "w") as full:
            result = subprocess.run([TANDEM, "check", file], stdout=full, stderr=subprocess.PIPE, text=True, env=self.env)
        self.assertEqual(result.returncode, 1)
        self.assertIn("the output could not be written", result.stderr)
        result = subprocess.run(["sh", "-c", '"$0" train "$1" --epochs 1 >&-', TANDEM, file], env=self.env)
        self.assertEqual(result.returncode, 0)

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

    def test_an_export_does_not_replace_its_own_source(self):
        file = self.moons()
        checkpoint = self.summary(self.tandem("train", file, "--epochs", "1", "--json"))[-1]["checkpoint"]
        self.assertIn("another name", self.tandem("export", checkpoint, "-o", checkpoint, code=2).stderr)
        self.tandem("export", checkpoint, "-o", self.path("model.h5"))

    def test_names_that_are_not_utf8_give_valid_json(self):
        file = self.moons()
        out = os.fsencode(self.folder.name) + b"/caf\xe9 \xff"
        result = subprocess.run([TANDEM, "train", file, "--epochs", "1", "--json", "--out", out], capture_output=True, env=self.env)
        self.assertEqual(result.returncode, 0, result.stderr)
        for line in result.stdout.decode("utf-8").strip().split("\n"):
            json.loads(line)

    def test_a_resume_that_is_refused_leaves_no_run(self):
        file = self.moons()
        self.tandem("train", file, "--resume", self.write("not_hdf5.h5", "hello"), code=2)
        self.assertIn("No runs yet", self.tandem("runs", "list").stdout)
        self.assertIn("no record of runs", self.tandem("runs", "list", "--runs", self.path("typo"), code=2).stderr)
        self.assertFalse(os.path.exists(self.path("typo")))

    def test_infer_refuses_what_is_no_finite_number(self):
        file = self.moons()
        checkpoint = self.summary(self.tandem("train", file, "--epochs", "1", "--json"))[-1]["checkpoint"]
        for text, expected in (("nan,1\n", "table.csv:1: 'nan' is not a finite number"), ("1,2\n1,1e400\n", "table.csv:2: '1e400'"),
                               ("1,\n", "table.csv:1: ''"), ("x,y\n", "there are no rows"), ("1,2\nx,2\n", "table.csv:2: 'x'")):
            with self.subTest(text=text):
                self.assertIn(expected, self.tandem("infer", checkpoint, self.write("table.csv", text), code=2).stderr)
        table = self.write("table.csv", "x;y\n+1,5;-0,5\n")  # decimal commas, as in training data
        self.assertEqual(len(self.tandem("infer", checkpoint, table).stdout.strip().split("\n")), 1)

    def test_binary_cross_entropy_answers_with_classes(self):
        file = self.moons(loss="binary_cross_entropy")
        with open(file) as source:
            project = json.load(source)
        project["layers"][3]["properties"]["units"] = 1
        with open(file, "w") as target:
            json.dump(project, target)
        last = self.summary(self.tandem("train", file, "--epochs", "20", "--json"))[-1]
        self.assertGreater(last["test_accuracy"], 0.9)
        table = self.write("points.csv", "0.0,1.0\n1.0,-0.5\n")
        answers = [json.loads(line) for line in self.tandem("infer", last["checkpoint"], table, "--json").stdout.strip().split("\n")]
        self.assertEqual([answer["class"] for answer in answers], ["A", "B"])
        self.assertAlmostEqual(sum(answers[0]["probabilities"].values()), 1, places=5)

    def test_a_folder_that_cannot_be_written_is_named(self):
        file = self.moons()
        blocker = self.write("a_file", "")
        result = self.tandem("train", file, "--out", os.path.join(blocker, "deeper"), code=2)
        self.assertIn("a_file", result.stderr)

    def test_progress_bar_on_a_terminal_and_plain_lines_in_a_pipe(self):
        import pty
        file = self.moons()
        plain = self.tandem("train", file, "--epochs", "2").stdout
        self.assertNotIn("\r", plain)
        self.assertIn("epoch 2/2", plain)
        master, slave = pty.openpty()
        process = subprocess.Popen([TANDEM, "train", file, "--epochs", "300"], stdout=slave, env=self.env)
        os.close(slave)
        shown = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        self.assertEqual(process.wait(timeout=60), 0)
        self.assertIn(b"samples/s", shown)
        self.assertIn(b"%  epoch", shown)

    def test_devices_and_doctor(self):
        devices = self.tandem("devices").stdout
        self.assertRegex(devices, r"cpu .*\n(.*\n)*? +now: Utilization \d+ %.*Memory in use \d+ MB")
        doctor = self.tandem("doctor").stdout
        self.assertIn("backend cpu", doctor)
        self.assertRegex(doctor, r"\[ok\]   Utilization of cpu +\d+ %")
        # Power is shown, or it is said why not.
        self.assertRegex(doctor, r"Power of cpu +[\d.]+ W|power of cpu +not measured: \w+")


unittest.main(verbosity=2)
