#!/usr/bin/env python3
"""Checks every manifest of a folder: its fields, the hashes of its files (those of a dataset that is not bundled
only if it is installed), and that bundled samples equal the output of their script.

    check.py DATASETS_FOLDER
"""
import gzip
import hashlib
import json
import pathlib
import subprocess
import sys

FIELDS = {"name": str, "about": str, "source": str, "licence": str, "bundled": bool, "spec": dict, "shape": list,
          "train": int, "test": int, "classes": list, "files": list}


def contents(folder, name):
    plain, packed = folder / name, folder / (name + ".gz")
    return plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())


def problems_of(path):
    manifest = json.loads(path.read_text())
    for field, kind in FIELDS.items():
        if not isinstance(manifest.get(field), kind):
            yield f"{field} is missing or not a {kind.__name__}"
            return
    folder = path.parent if manifest["bundled"] else pathlib.Path(manifest["folder"])
    if not folder.is_dir():
        print(f"{path.name}: {folder} is not installed; its files are not checked")
        return
    for file in manifest["files"]:
        data = contents(folder, file["name"])
        if len(data) != file["bytes"]:
            yield f"{file['name']} has {len(data)} bytes, not {file['bytes']}"
        if hashlib.sha256(data).hexdigest() != file["sha256"]:
            yield f"{file['name']} has a different sha256"
        if manifest["bundled"]:
            script = path.parent.parent / manifest["source"]
            if subprocess.run([sys.executable, script], capture_output=True, check=True).stdout != data:
                yield f"{file['name']} differs from the output of {manifest['source']}"


def main():
    manifests = sorted(pathlib.Path(sys.argv[1]).glob("*.json"))
    found = [f"{path.name}: {problem}" for path in manifests for problem in problems_of(path)]
    print("\n".join(found) or f"{len(manifests)} manifests are correct")
    return 1 if found or not manifests else 0


sys.exit(main())
