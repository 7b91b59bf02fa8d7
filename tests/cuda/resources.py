#!/usr/bin/env python3
"""Checks what the compiled kernels of the CUDA backend take of a multiprocessor: no spills, at most 72 registers (three
blocks of 256 threads fit) and 48 KB of static shared memory, for every architecture in the file.
Usage: resources.py FILE.so | --self-test
Without cuobjdump (part of the CUDA toolkit), exits with 77: not run."""
import re
import shutil
import subprocess
import sys

REGISTERS, SHARED = 72, 48 * 1024
SKIPPED = 77
# Kernels known to take more, by a part of their names: registers, bytes of stack. Each is a question for a device.
KNOWN = {
    "13keyGradKernel": (128, 0),  # attention_grad.cu: the sums of two results
    "15queryGradKernel": (80, 8),
    "14poolGradKernelI13__nv_bfloat16Li8ELb0E": (80, 8),  # pool2d_grad.cu: on sm_120
    "14poolGradKernelI6__halfLi8ELb0E": (80, 8),
    "11turnsKernel": (REGISTERS, 40),  # rotary.cu: no spill, but the table of a large angle's sine
    "13formulaKernelILi8E": (REGISTERS, 192),  # formula.cu: no spills, but the slots of the program and the operands
    "13formulaKernelILi24E": (REGISTERS, 256),
    "13formulaKernelILi96E": (REGISTERS, 544),
    "16channelMapKernelILi8E": (72, 8),  # batch_norm_inference.cu: 64 registers, so that four blocks fit
}


def kernels(text):
    """Of cuobjdump's report: architecture, name, registers, bytes of stack, bytes of shared memory."""
    architecture = name = None
    for line in text.splitlines():
        if found := re.match(r"\s*arch = (\S+)", line):
            architecture = found[1]
        elif found := re.match(r"\s*Function (\S+):", line):
            name = found[1]
        elif found := re.match(r"\s*REG:(\d+) STACK:(\d+) SHARED:(\d+)", line):
            yield architecture, name, *map(int, found.groups())


def problems(text):
    found = list(kernels(text))
    if not found:
        yield "cuobjdump reports no kernel"
    for architecture, name, registers, stack, shared in found:
        limits = next((limit for part, limit in KNOWN.items() if part in name), (REGISTERS, 0))
        if registers > limits[0]:
            yield f"{architecture} {name}: {registers} registers, more than {limits[0]}"
        if stack > limits[1]:
            yield f"{architecture} {name}: {stack} bytes of stack, so registers are spilled"
        if shared > SHARED:
            yield f"{architecture} {name}: {shared} bytes of static shared memory, more than {SHARED}"


def self_test():
    report = """Fatbin elf code:
================
arch = sm_90
code version = [1,7]

Resource usage:
 Common:
  GLOBAL:0
 Function _Z4good:
  REG:72 STACK:0 SHARED:49152 LOCAL:0 CONSTANT[0]:596 TEXTURE:0 SURFACE:0 SAMPLER:0
 Function _Z6spills:
  REG:48 STACK:8 SHARED:0 LOCAL:0 CONSTANT[0]:596 TEXTURE:0 SURFACE:0 SAMPLER:0
 Function _Z13keyGradKernelIfE:
  REG:128 STACK:0 SHARED:16896 LOCAL:0 CONSTANT[0]:596 TEXTURE:0 SURFACE:0 SAMPLER:0
arch = sm_120
 Function _Z13formulaKernelILi8EfE:
  REG:39 STACK:192 SHARED:0 LOCAL:0 CONSTANT[0]:596 TEXTURE:0 SURFACE:0 SAMPLER:0
 Function _Z5large:
  REG:73 STACK:0 SHARED:49153 LOCAL:0 CONSTANT[0]:596 TEXTURE:0 SURFACE:0 SAMPLER:0
"""
    found = list(problems(report))
    assert len(found) == 3, found
    assert found[0].startswith("sm_90 _Z6spills: 8 bytes of stack"), found
    assert found[1].startswith("sm_120 _Z5large: 73 registers"), found
    assert found[2].startswith("sm_120 _Z5large: 49153 bytes of static shared"), found
    assert list(problems("")) == ["cuobjdump reports no kernel"]


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    program = shutil.which("cuobjdump") or shutil.which("/usr/local/cuda/bin/cuobjdump")
    if not program:
        print("not run: cuobjdump was not found; it is part of the CUDA toolkit")
        return SKIPPED
    report = subprocess.run([program, "--dump-resource-usage", sys.argv[1]], capture_output=True, text=True)
    if report.returncode != 0:
        print(report.stderr)
        return 1
    found = list(problems(report.stdout))
    print("\n".join(found) or f"{len(list(kernels(report.stdout)))} kernels checked")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
