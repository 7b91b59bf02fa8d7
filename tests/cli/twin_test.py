"""Twin runs and calibration from the command line. Usage: twin_test.py PATH_OF_TANDEM"""
import json
import unittest

from program import Program


class Twin(Program):
    def test_a_lock_step_twin_agrees_up_to_rounding_and_writes_report_and_record(self):
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
        # Output, record and report have the same numbers.
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
        self.assertIn("the same network", self.tandem("twin", file, "--lock-step", "--side", "cpu", "--side",
                                                 "cpu,network=" + wide, code=2).stderr)
        self.assertIn("nowhere.tandem", self.tandem("twin", file, "--side", "cpu", "--side", "cpu,network=nowhere.tandem",
                                                    code=2).stderr)

    def test_a_twin_can_require_losses_within_a_tolerance(self):
        file = self.moons()
        sides = ["--side", "cpu:1", "--side", "cpu:1,bf16", "--lock-step", "--steps", "30"]
        self.assertIn("differ by at most", self.tandem("twin", file, *sides, "--within", "0.1").stdout)
        self.assertIn("allowed: 1.0e-07", self.tandem("twin", file, *sides, "--within", "1e-7", code=1).stderr)

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
        self.assertIn("is not a side option", self.tandem("twin", file, "--side", "cpu", "--side", "cpu,x", code=2).stderr)
        self.assertIn("2 to 8 sides", self.tandem("twin", file, "--side", "cpu", code=2).stderr)
        two = ["--side", "cpu:1", "--side", "cpu:2"]
        for wrong in (["--tariff", "nan"], ["--target", "nan"], ["--target", "inf"], ["--currency", "x" * 21],
                      ["--every", "3"], ["--from", "nope"], ["--lock-step", "--price", "cpu:1=2"],
                      ["--lock-step", "--epochs", "2"]):
            stderr = self.tandem("twin", file, *two, *wrong, code=2).stderr
            self.assertIn(wrong[-2] if len(wrong) > 1 else wrong[0], stderr)
        self.assertIn("put it last", self.tandem("twin", file, "--side", "cpu", "--side", "cpu,network=no.tandem,batch=8",
                                                code=2).stderr)
        self.assertIn("reports are .html files", self.tandem("runs", "report", "1", "-o", "all.pdf", "--runs", self.path("out"),
                                                code=2).stderr)

    def test_a_calibration_gives_forecasts_and_a_crossover_prints_a_table(self):
        file = self.moons()
        self.assertIn("Time forecast: none yet", self.tandem("check", file).stdout)
        line = json.loads(self.tandem("calibrate", "--seconds", "0.3", "--json").stdout)
        self.assertGreater(line["peak_flops"], 0)
        self.assertIn("ms per step", self.tandem("check", file).stdout)
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

    def test_a_kernel_to_avoid_must_exist(self):
        file = self.moons()
        for command in ("twin", "crossover"):
            result = self.tandem(command, file, "--side", "cpu:1", "--side", "cpu:1,avoid=onedn", code=2)
            self.assertIn("cpu has no kernel named 'onedn'", result.stderr)
            self.assertIn("Kernels to avoid: ", result.stderr)


unittest.main(verbosity=2)
