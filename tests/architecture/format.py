"""Every C++ and CUDA file is as clang-format would write it. Usage: format.py [--fix] SOURCE_ROOT [FILE...]

With --fix, the files are rewritten instead. Without FILE: all files that git knows.
"""
import subprocess
import sys

from tools import tool

fix = "--fix" in sys.argv
root, *files = [argument for argument in sys.argv[1:] if argument != "--fix"]
files = files or subprocess.run(["git", "-C", root, "ls-files", "*.cpp", "*.h", "*.cu", "*.cuh"], capture_output=True,
                                text=True, check=True).stdout.split()
options = ["-i"] if fix else ["--dry-run", "-Werror"]
result = subprocess.run([tool(root, "clang-format"), *options, *files], cwd=root, capture_output=True, text=True)
print("\n".join(line for line in result.stderr.split("\n") if "error:" in line))
print(f"{len(files)} files" + ("; run tests/architecture/format.py --fix ." if result.returncode else ""))
sys.exit(1 if result.returncode or not files else 0)
