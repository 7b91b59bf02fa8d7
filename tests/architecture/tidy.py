"""clang-tidy (.clang-tidy) over every C++ and CUDA file. Usage: tidy.py SOURCE_ROOT BUILD_FOLDER [--fresh] [FILE...]

A clean file's verdict is stored outside the checkout under a hash of what was checked: the linter's version and
options, the .clang-tidy files, the file, the headers that it represents, its definitions and its language options. Each
header of the project is represented by one file, that of the same name or else the first one that includes it: what
includes nearly everything can change without everything being read again, which takes one to ten seconds a file and
finds next to nothing, because the compiler reads all of it anyway. --fresh ignores the stored verdicts.

Files in gpu/ are read as tests/gpu_stand_in compiles them, that is, without nvcc. Left out, and counted in the output:
files that the build folder does not compile, which are those of the GPU backend where CUDA's headers or Boost.Context
are missing; files that the build generates; files that only another compiler can read (tests/fuzz/libfuzzer.cpp).
"""
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys

from tools import tool

ROOT, BUILD = (os.path.abspath(path) for path in sys.argv[1:3])
FRESH = "--fresh" in sys.argv
ONLY = {os.path.relpath(os.path.abspath(path), ROOT) for path in sys.argv[3:] if path != "--fresh"}
TIDY = tool(ROOT, "clang-tidy")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "tandem", "tidy")
# What the compiler is asked for beside the flags of the build; GCC's own headers come last, for omp.h. FMT_CONSTEVAL:
# clang does not take some of fmt's compile-time checks for constants.
EXTRA = ["-Wall", "-Wextra", "-Wshadow", "-Wno-missing-field-initializers", "-Wno-unknown-pragmas",
         "-DFMT_CONSTEVAL=", "-Wno-undefined-internal",  # of what moc defines
         "-Wno-deprecated-declarations"]  # libstdc++ uses its own in stable_sort
KEPT = re.compile(r"-(I|D|std=|march=|fopenmp$)")
PAIRED = ("-I", "-D", "-isystem", "-include", "-x")


def compile_flags(command):
    """Those that change what the linter sees. Precompiled headers are GCC's and are left out."""
    arguments, flags = iter(shlex.split(command)), []
    for argument in arguments:
        if argument in PAIRED:
            value = next(arguments)
            if "cmake_pch" not in value:
                flags += [argument, value]
        elif KEPT.match(argument):
            flags.append(argument)
    return flags


def commands():
    """Path to flags, of the files that git knows. Of several commands (levels of the CPU) the last counts."""
    known = set(subprocess.run(["git", "-C", ROOT, "ls-files", "*.cpp", "*.cu"], capture_output=True, text=True,
                               check=True).stdout.split())
    found = {}
    with open(os.path.join(BUILD, "compile_commands.json")) as file:
        entries = [entry for entry in json.load(file) if "nvcc" not in entry["command"].split()[0]]
    for entry in sorted(entries, key=lambda entry: entry["command"]):
        path = os.path.relpath(entry["file"], ROOT)
        if path in known:
            found[path] = compile_flags(entry["command"])
    return found, sorted(known - set(found))


def headers_of(path, folders, seen):
    """The headers of the project and of the build that a file reads, found by their include lines."""
    with open(path, "rb") as source:
        text = source.read()
    for include in re.findall(rb'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text, re.M):
        for folder in [os.path.dirname(path), *folders]:
            header = os.path.normpath(os.path.join(folder, include.decode()))
            if os.path.isfile(header) and not header.endswith(".moc"):
                if header not in seen:
                    seen.add(header)
                    headers_of(header, folders, seen)
                break
    return seen


def empty_mocs(path):
    """What moc writes is not checked: empty files take its place, and nothing has to be built first."""
    folder = os.path.join(CACHE, "moc")
    with open(os.path.join(ROOT, path), encoding="utf-8") as source:
        for name in re.findall(r'^#include "(\w+\.moc)"', source.read(), re.M):
            os.makedirs(folder, exist_ok=True)
            open(os.path.join(folder, name), "a").close()
    return folder


def config_files(path):
    folders = [""]
    for part in os.path.dirname(path).split("/"):
        folders.append(os.path.join(folders[-1], part))
    return [name for name in (os.path.join(ROOT, folder, ".clang-tidy") for folder in folders) if os.path.exists(name)]


def relative(text):
    return text.replace(BUILD, "BUILD").replace(ROOT, "ROOT")


def represented_headers(files):
    """Path of a file to the headers that are checked with it."""
    readers = {}
    for path, flags in files.items():
        folders = [value for option, value in zip(flags, flags[1:]) if option in ("-I", "-isystem")]
        folders += [flag[2:] for flag in flags if flag.startswith("-I") and len(flag) > 2]
        folders = [folder for folder in folders if folder.startswith(ROOT)]
        seen = {value for option, value in zip(flags, flags[1:]) if option == "-include"}
        for header in [os.path.join(ROOT, path), *seen.copy()]:
            headers_of(header, folders, seen)
        for header in seen:
            readers.setdefault(header, []).append(path)
    own = {path: [] for path in files}
    for header, paths in sorted(readers.items()):
        stem = os.path.splitext(relative(header).removeprefix("ROOT/"))[0]
        own[min(paths, key=lambda path: (os.path.splitext(path)[0] != stem, path))].append(header)
    return own


def key_of(path, flags, headers, base):
    digest = base.copy()
    # The commit's name is in one flag; it changes with every commit and nothing depends on it.
    kept = [flag for flag in flags if flag.startswith(("-D", "-std", "-march", "-f")) and "TANDEM_COMMIT" not in flag]
    digest.update(relative("\0".join(kept)).encode())
    for name in [*config_files(path), os.path.join(ROOT, path), *headers]:
        with open(name, "rb") as source:
            digest.update(relative(name).encode() + b"\0" + source.read())
    return digest.hexdigest()


def check(path, flags, headers, base, gcc_headers):
    mark = os.path.join(CACHE, key_of(path, flags, headers, base))
    if os.path.exists(mark) and not FRESH:
        return path, None, True
    result = subprocess.run([TIDY, "--quiet", os.path.join(ROOT, path), "--", "-iquote", empty_mocs(path), *flags, *EXTRA,
                             "-idirafter", gcc_headers], capture_output=True, text=True)
    findings = sorted({line for line in result.stdout.split("\n") if re.search(r": (warning|error): ", line)})
    if not findings and result.returncode == 0:
        open(mark, "w").close()
        return path, None, False
    return path, "\n".join(findings) or result.stderr, False


def main():
    os.makedirs(CACHE, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], capture_output=True, text=True, check=True).stdout
    with open("/etc/os-release") as release:
        base = hashlib.sha256((version + "\0".join(EXTRA) + release.read()).encode())
    gcc_headers = subprocess.run(["c++", "-print-file-name=include"], capture_output=True, text=True,
                                 check=True).stdout.strip()
    files, left_out = commands()
    chosen = sorted(path for path in files if not ONLY or path in ONLY)
    headers = represented_headers(files)
    bad = stored = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, findings, was_stored in pool.map(
                lambda path: check(path, files[path], headers[path], base, gcc_headers), chosen):
            stored += was_stored
            if findings:
                bad += 1
                print(findings, flush=True)
    if left_out and not ONLY:
        print("not compiled here and left out: " + " ".join(left_out))
    print(f"{len(chosen)} files, {stored} of them by their stored verdict, {bad} with findings")
    sys.exit(1 if bad or not chosen else 0)


main()
