"""Makes the libraries of NVIDIA that PyTorch's wheel is linked to, each function of which returns an error.

Usage: torch_stand_ins.py VIRTUAL_ENVIRONMENT
PyTorch only computes on the CPU with them. Names and versions of symbols are read from the wheel's own files.
"""
import collections
import glob
import os
import re
import subprocess
import sys
import tempfile

NVIDIA = re.compile(r"lib(cu|nccl|nv)\w*\.so")
NO_DEVICE = 100  # cudaErrorNoDevice, and an error to the other libraries too


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read(files):
    """Libraries that are missing, the symbol versions each must have, and what is undefined: {(name, version)}."""
    needed, versions, undefined, defined = set(), collections.defaultdict(set), set(), set()
    for file in files:
        needed.update(re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-dW", file)))
        library = None
        for line in output("readelf", "-VW", file).splitlines():
            if found := re.search(r"Version: \d+  File: (\S+)", line):
                library = found[1]
            elif library and (found := re.search(r"  Name: (\S+)  Flags", line)):
                versions[library].add(found[1])
        for line in output("nm", "-D", file).splitlines():
            kind, name = line.split()[-2:]
            name, _, version = name.partition("@")
            if kind == "U":
                undefined.add((name, version))
            else:
                defined.add(name)
    missing = {name for name in needed if NVIDIA.match(name)} - {os.path.basename(file) for file in files}
    return sorted(missing), versions, {each for each in undefined if each[0] not in defined}


def make(folder, library, functions, versions):
    """functions: {(name, version)}, where a version may be empty."""
    with tempfile.TemporaryDirectory() as work:
        source, script = os.path.join(work, "library.c"), os.path.join(work, "library.map")
        with open(source, "w") as out:
            out.writelines(f"long {name}(void) {{ return {NO_DEVICE}; }}\n" for name in sorted({name for name, _ in functions}))
        with open(script, "w") as out:
            for version in sorted(versions):
                names = [name for name, of in sorted(functions) if of == version]
                out.write(f"{version} {{" + (" global: " + "; ".join(names) + ";" if names else "") + " };\n")
        command = ["gcc", "-shared", "-fPIC", "-w", "-O1", source, "-o", os.path.join(folder, library), "-Wl,-soname," + library]
        subprocess.run(command + (["-Wl,--version-script," + script] if versions else []), check=True)


def main():
    (package,) = glob.glob(os.path.join(sys.argv[1], "lib/python3*/site-packages/torch"))
    folder = os.path.join(package, "lib")
    missing, versions, undefined = read(glob.glob(os.path.join(folder, "*.so*")))
    for library in missing:
        mine = {(name, version) for name, version in undefined if version in versions[library]}
        if library == missing[0]:  # functions without a version are looked for in all libraries: one has them
            mine |= {(name, "") for name, version in undefined if not version and re.match(r"(__)?(cu|nccl|nv)", name)}
        make(folder, library, mine, versions[library])
    print(f"{len(missing)} libraries of NVIDIA stood in for")


main()
