#include "core/ops/class_weights.h"

#include <algorithm>

#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

struct Table {
  float weights[ops::kMaxClassWeights];
};

template <class T>
__global__ void __launch_bounds__(kThreads)
    weightKernel(const T* labels, float* y, std::int64_t count, std::int64_t columns, std::int64_t classes,
                 Table table) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= count) return;
  const T label = labels[i];
  const bool inside = label >= T(0) && label < static_cast<T>(classes);
  y[i] = inside ? table.weights[i % columns * classes + static_cast<std::int64_t>(label)] : 1.0f;
}

template <class T>
Result<std::unique_ptr<Kernel>> kernelFor(std::int64_t count, std::int64_t columns, std::int64_t classes,
                                          const Table& table) {
  return makeKernel([=](cudaStream_t stream, const Operands& o) -> Status {
    if (count == 0) return success();
    return launch("class_weights", weightKernel<T>, blocksFor(count), kThreads, stream, o.input<T>(0),
                  o.output<float>(0), count, columns, classes, table);
  });
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto own, ops::ClassWeightTable::from(request.attrs(), request.in(0)));
  const std::int64_t count = request.in(0).shape.elements();
  Table table{};
  std::transform(own.weights.begin(), own.weights.end(), table.weights,
                 [](double weight) { return static_cast<float>(weight); });
  return request.in(0).dtype == DType::I32 ? kernelFor<std::int32_t>(count, own.columns, own.classes, table)
                                           : kernelFor<float>(count, own.columns, own.classes, table);
}

}  // namespace

extern const KernelList class_weights;
const KernelList class_weights = {{"cuda", make}};

}  // namespace tandem::cuda
