"""Each template learns from the data that comes with it. Usage: templates_test.py PATH_OF_TANDEM

The bars are what the default settings reach, with some room. Templates that need minutes train for fewer epochs.
"""
import json
import os

from program import Program, unittest

# Template: (epochs, a value of the test set, the least or, of a loss, the most that it may be).
BARS = {
}


class Templates(Program):
    def test_each_template_reaches_what_it_promises(self):
        names = [line for line in self.tandem("templates").stdout.split("\n") if line and not line.startswith(" ")]
        self.assertEqual(sorted(BARS), sorted(names))
        for name, (epochs, value, bar) in BARS.items():
            with self.subTest(name):
                project = self.path("project.tandem")
                self.tandem("new", "--template", name, "--force", "-o", project)
                with open(project, encoding="utf-8") as file:
                    path = json.load(file)["data"]["path"]
                if path.startswith("/") and not os.path.exists(path):
                    self.skipTest(path + " does not exist")
                summary = self.summary(self.tandem("train", project, "--epochs", str(epochs), "--json", "--out",
                                                   self.path("run"), "--force"))
                if value.endswith("loss") or value.endswith("error"):
                    self.assertLess(summary[value], bar)
                else:
                    self.assertGreater(summary[value], bar)


if __name__ == "__main__":
    unittest.main()
