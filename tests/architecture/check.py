"""Checks the rules of ARCHITECTURE.md and CONTRIBUTING.md. Usage: check.py SOURCE_ROOT"""
import os
import re
import subprocess
import sys

# Floors of core/, lowest first; a folder sees itself and the floors below.
FLOORS = [["base"], ["text", "page"], ["json", "tensor"], ["hdf5"], ["ops", "data"], ["settings"],
          ["layers", "objectives", "optimizers", "schedules", "augment", "runtime"], ["metrics"], ["network", "cpu"],
          ["compile", "io"], ["train"], ["runs"], ["twin"], ["report"]]
LEVEL = {folder: level for level, floor in enumerate(FLOORS) for folder in floor}
GPU_SEES = {"core/runtime", "core/ops", "core/tensor", "core/text", "core/base", "gpu"}
CODE = (".cpp", ".h", ".cu", ".cuh")
LONGEST = 500  # lines of a file of code or of a script
# Texts describe the program, not how, where or by whom it was made.
MAKING = re.compile(r"\b(lent|borrowed) (machine|to us)|\bhouse plan\b|\bbeside the (repository|checkout)\b"
                    r"|\blanguage model\b|\bAI[- ](assistant|generated)\b", re.I)

problems = []
types = {}  # where each type is defined, by its full name


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
    for number, line in enumerate(lines, 1):
        if re.search(r"\b(TODO|FIXME|XXX)\b", line) and not path.startswith("tests/architecture"):
            problems.append(f"{path}:{number}: work left in a comment; put it into ARCHITECTURE.md, known gaps")
        if re.search(r"\boptional<\s*bool\s*>", line):
            problems.append(f"{path}:{number}: an optional<bool> that holds false tests as true; use an enum")
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
        if include.startswith("CLI/") and path.startswith(("app/", "core/", "ui/")) and path != "app/cli/arguments.cpp":
            problems.append(f"{path}:{number}: CLI11 outside app/cli/arguments.cpp, which costs seconds to compile")


def check_types(root, path):
    """Two types of one name are undefined behavior in a program that has both, and no compiler or linker reports it."""
    with open(os.path.join(root, path), encoding="utf-8") as source:
        lines = source.read().split("\n")
    spaces = []
    for number, line in enumerate(lines, 1):
        if found := re.match(r"(?:inline )?namespace(?: ([\w:]+))? \{", line):
            spaces.append(found.group(1) or "")
        elif re.match(r"\}  // namespace", line) and spaces:
            spaces.pop()
        found = re.match(r"(?:struct|class|union|enum(?: class)?) (\w+)(?: final)?(?: :| \{|$)", line)
        if found and spaces and "" not in spaces:
            name = "::".join([*spaces, found.group(1)])
            first = types.setdefault(name, f"{path}:{number}")
            if first != f"{path}:{number}":
                problems.append(f"{path}:{number}: {name} is also defined at {first}")


def check_text(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as source:
        lines = source.read().split("\n")
    if path.endswith((*CODE, ".py", ".sh", ".cmake", ".txt")) and len(lines) > LONGEST + 1:
        problems.append(f"{path}: {len(lines) - 1} lines, at most {LONGEST} are allowed; split it")
    for number, line in enumerate(lines, 1):
        if MAKING.search(line):
            problems.append(f"{path}:{number}: describes the making of the project")


def main():
    root = sys.argv[1]
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    files = [path for path in listed.split("\0") if path]
    for path in files:
        if path.endswith(CODE):
            check_file(root, path)
            if not path.startswith("tests/"):  # whose programs are many
                check_types(root, path)
        if not path.startswith(("tests/fuzz/corpus/", "tests/cases/")) and path != "tests/architecture/check.py":
            check_text(root, path)
    ops = {os.path.basename(p)[:-4] for p in files if re.match(r"core/ops/[^/]+\.cpp$", p)}
    for folder in ("core/cpu", "gpu"):
        for path in files:
            # A file that defines a kernel list must be named after an op.
            if re.match(folder + r"/[^/]+\.(cpp|cu)$", path):
                with open(os.path.join(root, path), encoding="utf-8") as source:
                    named = re.findall(r"^(?:extern )?const KernelList (\w+)", source.read(), re.M)
                stem = os.path.basename(path).rsplit(".", 1)[0]
                for name in named:
                    if name != stem or name not in ops:
                        problems.append(f"{path}: kernel list {name} must stand in a file of its op's name")
    sources = [p for p in files if p.endswith(CODE)]
    print(f"{len(sources)} source files checked")
    if not sources:
        problems.append("no source files found")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
