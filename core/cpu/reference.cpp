// The last entry of every list: the op's double-precision definition, on operands of any type. Slow but
// correct and complete, so an op without a fast kernel still runs.
#include "core/cpu/convert.h"
#include "core/cpu/prepare.h"

namespace tandem::cpu {
namespace {

void toDoubles(const TensorType& type, const void* from, std::vector<double>& to) {
  withTypeOf(type.dtype, [&]<class T>(T) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = convert<T, double>(static_cast<const T*>(from)[i]);
  });
}

void fromDoubles(const TensorType& type, const std::vector<double>& from, void* to) {
  withTypeOf(type.dtype, [&]<class T>(T) {
    for (std::size_t i = 0; i < from.size(); ++i) static_cast<T*>(to)[i] = convert<double, T>(from[i]);
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
  if (!request.call.op->reference) return refuse("the op has no reference implementation");
  return std::unique_ptr<Kernel>(std::make_unique<ReferenceKernel>(request));
}

}  // namespace tandem::cpu
