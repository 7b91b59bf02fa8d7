// CPU kernels. One file per op in this folder: cpu/NAME.cpp defines `const KernelList NAME` in
// namespace tandem::cpu, fastest first. The backend appends the double-precision reference of the OpDef to
// every list (reference.cpp), so an op without a list still runs.
//
// Kernels compute in f32 and refuse half operands, unless they only move bytes. Half precision is emulated
// around them (through_f32.cpp).
//
// The folder is compiled once per instruction set (x86-64-v2, v3, v4) into separate plugins.
// Code outside the plugin may call it only through Backend.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/runtime/backend.h"

namespace tandem::cpu {

// Operand addresses for one run; nullptr for absent optional operands.
struct Operands {
  void* const* in = nullptr;
  void* const* out = nullptr;
  void* workspace = nullptr;
  void* packed = nullptr;            // of packedBytes(); contents remain between runs
  std::uint64_t weightsVersion = 0;  // changes when frozen weights were written; 0 if there are none

  template <class T>
  const T* input(int i) const {
    return static_cast<const T*>(in[i]);
  }
  template <class T>
  T* output(int i) const {
    return static_cast<T*>(out[i]);
  }
};

// A prepared kernel: all decisions and allocations are made on construction; run() allocates nothing. It runs
// on the calling thread and, through parallelFor (base/parallel.h), on its team.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual std::size_t workspaceBytes() const { return 0; }
  // For frozen weights (OpCall::frozenWeights) in the kernel's own layout, which the first run after each write
  // of the weights fills.
  virtual std::size_t packedBytes() const { return 0; }
  virtual void run(const Operands& operands) = 0;
};

struct KernelRequest {
  const OpCall& call;
  int threads = 1;  // the team size of this session
  const Attrs& attrs() const { return *call.attrs; }
  const TensorType& in(std::size_t i) const { return call.inputs[i]; }
  const TensorType& out(std::size_t i) const { return call.outputs[i]; }
};

struct KernelEntry {
  std::string_view name;  // "onednn", "eigen", "simd", ...
  // The kernel, or an Error whose message gives the reason for the refusal.
  Result<std::unique_ptr<Kernel>> (*make)(const KernelRequest&);
};
using KernelList = std::vector<KernelEntry>;

inline Error refuse(std::string_view reason) {
  return {ErrorCode::Unsupported, reason, {}, {}};
}

}  // namespace tandem::cpu
