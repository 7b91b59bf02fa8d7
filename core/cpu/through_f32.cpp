// Half precision on the CPU is an emulation: operands are converted to f32, the op's own f32 kernel runs on
// them, and results are rounded to half. Thus every op runs in bf16 and fp16 with the values that a device
// accumulating in f32 would store, but slower than in f32. It shows what half precision does to a network.
#include <algorithm>

#include "core/cpu/convert.h"
#include "core/cpu/prepare.h"

namespace tandem::cpu {
namespace {

class ThroughF32 : public Kernel {
 public:
  ThroughF32(std::unique_ptr<Kernel> inner, const OpCall& call, int threads)
      : inner_(std::move(inner)), threads_(threads), bytes_(roundUp(inner_->workspaceBytes())) {
    const auto book = [this](const std::vector<TensorType>& types, std::vector<Conversion>& list) {
      for (std::size_t i = 0; i < types.size(); ++i) {
        if (!present(types[i]) || !isHalf(types[i].dtype)) continue;
        list.push_back({i, types[i].dtype, types[i].shape.elements(), bytes_});
        bytes_ += roundUp(static_cast<std::size_t>(types[i].shape.elements()) * sizeof(float));
      }
    };
    book(call.inputs, inputs_);
    book(call.outputs, outputs_);
    in_.resize(call.inputs.size());
    out_.resize(call.outputs.size());
  }

  std::size_t workspaceBytes() const override { return bytes_; }

  void run(const Operands& operands) override {
    auto* workspace = static_cast<std::byte*>(operands.workspace);
    std::copy_n(operands.in, in_.size(), in_.begin());
    std::copy_n(operands.out, out_.size(), out_.begin());
    for (const Conversion& c : inputs_) {
      if (!in_[c.operand]) continue;
      auto* to = reinterpret_cast<float*>(workspace + c.offset);
      if (c.dtype == DType::BF16)
        convertRange(threads_, c.count, static_cast<const BFloat16*>(in_[c.operand]), to);
      else
        convertRange(threads_, c.count, static_cast<const Float16*>(in_[c.operand]), to);
      in_[c.operand] = to;
    }
    for (const Conversion& c : outputs_)
      if (out_[c.operand]) out_[c.operand] = workspace + c.offset;
    inner_->run({in_.data(), out_.data(), workspace});
    for (const Conversion& c : outputs_) {
      void* to = operands.out[c.operand];
      if (!to) continue;
      const auto* from = reinterpret_cast<const float*>(workspace + c.offset);
      if (c.dtype == DType::BF16)
        convertRange(threads_, c.count, from, static_cast<BFloat16*>(to));
      else
        convertRange(threads_, c.count, from, static_cast<Float16*>(to));
    }
  }

 private:
  struct Conversion {
    std::size_t operand = 0;
    DType dtype = DType::F32;
    std::int64_t count = 0;
    std::size_t offset = 0;  // of its f32 copy in the workspace
  };

  static std::size_t roundUp(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

  std::unique_ptr<Kernel> inner_;
  int threads_;
  std::size_t bytes_;  // the kernel's own workspace comes first
  std::vector<Conversion> inputs_, outputs_;
  std::vector<void*> in_, out_;  // addresses of one run
};

}  // namespace

bool hasHalf(const OpCall& call) {
  const auto half = [](const TensorType& type) { return present(type) && isHalf(type.dtype); };
  return std::ranges::any_of(call.inputs, half) || std::ranges::any_of(call.outputs, half);
}

Result<std::unique_ptr<Kernel>> makeThroughF32(const KernelEntry& entry, const KernelRequest& request) {
  for (const InPlace& pair : request.call.op->inPlace)
    if (isHalf(request.in(static_cast<std::size_t>(pair.input)).dtype))
      return refuse("in-place results cannot be emulated");
  OpCall f32 = request.call;
  for (auto* types : {&f32.inputs, &f32.outputs})
    for (TensorType& type : *types)
      if (isHalf(type.dtype)) type.dtype = DType::F32;
  f32.frozenWeights = false;  // they are converted into the workspace in each run
  TANDEM_ASSIGN(auto inner, entry.make({f32, request.threads}));
  return std::unique_ptr<Kernel>(
      std::make_unique<ThroughF32>(std::move(inner), request.call, request.threads));
}

}  // namespace tandem::cpu
