"""Every C++ and CUDA file is as clang-format would write it. Usage: format.py SOURCE_ROOT"""
import subprocess
import sys

root = sys.argv[1]
files = subprocess.run(["git", "-C", root, "ls-files", "*.cpp", "*.h", "*.cu", "*.cuh"], capture_output=True, text=True,
                       check=True).stdout.split()
result = subprocess.run(["clang-format", "--dry-run", "-Werror", *files], cwd=root, capture_output=True, text=True)
print(f"{len(files)} files; run clang-format -i on those named below" if result.returncode else f"{len(files)} files")
print("\n".join(line for line in result.stderr.split("\n") if "error:" in line))
sys.exit(1 if result.returncode or not files else 0)
