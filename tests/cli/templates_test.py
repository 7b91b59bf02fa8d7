"""Every template keeps the promise of its notes: "After 10 epochs (about 6 s on one core), the test accuracy is at least 95%."

The statement is made in resources/templates/reaches.py; here, it is read as users see it, so that the two cannot differ.
Durations are not checked: they depend on the machine. With --all, also those that take longer than half a minute.
"""
import json
import re
import subprocess
import sys

ALL = "--all" in sys.argv and not sys.argv.remove("--all")

from program import TANDEM, Program, unittest

PROMISE = re.compile(r"After (\d+) epochs? \(about ([\d.]+)\ss on one core\), the (test [\w ]+) is at (least|most) ([\d.]+)(%?)\.$")


class Templates(Program):
    def names(self):
        shown = self.tandem("templates").stdout.split("\n")
        return [line for line in shown if line and not line.startswith(" ")]

    def check(self, name, file):
        self.tandem("new", "--template", name, "--force", "-o", file)
        with open(file) as source:
            notes = json.load(source)["notes"]
        promise = PROMISE.search(notes)
        self.assertTrue(promise, f"the notes do not end with what the network reaches: {notes}")
        epochs, seconds, metric, side, bar, percent = promise.groups()
        if float(seconds) > 30 and not ALL:
            print(f"{name}: not trained without --all", flush=True)
            return
        options = ["--epochs", epochs, "--threads", "1", "--json"]
        missing = subprocess.run([TANDEM, "check", file], capture_output=True, text=True, env=self.env, timeout=120).stderr
        if "the dataset is not installed" in missing:
            self.skipTest(missing.strip())  # with the Debian package to install
        summary = self.summary(self.tandem("train", file, *options, timeout=600))[-1]
        values = {key.replace("_", " ").lower(): value for key, value in summary.items()}
        self.assertIn(metric.lower(), values)
        value, limit = values[metric.lower()], float(bar) / (100 if percent else 1)
        print(f"{name}: {promise.group()[:-1]}; it is {value:.4f} after {summary['seconds']:.1f} s", flush=True)
        if side == "least":
            self.assertGreaterEqual(value, limit)
        else:
            self.assertLessEqual(value, limit)

    def test_each_one_reaches_what_its_notes_state(self):
        names = self.names()
        self.assertGreater(len(names), 20)
        for name in names:
            with self.subTest(name):
                self.check(name, self.path("template.tandem"))


unittest.main(verbosity=2)
