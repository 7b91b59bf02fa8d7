"""The formatter and the linter of installer/tools_env.sh, which fixes their versions."""
import os
import subprocess
import sys


def tool(root, name):
    script = os.path.join(root, "installer", "tools_env.sh")
    folder = subprocess.run([script, "--print"], capture_output=True, text=True, check=True).stdout.strip()
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        sys.exit(f"There is no {name} in {folder}. Run installer/tools_env.sh")
    return path
