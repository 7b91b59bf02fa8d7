"""Time series and sequences on the command line: windows of a table, their split, forecasts, refusals."""
import json
import math

from program import Program, unittest


class Series(Program):
    def series(self, rows=200):
        return self.write("load.csv", "time,load\n" + "".join(
            f"2024-01-{1 + i // 24:02d} {i % 24:02d}:00,{50.25 + 10 * math.sin(i / 4):.6f}\n" for i in range(rows)))

    def test_a_forecast_from_a_table(self):
        table, project = self.series(), self.path("load.tandem")
        self.tandem("new", "--data", table, "--window", "8", "--ahead", "2", "--series-order", "time", "-o", project)
        shown = self.tandem("check", project).stdout
        self.assertIn("Each sample is a window of 8 rows; the targets are in rows 1 to 2 after its end (191 windows)", shown)
        self.assertIn("The split is by time", shown)
        self.assertIn('Column "time" is the order of the rows', shown)
        last = self.summary(self.tandem("train", project, "--json", "--epochs", "30"))[-1]
        self.assertLess(last["test_loss"], 0.9)  # of the standardized targets
        result = self.tandem("infer", last["checkpoint"], table, "--json")
        lines = [json.loads(line) for line in result.stdout.strip().split("\n")]
        self.assertEqual(len(lines), 200 - 7)
        self.assertTrue(lines[-1]["input"].endswith("load.csv:201"), lines[-1])  # what follows the table
        self.assertEqual(lines[-1]["targets"], ["load +1", "load +2"])
        self.assertEqual(len(lines[-1]["values"]), 2)
        for value in lines[-1]["values"]:
            self.assertTrue(20 < value < 80, value)  # in the unit of the target
        self.assertIn("is for what follows the table", result.stderr)
        self.assertIn("load +2", self.tandem("evaluate", last["checkpoint"], table).stdout)
        self.tandem("evaluate", last["checkpoint"], "--json")
        short = self.tandem("infer", last["checkpoint"], self.write("short.csv", "time,load\n2024-01-01,50.5\n"), code=2).stderr
        self.assertIn("the table has 1 row, but the window of the network needs 8 rows", short)
        none = self.tandem("infer", last["checkpoint"], self.write("none.csv", "time\n2024-01-01\n"), code=2).stderr
        self.assertIn('"load"', none)

    def test_series_of_several_sensors(self):
        table = self.write("sensors.csv", "sensor,value\n" + "".join(
            f"{name},{0.5 + i % 5}\n" for name in ("north", "south") for i in range(100)))
        project = self.path("sensors.tandem")
        self.tandem("new", "--data", table, "--window", "5", "--series-group", "sensor", "--horizon", "2", "-o", project)
        with open(project) as file:
            self.assertEqual(json.load(file)["data"]["series"]["group"], "sensor")
        last = self.summary(self.tandem("train", project, "--json", "--epochs", "1"))[-1]
        ask = self.write("ask.csv", "sensor,value\n" + "".join(f"east,{i}.5\n" for i in range(6)))
        text = self.tandem("infer", last["checkpoint"], ask).stdout
        self.assertIn("ask.csv:7 (east):", text)
        missing = self.tandem("infer", last["checkpoint"], self.write("m.csv", "value\n1\n2\n3\n4\n5\n"), code=2).stderr
        self.assertIn('there is no column "sensor", which names the series of each row', missing)

    def test_whole_sequences_of_different_length(self):
        rows = [(s, t * (1 if s % 2 else -1) + 0.25, "up" if s % 2 else "down") for s in range(60) for t in range(2 + s % 4)]
        table = self.write("moves.csv", "id,x,kind\n" + "".join(f"m{s},{x},{kind}\n" for s, x, kind in rows))
        project = self.path("moves.tandem")
        self.tandem("new", "--data", table, "--whole-series", "--series-group", "id", "-o", project)
        shown = self.tandem("check", project).stdout
        self.assertIn("Each sample is a sequence of up to 5 rows", shown)
        last = self.summary(self.tandem("train", project, "--json", "--epochs", "20"))[-1]
        ask = self.write("ask.csv", "id,x\nrise,0.25\nrise,1.25\nrise,2.25\nfall,0.25\nfall,-0.75\n")
        answers = [json.loads(line) for line in self.tandem("infer", last["checkpoint"], ask, "--json").stdout.strip().split("\n")]
        self.assertEqual([(each["group"], each["class"]) for each in answers], [("rise", "up"), ("fall", "down")])
        self.assertEqual(json.loads(self.tandem("evaluate", last["checkpoint"], "--json").stdout)["samples"], 12)

    def test_each_row_of_a_sequence_has_a_class(self):
        rows = [(s, (1 if (s + t) % 3 else -1) * (t + 0.25)) for s in range(60) for t in range(2 + s % 4)]
        table = self.write("moves.csv", "id,x,kind\n" + "".join(f"m{s},{x},{'up' if x > 0 else 'down'}\n" for s, x in rows))
        project = self.path("moves.tandem")
        self.tandem("new", "--data", table, "--whole-series", "--series-group", "id", "--target-of-each-row", "-o", project)
        with open(project) as file:
            self.assertTrue(json.load(file)["data"]["series"]["each_step"])
        shown = self.tandem("check", project).stdout
        self.assertIn("Each sample is a sequence of up to 5 rows, each with a target", shown)
        last = self.summary(self.tandem("train", project, "--json", "--epochs", "150"))[-1]
        ask = self.write("ask.csv", "id,x\na,1.25\na,-2.25\na,3.25\nb,-1.25\n")
        answers = [json.loads(line) for line in self.tandem("infer", last["checkpoint"], ask, "--json").stdout.strip().split("\n")]
        classes = [each["classes"] for each in answers]
        self.assertEqual([len(each) for each in classes], [3, 1], "only the rows of the table")
        self.assertEqual(classes[0][0], classes[0][2])
        self.assertNotEqual(classes[0][0], classes[0][1])
        self.assertEqual(classes[0][1], classes[1][0])
        self.assertEqual(json.loads(self.tandem("evaluate", last["checkpoint"], "--json").stdout)["samples"], 12)

    def test_each_row_answers_several_questions(self):
        rows = [(s, (1 if (s + t) % 3 else -1) * (t + 0.25)) for s in range(40) for t in range(2 + s % 3)]
        answer = {True: "yes", False: "no"}
        table = self.write("questions.csv", "id,x,up,big\n" + "".join(
            f"m{s},{x},{answer[x > 0]},{answer[abs(x) > 1]}\n" for s, x in rows))
        project = self.path("questions.tandem")
        self.tandem("new", "--data", table, "--whole-series", "--series-group", "id", "--target-of-each-row", "--target", "up,big",
                    "-o", project)
        with open(project) as file:
            content = json.load(file)
        content["layers"].pop()
        content["layers"][-1]["name"] = "answers"
        content["training"]["heads"] = [{"loss": {"type": "binary_cross_entropy"}}]
        with open(project, "w") as file:
            json.dump(content, file)
        last = self.summary(self.tandem("train", project, "--json", "--epochs", "2"))[-1]
        ask = self.write("ask.csv", "id,x\na,1.25\na,-2.25\na,0.25\nb,-1.25\n")
        answers = [json.loads(line)["probabilities"]
                   for line in self.tandem("infer", last["checkpoint"], ask, "--json").stdout.strip().split("\n")]
        for each, steps in zip(answers, [3, 1], strict=True):
            self.assertEqual(set(each), {"up", "big"})
            for target in each.values():
                self.assertEqual([len(target["yes"]), len(target["no"])], [steps, steps])
                self.assertAlmostEqual(target["yes"][0] + target["no"][0], 1, places=5)
        scores = json.loads(self.tandem("evaluate", last["checkpoint"], "--json").stdout)
        self.assertEqual((scores["samples"], set(scores["targets"])), (8, {"up", "big"}))
        self.assertRegex(self.tandem("infer", last["checkpoint"], ask).stdout, r"up yes [\d.]+% of the steps  big yes")

    def test_what_does_not_fit_is_refused(self):
        table, project = self.series(20), self.path("p.tandem")

        def refused(*options):
            return self.tandem("new", "--data", table, *options, "-o", project, code=2).stderr

        self.assertIn("the table has 20 rows, but a window of 20 rows and its targets need 21", refused("--window", "20"))
        self.assertIn("the rows do not form series", refused("--series-order", "time"))
        self.assertIn("the rows do not form series", refused("--horizon", "3"))
        self.assertIn('there is no column "id"', refused("--window", "2", "--series-group", "id"))
        self.assertIn("whole sequences need a group column", refused("--whole-series"))
        self.assertIn("windows have no target for each of their rows", refused("--window", "2", "--target-of-each-row"))
        self.assertIn("the rows do not form series", refused("--target-of-each-row"))
        self.assertIn("--stride", refused("--window", "2", "--stride", "0"))
        unsorted = self.write("unsorted.csv", "time,load\n2,1.5\n1,2.5\n3,3.5\n")
        self.assertIn("unsorted.csv:3", self.tandem("new", "--data", unsorted, "--window", "1", "--series-order", "time",
                                                    "-o", project, code=2).stderr)


unittest.main(verbosity=2)
