"""Every test has labels for fast or slow and for what it needs. Usage: labels.py BUILD_FOLDER"""
import json
import subprocess
import sys

SPEED, SUBJECT = {"fast", "slow"}, {"gui", "gpu"}

shown = subprocess.run(["ctest", "--test-dir", sys.argv[1], "--show-only=json-v1"], capture_output=True, text=True, check=True)
tests = json.loads(shown.stdout[shown.stdout.index("{"):])["tests"]
problems = []
for test in tests:
    values = [entry["value"] for entry in test["properties"] if entry["name"] == "LABELS"]
    labels = set(values[0]) if values else set()
    if len(labels & SPEED) != 1:
        problems.append(f"{test['name']}: give it one of the labels fast and slow")
    if unknown := labels - SPEED - SUBJECT:
        problems.append(f"{test['name']}: there is no label {', '.join(sorted(unknown))}")
print("\n".join(problems) or f"{len(tests)} tests have their labels")
sys.exit(1 if problems or not tests else 0)
