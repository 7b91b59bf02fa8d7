"""What a training says and stores. Usage: training_test.py PATH_OF_TANDEM"""
import fcntl
import json
import os
import re
import shutil
import signal
import statistics
import struct
import subprocess
import termios
import time

from program import Program, TANDEM, unittest

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cases")


class Training(Program):
    def case(self, name):
        shutil.copytree(os.path.join(CASES, name), self.path(name))
        return lambda *names: self.path(name, *names)

    def run_number(self, result):
        return re.search(r"Record: run (\d+)", result.stdout).group(1)

    def runs(self):
        lines = self.tandem("runs", "list", "--json").stdout.strip().split("\n")
        return [json.loads(line) for line in lines if line.startswith("{")]

    def test_63_early_stopping_uses_the_best_weights(self):
        case = self.case("63-early-stopping")
        output = self.tandem("train", case("stop.tandem")).stdout
        self.assertIn("Stopped early: no improvement in 15 epochs", output)
        epochs = {int(n): (loss, float(value)) for n, loss, value in
                  re.findall(r"epoch (\d+)/400 .*validation (loss (\d+\.\d+))", output)}
        best = min(epochs, key=lambda n: epochs[n][1])
        self.assertEqual(max(epochs), best + 15)
        self.assertIn(f"best epoch {best}, validation {epochs[best][0]}\n", output)
        self.assertIn(f"test (weights of epoch {best})", output)
        shown = self.tandem("runs", "show", "1").stdout
        self.assertIn(f"best epoch {best}, validation {epochs[best][0]}\n", shown)
        for text in ("\nSettings\n", "\nNetwork\n", "\nData\n", "  optimizer", "  kernels: ", "  fingerprint: "):
            self.assertIn(text, shown)
        # Use and export take the best weights; --last chooses the others.
        checkpoint = self.runs()[0]["weights"]
        table = self.write("ask.csv", "a,b\n0.5,1\n-1,0.25\n")
        answers = {}
        for which, options in (("best", ()), ("last", ("--last",))):
            self.assertIn("best epoch" if which == "best" else "of step",
                          self.tandem("export", "1", *options, "-o", self.path(which + ".h5")).stdout)
            answers[which] = [json.loads(line)["probabilities"] for line in
                              self.tandem("infer", checkpoint, table, "--json", *options).stdout.strip().split("\n")]
            exported = [json.loads(line)["probabilities"] for line in
                        self.tandem("infer", self.path(which + ".h5"), table, "--json").stdout.strip().split("\n")]
            for one, other in zip(answers[which], exported):
                for name, value in one.items():
                    self.assertAlmostEqual(value, other[name], places=4)
        self.assertNotEqual(answers["best"], answers["last"])
        # The weights next to the run are the best ones, and the evaluation agrees with the test of the training.
        weights = [json.loads(line)["probabilities"] for line in
                   self.tandem("infer", os.path.join(os.path.dirname(checkpoint), "weights.h5"), table, "--json")
                   .stdout.strip().split("\n")]
        self.assertAlmostEqual(list(weights[0].values())[0], list(answers["best"][0].values())[0], places=4)
        loss = float(re.search(r"test \(.*\)  loss (\d+\.\d+)", output).group(1))
        self.assertAlmostEqual(json.loads(self.tandem("evaluate", checkpoint, "--json").stdout)["loss"], loss, places=3)
        self.assertNotAlmostEqual(json.loads(self.tandem("evaluate", checkpoint, "--json", "--last").stdout)["loss"], loss,
                                  places=3)
        # Nothing is left to train, although 400 epochs were requested.
        refused = self.tandem("train", case("stop.tandem"), "--resume", checkpoint, code=2).stderr
        self.assertIn(f"nothing left to train: stopped early after {best + 15} epochs, 15 of them without improvement", refused)
        self.assertEqual(len(self.runs()), 1)

    def test_confusion_matrices_are_recorded_and_reported(self):
        case = self.case("63-early-stopping")
        self.tandem("train", case("stop.tandem"), "--epochs", "3",
                    "--set", "metrics=accuracy,macro_f1,auc,confusion_matrix", "--set", "monitor=macro_f1")
        record = json.loads(self.tandem("runs", "show", "1", "--json").stdout)
        evaluated = json.loads(self.tandem("evaluate", record["weights"], "--json").stdout)
        matrix = record["matrices"][0]
        self.assertEqual((matrix["name"], matrix["data"], matrix["epoch"]),
                         ("confusion_matrix", "test", record["best_epoch"]))
        self.assertEqual(matrix["confusion"], evaluated["confusion"])
        self.assertEqual(matrix["classes"], evaluated["classes"])
        self.assertEqual(record["best_metric"], "validation macro f1")
        self.assertAlmostEqual(evaluated["macro_f1"], sum(c["f1"] or 0 for c in evaluated["classes"]) / 2, places=6)
        self.assertIn("auc_class_1", evaluated)
        shown = self.tandem("runs", "show", "1").stdout
        self.assertIn(f"Classes (test set, epoch {record['best_epoch']})", shown)
        self.assertIn("Confusion matrix (rows: true class, columns: predicted class)", shown)
        self.assertIn("validation loss", shown.replace("validation  ", "validation "))
        self.assertNotIn("nan", shown)  # training does not report what only the evaluation computes
        self.tandem("runs", "report", "1", "-o", self.path("r.html"))
        with open(self.path("r.html"), encoding="utf-8") as page:
            self.assertIn("<h3>Confusion matrix (test set, epoch", page.read())

    def test_balanced_class_weights_are_stated(self):
        rows = "".join(f"{i % 7},{i % 5},{'rare' if i % 10 == 0 else 'usual'}\n" for i in range(200))
        table = self.write("rare.csv", "x,y,kind\n" + rows)
        output = self.tandem("train", self.moons(), "--data", table, "--epochs", "1",
                             "--set", "loss.class_weights=balanced").stdout
        self.assertRegex(output, r"Class weights of kind: rare [45]\.\d+ and usual 0\.5\d+\n")
        refused = self.tandem("train", self.moons(), "--set", "loss.class_weights=heavy", code=2).stderr
        self.assertIn("equal, balanced, custom", refused)

    def test_class_weights_can_be_numbers(self):
        output = self.tandem("train", self.moons(), "--epochs", "1", "--set", "loss.class_weights=custom",
                             "--set", "loss.weights=1,2.5").stdout
        self.assertRegex(output, r"Class weights of .+: .+ 1 and .+ 2\.5\n")
        refused = self.tandem("train", self.moons(), "--set", "loss.class_weights=custom", "--set", "loss.weights=1,2,3",
                              code=2).stderr
        self.assertIn("training.loss.weights: custom class weights need a number for each of the 2 classes, "
                      "but 3 were given. Give them in this order: ", refused)
        refused = self.tandem("train", self.moons(), "--set", "loss.weights=1,-2", code=2).stderr
        self.assertIn("Custom weights must be numbers, each from 0 to 1000000, not 1, -2", refused)
        unused = self.tandem("train", self.moons(), "--epochs", "1", "--set", "loss.weights=1,2").stdout
        self.assertIn('custom class weights are ignored, because "class_weights" is "equal"', unused)

    def test_a_column_weights_the_samples(self):
        rows = [(i % 7 + 0.5, i % 5 + 0.25, i % 4, "ab"[i % 2]) for i in range(80)]
        table = self.write("w.csv", "x,y,w,kind\n" + "".join(f"{x},{y},{w},{k}\n" for x, y, w, k in rows))
        project = self.moons()
        output = self.tandem("train", project, "--data", table, "--sample-weights", "w", "--epochs", "2").stdout
        self.assertIn('Column "w" weights the samples in the training loss', output)
        self.assertRegex(output, r'The training loss weights the samples by "w", divided by its mean: from 0 to [12]\.')
        record = json.loads(self.tandem("runs", "show", "1", "--json").stdout)
        # New data need not have the column, and may have any values in it.
        for content in ("x,y\n1,2\n", "w,y,x\n-,2,1\n", "1,2\n"):
            answer = self.tandem("infer", record["weights"], self.write("ask.csv", content), "--json").stdout
            self.assertEqual(len(answer.strip().split("\n")), 1)
        labelled = self.write("labelled.csv", "kind,y,x\n" + "".join(f"{k},{y},{x}\n" for x, y, _, k in rows))
        whole = json.loads(self.tandem("evaluate", record["weights"], labelled, "--json").stdout)
        same = json.loads(self.tandem("evaluate", record["weights"], table, "--json").stdout)
        self.assertEqual(whole["loss"], same["loss"])
        self.assertNotIn("The data has changed", self.tandem("evaluate", record["weights"]).stderr)
        self.tandem("runs", "report", "1", "-o", self.path("r.html"))
        with open(self.path("r.html"), encoding="utf-8") as page:
            self.assertIn("<td class=l>sample weights</td><td>w</td>", page.read())
        # The project that is stored with the run weights the samples, too, and the run can be continued and repeated.
        resumed = self.tandem("train", project, "--data", table, "--sample-weights", "w", "--resume", record["weights"],
                              "--epochs", "3").stdout
        self.assertIn('weights the samples by "w"', resumed)
        self.assertNotIn("The samples are not those of the checkpoint", resumed)
        self.tandem("runs", "verify", "1")
        self.tandem("export", "1", "-o", self.path("model.h5"))
        self.tandem("infer", self.path("model.h5"), self.write("ask.csv", "x,y\n1,2\n"))
        # The table of the training may lose the column.
        self.write("w.csv", "x,y,kind\n" + "".join(f"{x},{y},{k}\n" for x, y, _, k in rows))
        self.assertIn("The data has changed since the training", self.tandem("evaluate", record["weights"]).stderr)
        self.tandem("runs", "export", "1", "-o", self.path("run.tandemrun"))
        self.tandem("runs", "import", self.path("run.tandemrun"), "--runs", self.path("elsewhere"))

    def test_sample_weights_that_are_none_are_refused(self):
        def refusal(content, column="w"):
            table = self.write("w.csv", "x,y,w,kind\n1,2,1,a\n2,1,3,b\n2,3,1,a\n3,1,1,b\n" + content)
            return self.tandem("check", self.moons(), "--data", table, "--sample-weights", column, code=2).stderr

        self.assertIn('w.csv:6: the sample weight -2 in column "w" is negative', refusal("4,5,-2,a\n"))
        self.assertIn('w.csv:6: "heavy" in column "w" is not a number', refusal("4,5,heavy,a\n"))
        self.assertIn('there is no column "v"', refusal("4,5,1,a\n", "v"))
        self.assertIn('column "kind" is both the sample weights and a target',
                      self.tandem("train", self.moons(), "--data", self.path("w.csv"), "--target", "kind",
                                  "--sample-weights", "kind", code=2).stderr)

    def test_options_of_tables_are_refused_for_other_data(self):
        for option in ("--sample-weights", "--target", "--delimiter"):
            self.assertIn(f"{option}: describes tables, but the data is of another kind",
                          self.tandem("train", self.moons(), option, "w", code=2).stderr)
        for option in (["--window", "3"], ["--series-group", "w"], ["--whole-series"], ["--no-past-targets"]):
            self.assertIn(f"{option[0]}: describes series in a table, but the data is of another kind",
                          self.tandem("train", self.moons(), *option, code=2).stderr)
        table = self.write("n.csv", "x,y\n1,2\n2,3\n")
        for option in (["--text-unit", "words"], ["--vocabulary", "9"], ["--text-steps", "9"], ["--keep-case"]):
            for data in ([], ["--data", table]):
                self.assertIn(f"{option[0]}: describes texts, but the data has none",
                              self.tandem("train", self.moons(), *data, *option, code=2).stderr)
        self.assertIn("--text-stride: describes windows of a text file, but the data is of another kind",
                      self.tandem("train", self.moons(), "--text-stride", "9", code=2).stderr)
        file = self.moons()
        with open(file, encoding="utf-8") as stored:
            project = json.load(stored)
        project["data"]["sample_weights"] = "w"
        with open(file, "w", encoding="utf-8") as stored:
            json.dump(project, stored)
        for command in ("check", "train"):
            self.assertIn('the data is no table, so there is no column "w" of sample weights',
                          self.tandem(command, file, code=2).stderr)

    def test_the_sides_of_a_twin_run_see_the_same_weights(self):
        table = self.write("w.csv", "x,y,w,kind\n" + "".join(
            f"{i % 7 + 0.5},{i % 5 + 0.25},{i % 4},{'ab'[i % 2]}\n" for i in range(80)))
        self.tandem("new", "--data", table, "--sample-weights", "w", "-o", self.path("own.tandem"))
        with open(self.path("own.tandem"), encoding="utf-8") as stored:
            self.assertEqual(json.load(stored)["data"]["sample_weights"], "w")
        self.tandem("twin", self.path("own.tandem"), "--side", "cpu:1", "--side", "cpu:1", "--lock-step", "--steps", "3")

    def test_the_best_epoch_can_be_chosen_by_another_metric(self):
        summary = self.summary(self.tandem("train", self.moons(monitor="accuracy"), "--epochs", "3", "--json"))[-1]
        self.assertEqual(summary["best_metric"], "validation accuracy")
        refused = self.tandem("train", self.moons(monitor="rmse"), code=2).stderr
        self.assertIn("training.monitor: this training does not report 'rmse'. Choose one of: loss, accuracy", refused)

    def test_64_resume_compares_the_data(self):
        case = self.case("64-resume")
        self.tandem("train", case("r.tandem"))
        checkpoint = self.runs()[0]["weights"]

        def resume(project, code=0):
            return self.tandem("train", case(project), "--resume", checkpoint, code=code)

        refused = {"r.tandem": "nothing left to train: 4 of 4 epochs; give --epochs above 4",
                   "r_cls.tandem": "class 1 is 'apple', but was 'no'",
                   "r_swap.tandem": "feature 1 is 'b', but was 'a'",
                   "r_wide.tandem": "a different network"}
        for project, reason in refused.items():
            with self.subTest(project=project):
                self.assertIn(reason, resume(project, 2).stderr)
        with open(case("t.csv")) as table:
            rows = [line.split(",") for line in table.read().strip().split("\n")]
        with open(case("t_other.csv"), "w") as scaled:
            scaled.write("\n".join(",".join([a if i == 0 else str(1000 * float(a)), b, c]) for i, (a, b, c) in enumerate(rows)))
        reason = resume("r_other.tandem", 2).stderr
        self.assertRegex(reason, r"'a' has the mean 1\d\d\d and the standard deviation 1\d\d\d, but had 1\.\d+ and 1\.\d+")
        self.assertEqual(len(self.runs()), 1)  # none of them was recorded
        shutil.copy(os.path.join(CASES, "64-resume", "t_other.csv"), case("t_other.csv"))
        for project in ("r_lr.tandem", "r_other.tandem", "r_small.tandem"):
            with self.subTest(project=project):
                output = resume(project).stdout
                self.assertIn("finished after", output)
                self.assertEqual("The samples are not those of the checkpoint" in output, project != "r_lr.tandem")
        self.assertEqual(len(self.runs()), 4)

    def test_time_left_counts_from_the_resume(self):
        import pty
        file = self.moons(batch=1, seed=3)
        stopped = subprocess.Popen([TANDEM, "train", file, "--epochs", "1000000", "--json"], stdout=subprocess.PIPE, text=True,
                                   env=self.env)
        stopped.stdout.readline()
        time.sleep(4)
        stopped.send_signal(signal.SIGINT)
        stopped.communicate(timeout=60)
        checkpoint = self.runs()[0]["weights"]
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))  # wide enough for the time left
        resumed = subprocess.Popen([TANDEM, "train", file, "--epochs", "1000000", "--resume", checkpoint], stdout=slave,
                                   env=self.env)
        os.close(slave)
        shown = b""
        interrupted = False
        while True:
            if not interrupted and shown.count(b" left") > 10:
                resumed.send_signal(signal.SIGINT)
                interrupted = True
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        self.assertEqual(resumed.wait(timeout=60), 0)
        rates = [float(n.replace(b" k", b"e3").replace(b" M", b"e6")) for n in re.findall(rb"([\d.]+(?: [kM])?) samples/s  [^\r]* left", shown)]
        self.assertGreater(len(rates), 3, shown[-500:])
        # The first rates are not those of one step in four seconds.
        self.assertGreater(min(rates[1:]), statistics.median(rates) / 20, rates)

    def test_fine_tuning_starts_with_the_weights_of_another_run(self):
        project, weights = self.moons(epochs=3), self.path("first", "weights.h5")
        self.tandem("train", project, "--out", self.path("first"))
        layers = self.tandem("check", project, "--freeze-to", "dense").stdout
        self.assertEqual(re.findall(r"^(\S+) .*frozen$", layers, re.M), ["dense"])
        self.assertIn("306 trainable and 48 non-trainable parameters", layers)
        output = self.tandem("train", project, "--weights", weights, "--freeze-to", "dense", "--epochs", "1",
                             "--seed", "7").stdout
        started = f"Starts with the weights of 3 layers from {weights}"
        self.assertIn(started, output)
        self.assertGreater(float(re.search(r"test .* accuracy ([\d.]+)", output).group(1)), 0.9)
        # What a run started from is part of its record, which can be repeated.
        self.assertIn(started, self.tandem("runs", "show", "1").stdout)
        self.assertIn("Passed: 45 steps, bit-identical", self.tandem("runs", "verify", "1").stdout)
        # Mistakes name what there is.
        for options, message in (
                (("--freeze", "densse"), "there is no layer or group named 'densse'. There are input, dense, dense_2 and logits"),
                (("--freeze-to", "last"), "there is no layer or group named 'last'"),
                (("--weights", self.path("gone.h5")), "gone.h5: there is no such file of weights"),
                (("--freeze", "input"), "input: has no weights to freeze"),
                (("--weights", weights, "--out", self.path("first"), "--force"), "would replace the weights"),
                (("--weights", weights, "--resume", weights), "--weights excludes --resume"),
                (("--freeze-to", "logits"), "all layers with weights are frozen")):
            self.assertIn(message, self.tandem("train", project, *options, code=2).stderr)

    def test_a_gradient_that_is_not_finite_ends_the_run(self):
        file = self.moons()
        with open(file) as source:
            project = json.load(source)
        # The output is 0 at first, so the first loss is finite, but gradients are multiplied by 1e30 twice.
        layers = [("input", "input", {"shape": [2]}), ("dense", "still", {"units": 4, "initializer": "zeros"}),
                  ("formula", "large", {"formula": "1e30 * x"}), ("formula", "larger", {"formula": "1e30 * x"}),
                  ("dense", "logits", {"units": 2})]
        project["layers"] = [{"id": i + 1, "type": kind, "name": name, "inputs": [layers[i - 1][1]] if i else [],
                              "properties": properties, "position": [220 * i, 0]}
                             for i, (kind, name, properties) in enumerate(layers)]
        with open(file, "w") as target:
            json.dump(project, target)
        message = r"epoch 1: the gradient of still/(kernel|bias) became NaN or infinite at step 1 \(learning rate .*\)\. " \
                  r"Try a lower learning rate, gradient clipping or warm-up, and check the data for huge values"
        for options in ((), ("--set", "optimizer=sgd", "--set", "clip=value"), ("--set", "average=0.9")):
            self.assertRegex(self.tandem("train", file, *options, code=1).stderr, message)
        shown = self.tandem("runs", "show", "1").stdout
        self.assertRegex(shown, r"step 1, .*: error: " + message)
        record = json.loads(self.tandem("runs", "show", "1", "--json").stdout)
        self.assertEqual((record["state"], record["steps"]), ("failed", 1))

    def test_files_of_another_run_are_not_replaced(self):
        file = self.moons()
        out, record = self.path("out"), self.path("a.tandemrun")
        self.tandem("train", file, "--epochs", "1", "--out", out, "--record", record)
        before = [os.path.getmtime(os.path.join(out, "weights.h5")), os.path.getmtime(record)]
        for options in (("--out", out), ("--record", record)):
            refused = self.tandem("train", file, "--epochs", "1", *options, code=2).stderr
            self.assertIn("the file already exists. Choose another name, or add --force to replace it", refused)
        self.assertEqual(before, [os.path.getmtime(os.path.join(out, "weights.h5")), os.path.getmtime(record)])
        checkpoint = os.path.join(out, "run-1", "checkpoint.h5")
        for command in (("export", checkpoint, "-o", os.path.join(out, "weights.h5")),
                        ("runs", "export", "1", "--runs", out, "-o", record)):
            self.assertIn("the file already exists", self.tandem(*command, code=2).stderr)
            self.tandem(*command, "--force")
        self.tandem("train", file, "--epochs", "1", "--out", out, "--record", record, "--force")

    def test_a_checkpoint_that_cannot_be_stored_goes_to_the_temporary_folder(self):
        import resource
        file = self.moons()
        os.mkdir(self.path("tmp"))
        # The run's folder cannot hold the checkpoint: a folder is in its way as soon as it exists.
        process = subprocess.Popen([TANDEM, "train", file, "--epochs", "4000", "--json"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=dict(self.env, TMPDIR=self.path("tmp")))
        folder = self.path("runs", "run-1")
        blocked = False
        while process.poll() is None and not blocked:
            if os.path.isdir(folder):
                try:
                    if os.path.exists(os.path.join(folder, "checkpoint.h5")):
                        os.remove(os.path.join(folder, "checkpoint.h5"))
                    os.makedirs(os.path.join(folder, "checkpoint.h5", "in the way"))
                    blocked = True
                except OSError:
                    pass
        output, errors = process.communicate(timeout=60)
        self.assertTrue(blocked)
        self.assertEqual(process.returncode, 1)
        self.assertIn("checkpoint.h5", errors)
        self.assertNotIn("nothing was lost", errors)
        last = json.loads(output.strip().split("\n")[-1])
        self.assertTrue(last["checkpoint"].startswith(self.path("tmp", "tandem-run-1-")), last)
        self.assertIn(f"is in {last['checkpoint']} instead", errors)
        self.assertTrue(os.path.exists(last["weights"]))
        self.assertEqual(self.runs()[0]["weights"], last["checkpoint"])
        self.tandem("train", file, "--epochs", "4001", "--resume", last["checkpoint"])

        # Neither place can hold it: the message says that the weights are lost.
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        self.tandem("runs", "list")  # the record exists
        result = subprocess.run([TANDEM, "train", file, "--epochs", "2"], capture_output=True, text=True, env=self.env,
                                preexec_fn=limit)
        self.assertNotEqual(result.returncode, 0)
        self.assertNotIn("nothing was lost", result.stderr)

    @unittest.skipIf("ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ, "sanitizers need additional memory")
    def test_a_run_uses_the_memory_that_is_forecast(self):
        self.write("table.csv", ",".join(f"c{i}" for i in range(20)) + ",y\n" + "".join(
            ",".join(str((i * 7 + k * 13) % 101) for k in range(20)) + f",{i % 3}\n" for i in range(1000)))

        def measure(units, batch):
            """The forecast and the peak of a run, in bytes. Weights, a checkpoint and the best weights count."""
            dense = [{"type": "dense", "name": f"d{i}", "inputs": [f"d{i - 1}" if i else "input"],
                      "properties": {"units": n, "activation": "relu"}} for i, n in enumerate(units)]
            project = self.write("memory.tandem", json.dumps({
                "tandem": 1, "data": {"kind": "csv", "path": "table.csv"}, "layers": [
                    {"type": "input", "name": "input", "properties": {"shape": [20]}}, *dense,
                    {"type": "dense", "name": "out", "inputs": [dense[-1]["name"]], "properties": {"units": 3}}],
                "training": {"loss": "softmax_cross_entropy", "epochs": 3, "batch": batch,
                             "optimizer": {"kind": "adam", "learning_rate": 0.01}}}))
            number, unit = re.search(r"batch \d+: ([\d.]+) (kB|MB)", self.tandem("check", project).stdout).groups()
            process = subprocess.Popen([TANDEM, "train", project], env=self.env, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0)
            return float(number) * {"kB": 1e3, "MB": 1e6}[unit], usage.ru_maxrss * 1024

        small, program = measure([4], 8)
        for units, batch in (([1500, 1500], 32), ([400] * 15, 700)):
            expected, peak = measure(units, batch)
            used = peak - program + small
            self.assertLess(abs(used - expected), 0.15 * expected, f"{units}: {used / 1e6} of {expected / 1e6} MB")

    def test_the_limit_of_a_record_is_a_setting(self):
        self.assertIn("at most 64.0 MB", self.tandem("runs", "limit").stdout)
        self.assertIn("at most 2.00 MB", self.tandem("runs", "limit", "2").stdout)
        self.assertRegex(self.tandem("runs", "limit", "0", code=2).stderr, "range .*1 .*1000000")  # in the words of CLI11
        self.tandem("train", self.moons(), "--epochs", "1")
        self.assertRegex(self.tandem("runs", "show", "1").stdout, r"record: [\d.]+ kB of at most 2.00 MB; every step\n")
        self.assertEqual(json.loads(self.tandem("runs", "show", "1", "--json").stdout)["record_limit"], 2_000_000)

    def test_a_record_that_may_only_be_read_is_listed(self):
        self.tandem("train", self.moons(), "--epochs", "1")
        os.chmod(self.path("runs", "runs.sqlite"), 0o444)
        os.chmod(self.path("runs"), 0o555)
        os.chmod(self.folder.name, 0o755)
        nobody = (lambda: os.setuid(65534)) if os.geteuid() == 0 else None
        for command in (["list"], ["show", "1"]):
            result = subprocess.run([TANDEM, "runs", *command], capture_output=True, text=True, env=self.env, preexec_fn=nobody)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("Two moons #1", result.stdout)
        edited = subprocess.run([TANDEM, "runs", "edit", "1", "--name", "x"], capture_output=True, text=True, env=self.env,
                                preexec_fn=nobody)
        self.assertEqual(edited.returncode, 2)
        self.assertIn("readonly", edited.stderr)
        os.chmod(self.path("runs"), 0o755)

    def test_without_a_home_the_place_of_the_record_is_stated(self):
        file = self.moons()
        env = {key: value for key, value in self.env.items() if key not in ("HOME", "XDG_DATA_HOME", "TANDEM_RUNS")}
        for command in (["train", file, "--epochs", "1"], ["runs", "list"]):
            result = subprocess.run([TANDEM, *command], capture_output=True, text=True, env=env, cwd=self.folder.name)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(f"HOME is not set: runs are recorded in {os.path.realpath(self.folder.name)}/.local/share/tandem/runs",
                          result.stderr)


if __name__ == "__main__":
    unittest.main()
