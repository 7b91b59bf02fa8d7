"""The log of `tandem`: where it is, what is in it, and that nothing depends on it. Usage: log_test.py PATH_OF_TANDEM"""
import os
import unittest

from program import Program


class Log(Program):
    def setUp(self):
        super().setUp()
        self.env.pop("TANDEM_LOG", None)
        self.env["XDG_STATE_HOME"] = self.path("state")

    def output(self, *arguments, code=0, **env):
        self.env.update(env)
        result = self.tandem(*arguments, code=code)
        return result.stdout + result.stderr

    def log(self):
        with open(self.path("state", "tandem", "tandem.log")) as file:
            return file.read()

    def test_doctor_names_the_file(self):
        self.assertIn(self.path("state", "tandem", "tandem.log"), self.output("doctor"))
        self.assertRegex(self.log(), r"tandem\[\d+\] info: backend cpu loaded from .*libtandem_cpu_")
        self.output("devices")
        self.assertRegex(self.log(), r"info: device cpu: ")

    def test_an_error_on_the_terminal_is_in_the_file(self):
        shown = self.output("check", self.path("missing.tandem"), code=2)
        self.assertIn("missing.tandem", shown)
        self.assertRegex(self.log(), r"info: tandem [\d.]+ started on .*, kernel .*: check .*missing\.tandem\n"
                                     r".* error: .* \[NotFound; where: .*missing\.tandem")
        self.output("train", "--no-such-option", code=2)
        self.assertIn("warning: bad usage: ", self.log())

    def test_a_run_is_logged_by_its_number_from_start_to_end(self):
        project = self.path("moons.tandem")
        self.output("new", "--template", "Two moons", "-o", project)
        self.output("train", project, "--epochs", "1")
        self.assertRegex(self.log(), r"run 1 started: .*, \d+ layers, batch \d+, on cpu")
        self.assertRegex(self.log(), r"info: cpu oneDNN: \d")  # the environment, once for each program
        self.assertRegex(self.log(), r"run 1 finished: \d+ steps, 1 epochs")

    def test_the_level_is_chosen_by_the_environment(self):
        self.output("check", self.path("missing.tandem"), code=2, TANDEM_LOG="error")
        self.assertNotIn(" info: ", self.log())
        self.assertIn(" error: ", self.log())
        self.assertIn("TANDEM_LOG=off", self.output("doctor", TANDEM_LOG="off"))

    def test_a_place_that_cannot_be_written_stops_nothing(self):
        with open(self.path("file"), "w") as file:
            file.write("in the way")
        doctor = self.output("doctor", XDG_STATE_HOME=self.path("file"))
        self.assertRegex(doctor, r"\[--\] log +.*cannot create the folder")
        self.assertIn("Two moons", self.output("templates", XDG_STATE_HOME=self.path("file")))


unittest.main(verbosity=2)
