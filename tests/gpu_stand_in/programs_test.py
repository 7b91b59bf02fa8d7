"""`tandem` with the stand-in GPU: training, comparison, and the errors when a GPU is full or fails.
Usage: programs_test.py PATH_OF_TANDEM"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

TANDEM = sys.argv.pop(1)
OUT_OF_MEMORY, ILLEGAL_ADDRESS, OUT_OF_RESOURCES, UNKNOWN = 2, 700, 701, 999


class Programs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.env = dict(os.environ, XDG_DATA_HOME=self.folder.name, XDG_CONFIG_HOME=self.folder.name)

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    def tandem(self, *arguments, code=0, **env):
        result = subprocess.run([TANDEM, *arguments], capture_output=True, text=True, timeout=300,
                                env=dict(self.env, **{f"TANDEM_STAND_IN_{k}": v for k, v in env.items()}))
        self.assertEqual(result.returncode, code, f"{arguments}: {result.stdout}{result.stderr}")
        return result

    def project(self, template="Two moons"):
        file = self.path("p.tandem")
        self.tandem("new", "--template", template, "--force", "-o", file)
        return file

    def train(self, *options, code=0, out="run", **env):
        return self.tandem("train", self.project(), "--device", "cuda:0", "--out", self.path(out), *options, code=code,
                           **env)

    def checkpoint(self, out):
        return self.path(out, "run-1", "checkpoint.h5")

    def losses(self, result):
        lines = [json.loads(line) for line in result.stdout.strip().split("\n")]
        return [line["train"]["loss"] for line in lines if line["event"] == "epoch"]

    def test_the_device_is_described(self):
        text = self.tandem("devices").stdout
        for fact in ("cuda:0", "Compute capability: 9.0", "Power limit: 700 W", "PCI address: 0000:18:00.0", "UUID: GPU-",
                     "tf32", "bf16", "fp16"):
            self.assertIn(fact, text)
        turing = self.tandem("devices", CAPABILITY="75").stdout.split("cuda:0")[1]
        self.assertIn("bf16: not on this GPU, use fp16", turing)
        old = self.tandem("train", self.project(), "--device", "cuda:0", code=2, CAPABILITY="70")
        self.assertIn("7.5 (Turing) or higher", old.stderr)

    def test_another_gpu_is_used_while_the_first_is_held_exclusively(self):
        self.tandem("train", self.project(), "--device", "cuda:1", "--epochs", "1", "--out", self.path("second"),
                    DEVICES="2", QUIRKS="busy_0")
        refused = self.tandem("train", self.project(), "--device", "cuda:0", "--epochs", "1", "--out", self.path("first"),
                              code=2, DEVICES="2", QUIRKS="busy_0")
        self.assertIn("Another program holds the GPU exclusively", refused.stderr)

    def test_every_precision_trains(self):
        for precision in ("fp32", "tf32", "bf16", "fp16"):
            losses = self.losses(self.train("--epochs", "4", "--precision", precision, "--json", out=precision))
            self.assertLess(losses[-1], 0.6 * losses[0], precision)

    def test_repeated_runs_are_bit_equal(self):
        runs = [self.losses(self.train("--epochs", "2", "--json", out=out, PACE=pace))
                for out, pace in (("a", "late"), ("b", "random:5"))]
        self.assertEqual(*runs)

    def test_a_full_device_names_a_batch_size_that_fits(self):
        project = self.project("Fashion-MNIST CNN")
        refused = self.tandem("train", project, "--device", "cuda:0", "--batch", "4096", "--epochs", "1", code=2, MIB="640")
        self.assertRegex(refused.stderr, r"batch size 4096, but .* are free. A batch size of \d+ fits")

    def test_a_side_that_does_not_fit_is_reported_once(self):
        project = self.project("Fashion-MNIST CNN")
        refused = self.tandem("twin", project, "--side", "cpu", "--side", "cuda:0", "--lock-step", "--steps", "1", "--batch",
                              "4096", code=2, MIB="640")
        self.assertIn("tandem: cuda:0: this network needs", refused.stderr)

    def test_a_kernel_that_finds_the_device_full_reads_like_an_allocation(self):
        full = self.train(code=2, FAIL=f"launch:3:{OUT_OF_MEMORY}")
        self.assertRegex(full.stderr, r"cuda:0: the network needs .* at batch size \d+.*, and the driver and its")

    def test_the_forecast_counts_the_driver(self):
        check = ("check", self.project(), "--quick", "--device", "cuda:0")
        self.assertIn(", driver 600 MB)", self.tandem(*check).stdout)
        self.assertIn(", driver 400 MB)", self.tandem(*check, CAPABILITY="86").stdout)
        # Measured when the context is created, and larger than what is assumed.
        self.assertIn(", driver 734 MB)", self.tandem(*check, MIB="2048", CONTEXT_MIB="700").stdout)
        refused = self.tandem(*check, code=2, MIB="512")
        self.assertIn("this network needs", refused.stderr)

    def test_a_workspace_is_bounded_by_the_memory_of_the_device(self):
        project = self.project("Fashion-MNIST CNN")
        check = ("check", project, "--quick", "--device", "cuda:0", "--kernels")
        small = self.tandem(*check, MIB="2048", QUIRKS="large_workspace").stdout
        self.assertIn("not cudnn_graph: cuDNN's plans need more than 134 MB of workspace", small)
        self.assertIn("not cudnn: cuDNN's algorithms need more than 134 MB of workspace", small)
        self.assertNotIn("need more than", self.tandem(*check, MIB="8192", QUIRKS="large_workspace").stdout)

    def test_the_algorithms_of_libraries_are_named(self):
        project = self.project("Fashion-MNIST CNN")
        check = ("check", project, "--quick", "--device", "cuda:0", "--kernels")
        self.assertRegex(self.tandem(*check).stdout, r"conv2d_wgrad +cudnn_graph \(engine 11\)")
        older = self.tandem(*check, QUIRKS="no_graph").stdout
        self.assertIn("not cudnn_graph: cuDNN has no plan for this convolution", older)
        self.assertRegex(older, r"conv2d_wgrad +cudnn \(algorithm 1\)")
        halves = self.tandem(*check, "--precision", "bf16").stdout
        self.assertRegex(halves, r"conv2d_wgrad +cudnn_graph \(engine 67\)")  # f32 gradients of bf16 operands

    def test_a_failed_launch_names_the_layer(self):
        failed = self.train(code=2, FAIL=f"launch:3:{OUT_OF_RESOURCES}")
        self.assertRegex(failed.stderr, r"tandem: (dense|logits|loss)[\w/]* \(\w+\): ")

    def test_a_fault_is_attributed_to_its_layer(self):
        lost = self.train("--find-faults", code=1, FAIL=f"run:6000:{ILLEGAL_ADDRESS}")
        self.assertRegex(lost.stderr, r"(dense|logits|loss|optimizer)[\w/]*( \(\w+\))?: running a kernel: an illegal")

    def test_training_continues_on_the_cpu_after_a_lost_device(self):
        for kind in (ILLEGAL_ADDRESS, UNKNOWN):
            out = f"lost-{kind}"
            lost = self.train("--epochs", "30", out=out, code=1, FAIL=f"run:6000:{kind}")
            self.assertIn("checkpoint is intact", lost.stderr)
            again = self.tandem("train", self.path("p.tandem"), "--device", "cpu", "--epochs", "30", "--out",
                                self.path(out + "-cpu"), "--resume", self.checkpoint(out), "--json")
            losses = self.losses(again)
            self.assertGreater(len(losses), 5)
            self.assertLess(len(losses), 30)

    def test_a_checkpoint_moves_from_the_cpu_to_the_gpu_and_back(self):
        project = self.project()
        self.tandem("train", project, "--device", "cpu", "--epochs", "2", "--out", self.path("cpu"))
        there = self.tandem("train", project, "--device", "cuda:0", "--epochs", "4", "--out", self.path("gpu"), "--resume",
                            self.checkpoint("cpu"))
        self.assertIn("cuda:0", there.stdout + there.stderr)
        back = self.tandem("train", project, "--device", "cpu", "--epochs", "6", "--out", self.path("back"), "--resume",
                           self.checkpoint("gpu"), "--json")
        alone = self.tandem("train", project, "--device", "cpu", "--epochs", "6", "--out", self.path("alone"), "--json")
        for a, b in zip(self.losses(back), self.losses(alone)[-2:]):
            self.assertAlmostEqual(a, b, delta=1e-3 * b)

    def test_a_step_that_cannot_be_captured_is_reported_with_the_reason(self):
        reason = "steps run kernel by kernel, which is slower, because they cannot be captured as a CUDA graph (cuda:0: capturing"
        self.assertIn(reason, self.tandem("doctor", QUIRKS="no_capture").stdout)
        self.assertIn("a small network runs\n", self.tandem("doctor").stdout.split("trial on cuda:0")[1])
        recorded = self.tandem("train", self.project(), "--device", "cuda:0", "--epochs", "1", QUIRKS="no_capture")
        self.assertIn(reason, recorded.stdout + recorded.stderr)
        self.assertIn(reason, self.tandem("runs", "show", "1").stdout)

    def test_the_twin_agrees_step_by_step(self):
        twin = self.tandem("twin", self.project(), "--side", "cpu", "--side", "cuda:0", "--lock-step", "--steps", "20",
                           "--within", "1e-4")
        self.assertIn("cuda:0 agrees with cpu up to rounding", twin.stdout)

    def test_samples_and_classes_are_weighted_as_on_the_cpu(self):
        table = self.path("w.csv")
        with open(table, "w") as target:
            target.write("x,y,w,kind\n" + "".join(
                f"{i % 7 + 0.5},{i % 5 + 0.25},{i % 4},{'ab'[i % 3 == 0]}\n" for i in range(200)))
        project = self.path("w.tandem")
        self.tandem("new", "--data", table, "--sample-weights", "w", "-o", project)
        weights = ("--set", "loss.class_weights=custom", "--set", "loss.weights=3,0.5")
        twin = self.tandem("twin", project, "--side", "cpu", "--side", "cuda:0", "--lock-step", "--steps", "10",
                           "--within", "1e-4", *weights)
        self.assertIn("cuda:0 agrees with cpu up to rounding", twin.stdout)
        losses = [self.losses(self.tandem("train", project, "--device", device, "--epochs", "3", "--json", *weights,
                                          "--out", self.path(device[:3])))
                  for device in ("cpu", "cuda:0")]
        for a, b in zip(*losses):
            self.assertAlmostEqual(a, b, delta=1e-3 * a)


if __name__ == "__main__":
    unittest.main()
