"""Checks the house rules of ARCHITECTURE.md. Usage: check.py SOURCE_ROOT"""
import os
import re
import subprocess
import sys

# Floors of core/, lowest first; a folder sees itself and the floors below.
FLOORS = [["base"], ["tensor"], ["ops", "data"], ["layers", "runtime"], ["network", "cpu"], ["compile", "io"], ["train"],
          ["runs"], ["twin"]]
LEVEL = {folder: level for level, floor in enumerate(FLOORS) for folder in floor}
GPU_SEES = {"core/runtime", "core/ops", "core/tensor", "core/base", "gpu"}
LONGEST = 1000  # lines; more is a defect
TOP_LEVEL = {"CMakeLists.txt", "app", "core", "gpu", "ui", "resources", "datasets", "tests", "installer", "README.md",
             "CMakePresets.json", "ARCHITECTURE.md", "LICENSE", "cmake"}

problems = []


def allowed(path, include):
    parts, target = path.split("/"), include.split("/")
    if parts[0] == "tests":
        return True
    if parts[0] == "core":
        if target[0] != "core":
            return False
        mine, theirs = parts[1], target[1]
        return mine == theirs or LEVEL[theirs] < LEVEL[mine]
    if parts[0] == "gpu":
        return "/".join(target[:2]) in GPU_SEES or target[0] == "gpu"
    if parts[0] == "ui":
        return target[0] in ("ui", "core")
    if parts[:2] == ["app", "cli"]:
        return target[0] == "core" or target[:2] == ["app", "cli"]
    if parts[:2] == ["app", "lab"]:
        return target[0] in ("ui", "core") or target[:2] == ["app", "lab"]
    return False


def check_file(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as source:
        lines = source.read().split("\n")
    if len(lines) > LONGEST:
        problems.append(f"{path}: {len(lines)} lines; split it")
    for number, line in enumerate(lines, 1):
        if re.search(r"\b(TODO|FIXME|XXX)\b", line) and not path.startswith("tests/architecture"):
            problems.append(f"{path}:{number}: work left in a comment; put it into ARCHITECTURE.md, known gaps")
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not found:
            continue
        include = found.group(2)
        top = include.split("/")[0]
        if top in ("core", "gpu", "ui", "app", "tests") and not allowed(path, include):
            problems.append(f"{path}:{number}: may not see {include}")
        if re.match(r"Q[A-Z]|q[a-z]+\.h$", include) and not path.startswith(("ui/", "app/lab/", "tests/gui/", "tests/bench/")):
            problems.append(f"{path}:{number}: Qt outside ui/ and app/lab")
        if re.match(r"(cuda|cudnn|cublas|nccl|nvml)", include) and not path.startswith(("gpu/", "tests/gpu_stand_in/")):
            problems.append(f"{path}:{number}: CUDA outside gpu/")
        if path.endswith(".h") and include.startswith("Eigen/"):
            problems.append(f"{path}:{number}: Eigen in a header")


def main():
    root = sys.argv[1]
    files = subprocess.run(["git", "-C", root, "ls-files"], capture_output=True, text=True, check=True).stdout.split()
    for path in files:
        top = path.split("/")[0]
        if top not in TOP_LEVEL and not top.startswith("."):
            problems.append(f"{path}: not in the plan of the top level")
        if path.endswith((".cpp", ".h", ".cu", ".cuh")):
            check_file(root, path)
    ops = {os.path.basename(p)[:-4] for p in files if re.match(r"core/ops/[^/]+\.cpp$", p)}
    for room in ("core/cpu", "gpu"):
        for path in files:
            # A file that defines a kernel list must be named after an op.
            if re.match(room + r"/[^/]+\.(cpp|cu)$", path):
                with open(os.path.join(root, path), encoding="utf-8") as source:
                    named = re.findall(r"^(?:extern )?const KernelList (\w+)", source.read(), re.M)
                stem = os.path.basename(path).rsplit(".", 1)[0]
                for name in named:
                    if name != stem or name not in ops:
                        problems.append(f"{path}: kernel list {name} must stand in a file of its op's name")
    sources = [p for p in files if p.endswith((".cpp", ".h", ".cu", ".cuh"))]
    print(f"{len(sources)} source files checked")
    if not sources:
        problems.append("no source files found")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
