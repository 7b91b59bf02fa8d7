"""Runs `tandem` in a separate folder. The path of the program is the first argument of every script here."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

TANDEM = os.path.abspath(sys.argv.pop(1))


class Program(unittest.TestCase):
    def setUp(self):
        self.folder, state = tempfile.TemporaryDirectory(), tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.addCleanup(state.cleanup)
        self.env = dict(os.environ, XDG_DATA_HOME=self.folder.name, XDG_STATE_HOME=state.name,
                        TANDEM_RUNS=self.path("runs"))

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    def tandem(self, *arguments, code=0, timeout=120):
        result = subprocess.run([TANDEM, *arguments], capture_output=True, text=True, env=self.env, timeout=timeout)
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
