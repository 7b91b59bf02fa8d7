// Creates kernels from lambdas, for ops whose kernel is one loop.
#pragma once

#include <utility>

#include "core/cpu/kernel.h"

namespace tandem::cpu {

using KernelResult = Result<std::unique_ptr<Kernel>>;

// run(const Operands&) is called once per execution, with a workspace of workspaceBytes.
template <class Run>
KernelResult kernelOf(Run run, std::size_t workspaceBytes = 0) {
  class Simple : public Kernel {
   public:
    Simple(Run body, std::size_t bytes) : body_(std::move(body)), bytes_(bytes) {}
    std::size_t workspaceBytes() const override { return bytes_; }
    void run(const Operands& operands) override { body_(operands); }

   private:
    Run body_;
    std::size_t bytes_;
  };
  return std::unique_ptr<Kernel>(std::make_unique<Simple>(std::move(run), workspaceBytes));
}

// Kernels here compute in f32; the i32 class labels are only read.
inline Status requireF32(const KernelRequest& request) {
  for (const TensorType& type : request.call.inputs)
    if (present(type) && type.dtype != DType::F32 && type.dtype != DType::I32)
      return refuse("supports f32 only");
  if (request.in(0).dtype != DType::F32) return refuse("supports f32 only");
  return success();
}

// The number of elements below which a second thread costs more than it saves: for memory-bound loops, and
// for loops with at least one exponential per element.
inline constexpr std::int64_t kCheapGrain = 16384;
inline constexpr std::int64_t kCostlyGrain = 4096;

}  // namespace tandem::cpu
