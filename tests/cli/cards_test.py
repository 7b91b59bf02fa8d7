"""Forecasts for GPUs that are not in this machine, and setting one up. Usage: cards_test.py PATH_OF_TANDEM"""
import json
import os
import re
import unittest

from program import Program


class Cards(Program):
    def setUp(self):
        super().setUp()
        self.env["XDG_CONFIG_HOME"] = self.path("config")

    def own(self, text):
        os.makedirs(self.path("config", "tandem"), exist_ok=True)
        return self.write(os.path.join("config", "tandem", "cards.json"), text)

    def cards(self, *arguments):
        lines = self.tandem("check", self.moons(), "--json", *arguments).stdout.strip().split("\n")
        return [json.loads(line) for line in lines]

    def test_a_card_is_forecast_in_each_of_its_precisions(self):
        shown = self.tandem("check", self.moons(), "--card", "rtx 4090").stdout
        self.assertIn("Times are ranges from the card's data sheet, not measurements.", shown)
        for precision in ("fp32", "tf32", "bf16", "fp16"):
            self.assertRegex(shown, rf"GeForce RTX 4090 +{precision} +[\d.]+ to [\d.]+ +\S+.* to \S+.* launch +\d+ MB of 23\.7 GB")
        lines = self.cards("--card", "rtx 4090")
        self.assertEqual([line["precision"] for line in lines], ["fp32", "tf32", "bf16", "fp16"])
        for line in lines:
            fast, slow = line["step_seconds"]
            self.assertTrue(0 < fast < slow < 1e-2, line)
            self.assertAlmostEqual(line["samples_per_second"][1] * fast / line["batch"], 1)
            self.assertAlmostEqual(line["samples_per_second"][0] * slow / line["batch"], 1)
            self.assertTrue(line["fits"])
            # The driver takes most of what a tiny network needs.
            self.assertTrue(400e6 < line["memory_bytes"] < 500e6, line)

    def test_all_cards_are_forecast_and_several_named_ones(self):
        lines = self.cards("--cards")
        names = {line["card"] for line in lines}
        self.assertGreaterEqual(len(names), 15)
        self.assertEqual([line["precision"] for line in lines if line["card"] == "T4"], ["fp32", "fp16"])
        self.assertNotIn("problem", {key for line in lines for key in line})
        both = self.cards("--card", "H200", "--card", "t4")
        self.assertEqual([line["card"] for line in both], ["H200 SXM"] * 4 + ["T4"] * 2)

    def test_the_device_of_the_project_need_not_exist(self):
        self.assertIn("GeForce RTX 3060", self.tandem("check", self.moons(), "--device", "cuda:7", "--cards").stdout)

    def test_an_unknown_card_gets_the_nearest_names(self):
        refused = self.tandem("check", self.moons(), "--card", "RTX 4091", code=2).stderr
        self.assertIn("RTX 4091: there is no such card in the list. The nearest names are: ", refused)
        self.assertIn("GeForce RTX 4090", refused)
        self.assertIn("Choose one of: H100 PCIe and H100 SXM", self.tandem("check", self.moons(), "--card", "H100", code=2).stderr)
        self.assertIn("--json: prints cards only", self.tandem("check", self.moons(), "--json", code=2).stderr)

    def test_the_users_list_replaces_the_built_in_one(self):
        file = self.own('{"cards": [{"name": "Mine", "capability": 8.9, "memory_gb": 8, "bandwidth_gb_s": 100, "fp32_tflops": 1},'
                        ' {"name": "Old", "capability": 6.1, "memory_gb": 11, "bandwidth_gb_s": 484, "fp32_tflops": 11}]}')
        shown = self.tandem("check", self.moons(), "--cards").stdout
        self.assertIn(f"from {file}", shown)
        self.assertRegex(shown, r"Mine +fp32 +[\d.]+ to")
        self.assertRegex(shown, r"Mine +bf16 +the list of cards does not state its rate in this precision")
        self.assertRegex(shown, r"Old +cannot be used: CUDA 13 needs compute capability 7.5")
        self.assertNotIn("RTX", shown)
        self.assertIn("Mine\n", self.tandem("__complete", "check", "--card", "M").stdout)

    def test_a_damaged_list_is_refused_with_its_place(self):
        file = self.own('{\n "cards": [\n  {"name": "Mine",,}\n ]\n}')
        refused = self.tandem("check", self.moons(), "--cards", code=2).stderr
        self.assertIn(file, refused)
        self.assertIn("line 3", refused)
        self.own('{"cards": [{"name": "Mine", "capability": 8.9, "memory_gb": "8"}]}')
        self.assertIn("cards[0].memory_gb: must be a number", self.tandem("check", self.moons(), "--cards", code=2).stderr)
        self.tandem("check", self.moons())  # needs no list


    def test_the_doctor_shows_how_to_set_up_a_gpu(self):
        page = self.tandem("doctor", "--setup").stdout
        self.assertTrue(page.startswith("Setting up a GPU on "), page)
        steps = re.findall(r"^\[(?:ok|--|\?\?)\] (.*?)  ", page, re.M)
        self.assertEqual(steps, ["NVIDIA GPU", "Driver", "GPU backend of Tandem", "cuBLASLt", "cuDNN", "Trial"])
        self.assertNotIn("Fashion-MNIST", page)
        if not re.search(r"^cuda:", self.tandem("devices").stdout, re.M):
            self.assertIn("tandem doctor --setup", self.tandem("doctor").stdout)


unittest.main(verbosity=2)
