// The last entry of every list: the op's double-precision definition on f32, f64, i32 and u8 operands. Slow,
// right, and complete: an op without a fast kernel still runs.
#include <cstring>

#include "core/cpu/prepare.h"

namespace tandem::cpu {
namespace {

// visit(a value of the C++ type that stands for dtype)
template <class Visit>
void withTypeOf(const TensorType& type, Visit visit) {
  switch (type.dtype) {
    case DType::F32:
      return visit(float{});
    case DType::F64:
      return visit(double{});
    case DType::I32:
      return visit(std::int32_t{});
    case DType::U8:
      return visit(std::uint8_t{});
    default:
      TANDEM_CHECK(false, "dtype refused when the kernel was made");
  }
}

void toDoubles(const TensorType& type, const void* from, std::vector<double>& to) {
  withTypeOf(type, [&]<class T>(T) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<double>(static_cast<const T*>(from)[i]);
  });
}

void fromDoubles(const TensorType& type, const std::vector<double>& from, void* to) {
  withTypeOf(type, [&]<class T>(T) {
    for (std::size_t i = 0; i < from.size(); ++i) static_cast<T*>(to)[i] = static_cast<T>(from[i]);
  });
}

class ReferenceKernel : public Kernel {
 public:
  explicit ReferenceKernel(const KernelRequest& request) : op_(*request.call.op), attrs_(request.attrs()) {
    const auto reserve = [](const std::vector<TensorType>& types, std::vector<RefTensor>& tensors) {
      for (const TensorType& type : types) {
        RefTensor tensor{type, {}};
        if (present(type)) tensor.data.resize(static_cast<std::size_t>(type.shape.elements()));
        tensors.push_back(std::move(tensor));
      }
    };
    reserve(request.call.inputs, inputs_);
    reserve(request.call.outputs, outputs_);
  }

  void run(const Operands& operands) override {
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (operands.in[i]) toDoubles(inputs_[i].type, operands.in[i], inputs_[i].data);
    op_.reference(attrs_, inputs_, outputs_);
    for (std::size_t i = 0; i < outputs_.size(); ++i)
      if (operands.out[i]) fromDoubles(outputs_[i].type, outputs_[i].data, operands.out[i]);
  }

 private:
  const OpDef& op_;
  Attrs attrs_;
  std::vector<RefTensor> inputs_, outputs_;
};

}  // namespace

Result<std::unique_ptr<Kernel>> makeReference(const KernelRequest& request) {
  if (!request.call.op->reference) return refuse("the op has no definition to run");
  for (const auto* types : {&request.call.inputs, &request.call.outputs})
    for (const TensorType& type : *types)
      if (type.dtype == DType::F16 || type.dtype == DType::BF16)
        return refuse("no half precision on the CPU");
  return std::unique_ptr<Kernel>(std::make_unique<ReferenceKernel>(request));
}

}  // namespace tandem::cpu
