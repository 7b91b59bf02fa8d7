"""Commands of `tandem` from end to end: results, exit codes, bad usage and input. Usage: cli_test.py PATH_OF_TANDEM"""
import gzip
import json
import os
import subprocess
import unittest

from program import Program, TANDEM


class Cli(Program):
    def test_every_template_can_be_created_and_checked(self):
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
        # A group in a group; the group around it has no other layers.
        with open(file, "w") as target:
            json.dump(project | {"groups": [project["groups"][0] | {"in": "body"}, {"name": "body", "repeat": 2}]}, target)
        (line,) = [line for line in self.tandem("check", file).stdout.split("\n") if line.startswith("dense_2 ")]
        self.assertTrue(line.endswith("  body ×2 > trunk ×3"), line)
        self.assertIn(str(6 * (16 * 16 + 16)), line)
        self.assertIn("  frozen  body ×2 > trunk ×3", self.tandem("check", file, "--freeze", "body").stdout)
        frozen = self.tandem("check", file, "--freeze-to", "body").stdout.split("\n")
        self.assertEqual([line.split()[0] for line in frozen if "  frozen" in line], ["dense", "dense_2"])
        project["groups"][0]["repeat"] = 5000
        with open(file, "w") as target:
            json.dump(project, target)
        self.assertIn("groups[0].repeat: must be a whole number from 1 to 1000", self.tandem("check", file, code=2).stderr)

    def test_training_learns_and_writes_its_results(self):
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
        # The record matches the output.
        record = json.loads(self.tandem("runs", "show", str(last["run"]), "--runs", self.path("out"), "--json").stdout)
        self.assertAlmostEqual(record["test_accuracy"], last["test_accuracy"], places=6)
        self.assertEqual(record["state"], "finished")

    def test_fast_kernels_are_used_on_request_and_recorded(self):
        file = self.moons()
        for flags, kept in (((), True), (("--fast",), False), (("--deterministic",), True)):
            out = self.path("mode" + "".join(flags))
            self.tandem("train", file, "--epochs", "1", "--out", out, *flags)
            record = json.loads(self.tandem("runs", "show", "1", "--runs", out, "--json").stdout)
            self.assertRegex(record["device"], r"^cpu, \d+ threads?$" if kept else r"^cpu, \d+ threads?, fast$")

    def test_invalid_usage_and_input_exit_with_2(self):
        file = self.moons()
        cases = [
            ((), "A subcommand is required"),
            (("",), "there is no command ''"),
            (("dance",), "there is no command 'dance'"),
            (("train",), "project is required"),
            (("train", self.path("nowhere.tandem")), "nowhere.tandem"),
            (("train", self.write("broken.tandem", '{"tandem": 1, "network": ')), "broken.tandem"),
            (("train", file, "--device", "cuda:9"), "cuda:9"),
            (("train", file, "--epochs", "0"), "--epochs"),
            (("train", file, "--resume", self.write("not_hdf5.h5", "hello")), "not_hdf5.h5"),
            (("new", "--template", "Unheard of", "-o", self.path("x.tandem")), "Unheard of"),
            (("new", "--template", "Two moons", "-o", file), "the file already exists"),
            (("export", self.path("missing.h5"), "-o", self.path("y.h5")), "missing.h5"),
            (("infer", self.path("missing.h5"), file), "missing.h5"),
            (("infer", self.path(), file), "is not a file. Choose the weights"),
            (("evaluate", self.write("empty.h5", ""), file), "the file is too short. Choose the weights"),
            (("train", self.path()), "is a folder, not a file. Choose a file"),
            (("train", file, "--data", self.path("gone.csv")), "does not exist. Move it there, or choose another file"),
            (("train", file, "--data", self.write("empty.csv", "")), "empty.csv: the file is empty. Choose another file"),
            (("train", file, "--record", self.path("gone", "a.tandemrun")), "there is no folder"),
            (("twin", file, "--report", self.path()), "is a folder, not a file. Add a file name"),
            (("twin", file, "--record", self.path("gone", "a.tandemtwin")), "there is no folder"),
            (("runs", "import", self.path()), "this is a folder, not a file. Choose a file"),
            (("runs", "show", "abc"), "ids"),
        ]
        for arguments, expected in cases:
            with self.subTest(arguments=arguments):
                result = self.tandem(*arguments, code=2)
                self.assertIn(expected, result.stderr + result.stdout)
                self.assertNotIn("bug", result.stderr)

    def test_layers_are_listed_and_explained(self):
        listed = self.tandem("layers").stdout
        self.assertIn("Convolution\n", listed)
        self.assertRegex(listed, r"\n  dense +In Keras: Dense, in PyTorch: Linear\n")
        page = self.tandem("layers", "dense").stdout
        self.assertTrue(page.startswith("Dense (dense), Core\n"), page)
        self.assertIn("\nFormula\n  y = act(x kernel + bias)\n", page)
        self.assertIn("\nShapes of a sample\n  (..., features) -> (..., units)\n", page)
        self.assertRegex(page, r"\n  units +64 +Number of outputs")
        self.assertRegex(page, r"\nExample\n  input +1, 2\n  units +1\n  kernel +3, 4\n  bias +0.5\n  output +11.5\n$")
        pages = [json.loads(line) for line in self.tandem("layers", "--json").stdout.strip().split("\n")]
        self.assertIn("lstm", [page["type"] for page in pages])
        page = json.loads(self.tandem("layers", "dense", "--json").stdout)
        self.assertIn(page, pages)
        self.assertEqual(page["example"], {"inputs": [{"shape": [2], "values": [1, 2]}], "properties": {"units": 1},
                                           "weights": {"kernel": [3, 4], "bias": [0.5]},
                                           "outputs": [{"shape": [1], "values": [11.5]}]})
        self.assertIn("there is no layer of type 'dens'", self.tandem("layers", "dens", code=2).stderr)
        self.assertIn("lstm\n", self.tandem("__complete", "layers", "ls").stdout)

    def test_settings_are_changed_and_listed(self):
        listed = self.tandem("settings").stdout
        for text in ("optimizer=adamw: ", "optimizer.beta1", "loss=huber: ", "schedule.warmup_steps", "schedule.points",
                     '"0:1, 100:0"', "device.threads", "  accumulate ", "  average ",
                     "(Huber, 1964).\n  In Keras: Huber, in PyTorch: HuberLoss\n", "\n  In Keras: Lion\n",
                     "\n  In PyTorch: OneCycleLR\n", "\n  In Keras: F1Score, in PyTorch: torchmetrics.F1Score\n"):
            self.assertIn(text, listed)
        file = self.moons()
        arguments = ("--epochs", "1", "--json", "--set", "optimizer=sgd", "--set", "optimizer.momentum=0.5", "--set", "batch=50")
        last = json.loads(self.tandem("train", *arguments, file).stdout.splitlines()[-1])
        exported = self.path("set.tandemrun")
        self.tandem("runs", "export", str(last["run"]), "-o", exported)
        with gzip.open(exported) as source:
            training = json.loads(json.load(source)["project"])["training"]
        self.assertEqual(training["optimizer"], {"type": "sgd", "learning_rate": 0.01, "momentum": 0.5, "nesterov": False,
                                                 "weight_decay": 0.0})
        self.assertEqual(training["batch"], 50)
        self.assertRegex(listed, r"\n  heads +of the only output +for several outputs a list: ")
        for setting, message in (("heads.x.weight=2", "heads.x: there is one head, which names no output. Set loss"),
                                 ("optimizer.beta1=[1,2]", "from 0 to 0.999999, not the list 1, 2"),
                                 ("optimizer.beta3=1", "the optimizer adam has no property 'beta3'"),
                                 ("optimizer.beta1=2", "Beta 1 must be a number from 0 to 0.999999, not 2"),
                                 ("epochs", "NAME=VALUE"), ("loss=l3", 'there is no loss "l3"'),
                                 ("metrics=accuracy,aux", 'metrics[1]: there is no metric "aux"'),
                                 ("metrics=mae", 'the metric "Mean absolute error" does not fit the loss "Softmax cross-entropy"'),
                                 ("metrics=top_k_accuracy", "top-5 accuracy is always 1 with 2 classes"),
                                 ("monitor=f1_class_1", "does not report 'f1_class_1'. Choose one of: loss, accuracy")):
            self.assertIn(message, self.tandem("train", file, "--set", setting, code=2).stderr)

    def test_training_samples_are_augmented(self):
        file = self.path("shapes.tandem")
        self.tandem("new", "--template", "Shapes: two outputs", "-o", file)
        with open(file) as source:
            project = json.load(source)
        project["data"]["count"] = 100
        project["training"]["epochs"] = 1
        self.write("shapes.tandem", json.dumps(project))
        listed = self.tandem("settings").stdout
        for text in ("\naugment=rotate: ", "  augment ", "flip,", "augment='[{"):
            self.assertIn(text, listed)

        def training(*options):
            last = self.summary(self.tandem("train", file, "--json", *options))[-1]
            exported = self.path(f"{last['run']}.tandemrun")
            self.tandem("runs", "export", str(last["run"]), "-o", exported)
            with gzip.open(exported) as source:
                return last, json.loads(json.load(source)["project"])["training"]

        plain, settings = training()
        self.assertNotIn("augment", settings)
        augmented, settings = training("--augment", "shift=0.2,rotate")
        self.assertEqual(settings["augment"], [{"type": "shift", "amount": 0.2}, {"type": "rotate", "angle": 10.0}])
        self.assertNotEqual(plain["test_loss"], augmented["test_loss"])
        shown = self.tandem("runs", "show", str(augmented["run"])).stdout
        self.assertIn("The training samples are augmented: Shift (0.2), Rotate (10)", shown)
        self.assertIn("The target x does not change when images are moved", shown)
        again, _ = training("--set", "augment=rotate,shift=0.2")  # the order has no meaning
        self.assertEqual(again["test_loss"], augmented["test_loss"])
        self.tandem("runs", "verify", str(augmented["run"]))
        for value, message in (("word_dropout", 'the augmentation "Word dropout" needs texts'),
                               ("mixup", 'augment[0]: there is no augmentation "mixup"'),
                               ("rotate=500", "Angle must be a number from 0 to 180, not 500"),
                               ("flip,flip", 'the augmentation "Flip" appears twice')):
            for command in ("train", "check"):
                result = self.tandem(command, file, "--augment", value, code=2)
                self.assertIn(message, result.stderr + result.stdout)

    def test_a_schedule_follows_points(self):
        file = self.moons()
        points = ("--set", "schedule=points", "--set", "schedule.points=0:1,50:0.5,100:0", "--set",
                  "schedule.interpolation=step")
        last = self.summary(self.tandem("train", file, "--epochs", "4", "--json", *points))[-1]
        exported = self.path("points.tandemrun")
        self.tandem("runs", "export", str(last["run"]), "-o", exported)
        with gzip.open(exported) as source:
            project = json.loads(json.load(source)["project"])
        self.assertEqual(project["training"]["schedule"], {"type": "points", "points": "0:1, 50:0.5, 100:0",
                                                           "interpolation": "step"})
        # The file of the run can be trained again.
        self.tandem("train", self.write("again.tandem", json.dumps(project)), "--epochs", "1")
        for wrong, message in (("50:1,30:1", "Points must be in ascending order, but 30:1 follows 50:1"),
                               ("0:1,50", "such as 0:1, 100:0, not '50'"), ("0:-1", "from 0 to 100"),
                               ("[0, 1]", "not a list")):
            result = self.tandem("train", file, *points, "--set", f"schedule.points={wrong}", code=2)
            self.assertIn("schedule.points: ", result.stderr)
            self.assertIn(message, result.stderr)

    def test_settings_are_changed_for_every_command_that_trains_or_measures(self):
        file, sides = self.moons(), ("--side", "cpu:1", "--side", "cpu")
        self.assertIn("at batch 77:", self.tandem("check", file, "--set", "batch=77").stdout)
        twin = ("twin", file, *sides, "--steps", "3", "--out", self.path("twin"))
        self.assertIn("batch 77,", self.tandem(*twin, "--set", "batch=77").stdout)
        self.tandem("twin", file, *sides, "--steps", "5", "--out", self.path("accumulating"), "--set", "accumulate=2", "--set",
                    "average=0.9")
        sweep = ("crossover", file, *sides, "--batches", "8,16", "--seconds", "0.01")
        self.tandem(*sweep, "--set", "optimizer=sgd")
        for command in (("check", file), twin, sweep):
            self.assertIn('no loss "l3"', self.tandem(*command, "--set", "loss=l3", code=2).stderr)
        for command in (twin, sweep):
            for setting in ("device.threads=1", 'device={"threads": 1}'):
                self.assertIn("--side", self.tandem(*command, "--set", setting, code=2).stderr)
        self.assertIn("-1", self.tandem("twin", file, *sides, "--seed", "-1", code=2).stderr)

    def test_any_metric_chooses_the_best_epoch(self):
        metrics = ("--set", 'metrics=["accuracy", {"type": "f1", "class": 0}, "precision", "recall"]')
        last = self.summary(self.tandem("train", self.moons(), "--epochs", "3", "--json", *metrics, "--set",
                                        "monitor=f1_class_0"))[-1]
        self.assertIn("f1 class 0", json.dumps(last))
        for name in ("accuracy", "f1_class_0", "precision_class_1", "recall_class_1"):
            self.assertTrue(0 < last["test_" + name] <= 1, name)
        self.assertIn("f1_class_0", self.tandem("runs", "show", str(last["run"])).stdout.replace(" ", "_"))

    def test_a_diverging_run_ends_with_a_message(self):
        file = self.moons(optimizer={"type": "sgd", "learning_rate": 0.1, "weight_decay": 100.0})
        result = self.tandem("train", file, "--lr", "1000", "--epochs", "3", code=1)
        self.assertIn("learning rate", result.stderr)

    def test_options_that_a_checkpoint_cannot_store_are_rejected(self):
        file = self.moons()
        for option, value in (("--lr", "2000"), ("--lr", "nan"), ("--batch", "2000000"), ("--seed", "-1"), ("--seed", "1e3"),
                              ("--seed", "99999999999999999999999")):
            with self.subTest(option=option, value=value):
                result = self.tandem("train", file, option, value, code=2)
                self.assertTrue(value in result.stderr or "learning_rate" in result.stderr, result.stderr)
        self.assertIn("No runs yet", self.tandem("runs", "list").stdout)

    def test_a_run_that_needs_too_much_memory_does_not_start(self):
        file = self.moons(batch=1048576)
        with open(file) as source:
            project = json.load(source)
        for layer in (1, 2):
            project["layers"][layer]["properties"]["units"] = 1048576
        with open(file, "w") as target:
            json.dump(project, target)
        for command in ("check", "train"):
            self.assertIn("but this machine has", self.tandem(command, file, code=2).stderr)
        self.assertIn("No runs yet", self.tandem("runs", "list").stdout)

    def test_check_refuses_what_train_refuses(self):
        rows = "a,b,label\n" + "".join(f"{i},{i % 3},{'no' if i % 2 else 'yes'}\n" for i in range(40))
        cases = (("late.csv", rows.replace("\n38,2,", "\n5O,2,"), {}, "late.csv:40"),
                 ("one.csv", "a,b,label\n1,2,yes\n3,4,no\n", {"validation_fraction": 0.9, "test_fraction": 0.9, "stratify": False}, "no samples are left"),
                 ("good.csv", rows, {}, None))
        for name, text, data, expected in cases:
            with self.subTest(name=name):
                self.write(name, text)
                file = self.moons()
                with open(file) as source:
                    project = json.load(source)
                project["data"] = {"kind": "csv", "path": name, **data}
                with open(file, "w") as target:
                    json.dump(project, target)
                messages = [self.tandem(command, file, code=2 if expected else 0).stderr for command in ("check", "train")]
                self.assertEqual(messages[0], messages[1])
                self.assertIn(expected or "", messages[0])

    def test_batch_norm_of_one_sample_is_refused_with_the_reason(self):
        file = self.moons(batch=1)
        with open(file) as source:
            project = json.load(source)
        project["layers"].insert(2, {"type": "batch_norm", "name": "norm", "inputs": ["dense"]})
        project["layers"][3]["inputs"] = ["norm"]
        with open(file, "w") as target:
            json.dump(project, target)
        for command in ("check", "train"):
            stderr = self.tandem(command, file, code=2).stderr
            self.assertIn("norm: batch normalization needs more than one value per channel", stderr)
            self.assertIn("batch size of at least 2", stderr)
        self.assertIn("No runs yet", self.tandem("runs", "list").stdout)
        self.tandem("train", file, "--batch", "2", "--epochs", "1")

    def test_half_precision_trains_and_is_reported(self):
        file = self.moons()
        devices = self.tandem("devices").stdout
        self.assertIn("bf16: emulated: rounded to bf16, computed in fp32", devices)
        self.assertIn("tf32: not on a CPU, use fp32", devices)
        listed = self.tandem("check", file, "--precision", "bf16", "--kernels").stdout
        self.assertRegex(listed, r"matmul +emulated/\w+ +bf16")
        self.assertRegex(listed, r"adam_update .*fp32: updates would be lost")
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
        # The weights are f32, so that any precision can resume from them.
        lines = self.summary(self.tandem("train", file, "--epochs", "21", "--resume", lines[-1]["checkpoint"], "--out",
                                         self.path("fp32"), "--json"))
        self.tandem("train", file, "--epochs", "22", "--resume", lines[-1]["checkpoint"], "--precision", "fp16", "--out",
                    self.path("again"))

    def test_a_file_size_limit_is_an_error_and_keeps_existing_files(self):
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

    def test_unwritable_results_make_the_run_fail(self):
        file = self.moons()
        os.makedirs(self.path("out", "weights.h5"))
        result = self.tandem("train", file, "--epochs", "1", "--out", self.path("out"), "--force", code=1)
        self.assertIn("weights.h5: is a folder", result.stderr)
        self.assertIn("checkpoint.h5", result.stdout)
        self.assertNotIn("Weights (Keras", result.stdout)

    def test_a_closed_pipe_stops_the_run_with_a_checkpoint(self):
        file = self.moons()
        process = subprocess.Popen([TANDEM, "train", file, "--epochs", "1000000", "--json"], stdout=subprocess.PIPE, env=self.env)
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(timeout=60), 0)
        run = json.loads(self.tandem("runs", "list", "--json").stdout)
        self.assertEqual(run["state"], "stopped")
        self.assertTrue(os.path.exists(run["weights"]))

    def test_unwritable_output_is_an_error(self):
        file = self.moons()
        with open("/dev/full", "w") as full:
            result = subprocess.run([TANDEM, "check", file], stdout=full, stderr=subprocess.PIPE, text=True, env=self.env)
        self.assertEqual(result.returncode, 1)
        self.assertIn("the output could not be written", result.stderr)
        result = subprocess.run(["sh", "-c", '"$0" train "$1" --epochs 1 >&-', TANDEM, file], env=self.env)
        self.assertEqual(result.returncode, 0)

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

    def test_binary_cross_entropy_predicts_classes(self):
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

    def test_an_unwritable_folder_is_reported(self):
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
        self.assertRegex(devices, r"cpu .*\n(.*\n)*? +now: Utilization \d+%.*Memory in use \d+ MB")
        doctor = self.tandem("doctor").stdout
        self.assertIn("backend cpu", doctor)
        self.assertRegex(doctor, r"\[ok\]   Utilization of cpu +\d+%")
        # Power is shown, or the reason why not.
        self.assertRegex(doctor, r"Power of cpu +[\d.]+ W|power of cpu +not measured: \w+")


unittest.main(verbosity=2)
