"""clang-tidy (.clang-tidy in the root) over core/ and the command line. Usage: tidy.py SOURCE_ROOT BUILD_FOLDER

A clean file is remembered by the hash of what it and its headers hold, outside the checkout, so that only changed files
are read again. A cold run takes about five minutes of processor time for 131 files; what clang-tidy spends most on was
left out of .clang-tidy and app/cli/.clang-tidy.
"""
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys

ROOT, BUILD = sys.argv[1:3]
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "tandem", "tidy")
# Kernels are left out: Eigen and oneDNN take clang-tidy minutes a file, and their findings are about those libraries.
COVERED = re.compile(r"^(core/(base|tensor|ops|data|layers|network|runtime|compile|io|train|runs|twin)/|app/cli/).*\.cpp$")


def headers_of(path, seen):
    """The project's own headers that a file reads, found by their include lines."""
    with open(os.path.join(ROOT, path), "rb") as source:
        text = source.read()
    for include in re.findall(rb'#include "((?:core|app)/[^"]+)"', text):
        name = include.decode()
        if name not in seen and os.path.exists(os.path.join(ROOT, name)):
            seen.add(name)
            headers_of(name, seen)
    return seen


def key_of(path):
    digest = hashlib.sha256()
    own = os.path.join(os.path.dirname(path), ".clang-tidy")
    configs = [".clang-tidy", *([own] if os.path.exists(os.path.join(ROOT, own)) else [])]
    for name in [*configs, path, *sorted(headers_of(path, set()))]:
        with open(os.path.join(ROOT, name), "rb") as source:
            digest.update(name.encode() + b"\0" + source.read())
    return digest.hexdigest()


def check(path):
    mark = os.path.join(CACHE, key_of(path))
    if os.path.exists(mark):
        return path, None
    result = subprocess.run(["clang-tidy", "--quiet", "--extra-arg=-Wno-unknown-warning-option", "-p", BUILD,
                             os.path.join(ROOT, path)], capture_output=True, text=True)
    findings = [line for line in result.stdout.split("\n") if "warning:" in line or "error:" in line]
    if not findings and result.returncode == 0:
        open(mark, "w").close()
        return path, None
    return path, "\n".join(findings) or result.stderr


def main():
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(BUILD, "compile_commands.json")) as commands:
        known = {os.path.relpath(entry["file"], ROOT) for entry in json.load(commands)}
    files = sorted(path for path in known if COVERED.match(path))
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, findings in pool.map(check, files):
            if findings:
                bad += 1
                print(findings, flush=True)
    print(f"{len(files)} files, {bad} with findings")
    sys.exit(1 if bad or not files else 0)


main()
