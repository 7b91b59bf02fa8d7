"""Texts on the command line: projects for them, training, prediction for new texts, and texts that are continued."""
import json
import os

from program import Program, unittest


class Texts(Program):
    def reviews(self, count=200):
        """Pairs of adjectives whose order decides."""
        rows = []
        for i in range(count):
            good = i % 2 == 0
            rows.append((f"it was {'not bad' if good else 'not good'} on day {i % 5}", "yes" if good else "no"))
        return rows

    def table(self):
        return self.write("reviews.csv", "review,liked\n" + "".join(f"{text},{label}\n" for text, label in self.reviews()))

    def folder_of_texts(self):
        for i, (text, label) in enumerate(self.reviews(80)):
            os.makedirs(self.path("texts", label), exist_ok=True)
            self.write(os.path.join("texts", label, f"{i}.txt" if i > 0 else "0.TXT"), text + "\n")
        return self.path("texts")

    def train(self, file, epochs):
        last = self.summary(self.tandem("train", file, "--json", "--epochs", str(epochs)))[-1]
        self.model = last["checkpoint"]
        return last

    def answers(self, *arguments):
        lines = self.tandem("infer", self.model, *arguments, "--json").stdout.strip().split("\n")
        return [json.loads(line) for line in lines]

    def test_a_column_of_text(self):
        made = self.tandem("new", "--data", self.table(), "--texts", "review", "--header", "yes",
                           "-o", self.path("r.tandem")).stdout
        self.assertIn('Column "review" is read as words', made)
        self.assertIn("texts of", made)
        checked = self.tandem("check", self.path("r.tandem")).stdout
        self.assertIn('Column "review" is read as words', checked)
        last = self.train(self.path("r.tandem"), 40)
        self.assertGreater(last["test_accuracy"], 0.9)
        self.assertEqual(self.answers("--text", "it was not bad on day 3")[0]["class"], "yes")
        new = self.write("new.csv", "review\nit was not good on day 2\nit was not bad on day 2\n")
        self.assertEqual([each["class"] for each in self.answers(new)], ["no", "yes"])
        refused = self.tandem("infer", self.model, self.write("other.csv", "text,n\na,1\n"), code=2).stderr
        self.assertIn("review", refused)
        self.tandem("evaluate", self.model)

    def test_a_column_of_prose_is_offered_as_text(self):
        table = self.write("prose.csv", "review,liked\n" + "".join(
            f"day {i} of our long trip was a success,{'yes' if i % 2 else 'no'}\n" for i in range(100)))
        refused = self.tandem("new", "--data", table, "--header", "yes", "-o", self.path("p.tandem"), code=2).stderr
        self.assertIn("among the texts", refused)

    def test_a_folder_of_texts(self):
        texts = self.folder_of_texts()
        made = self.tandem("new", "--data", texts, "-o", self.path("t.tandem")).stdout
        self.assertIn("2 classes: no, yes", made)
        self.train(self.path("t.tandem"), 60)
        answers = self.answers(os.path.join(texts, "yes"))
        self.assertEqual(len(answers), 40)
        self.assertEqual({each["class"] for each in answers}, {"yes"})
        evaluated = self.tandem("evaluate", self.model, texts).stdout
        self.assertIn("80", evaluated)
        empty = self.path("empty")
        os.mkdir(empty)
        self.write(os.path.join("texts", "yes", "none.txt"), "")
        left = self.tandem("infer", self.model, os.path.join(texts, "yes"))
        self.assertIn("none.txt: left out, because the file is empty", left.stderr)
        self.assertEqual(len(left.stdout.strip().split("\n")), 40)
        self.assertIn("contains no text files", self.tandem("infer", self.model, empty, code=2).stderr)
        self.assertIn("nothing to predict is given", self.tandem("infer", self.model, code=2).stderr)

    def test_a_text_is_continued(self):
        text = self.write("song.txt", "la li lu, la li lu.\nla lu!\n" * 150)
        made = self.tandem("new", "--data", text, "--text-steps", "16", "--text-stride", "4", "-o", self.path("s.tandem")).stdout
        self.assertIn("The text is read as characters", made)
        self.assertIn('" "', made)
        self.assertIn("\\n", made)  # a line break as a class
        self.train(self.path("s.tandem"), 30)
        start = "la li lu, la li lu.\nla lu!\nla li lu, "
        written = self.tandem("infer", self.model, "--text", start, "--generate", "9", "--temperature", "0").stdout
        self.assertEqual(written, "la li lu.\n")
        self.assertEqual(self.answers("--text", start)[0]["class"], "l")
        drawn = [self.tandem("infer", self.model, "--text", start, "--generate", "20", "--seed", seed).stdout
                 for seed in ("3", "3")]
        self.assertEqual(drawn[0], drawn[1])
        self.assertIn("continues texts of at least 16", self.tandem("infer", self.model, "--text", "la", code=2).stderr)

    def test_bad_texts_are_refused(self):
        texts = self.folder_of_texts()
        with open(os.path.join(texts, "no", "bad.txt"), "wb") as target:
            target.write(b"line 1\ncaf\xe9\n")
        refused = self.tandem("new", "--data", texts, "-o", self.path("b.tandem"), code=2).stderr
        self.assertIn("bad.txt:2", refused)
        self.assertIn("not UTF-8", refused)
        self.tandem("new", "--data", texts, "--encoding", "windows-1252", "-o", self.path("b.tandem"))
        short = self.write("short.txt", "Too short\nfor a window, really.\n")
        self.assertIn("a window and its next token need 65", self.tandem(
            "new", "--data", short, "-o", self.path("x.tandem"), code=2).stderr)
        self.assertIn("the file is empty", self.tandem("new", "--data", self.write("none.txt", ""), "--text-unit", "words",
                                                       "-o", self.path("x.tandem"), code=2).stderr)
        self.assertIn("--vocabulary", self.tandem("check", self.path("b.tandem"), "--vocabulary", "1", code=2).stderr)


if __name__ == "__main__":
    unittest.main()
