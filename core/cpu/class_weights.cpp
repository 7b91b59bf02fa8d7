#include "core/ops/class_weights.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

template <class T>
KernelResult kernelFor(const KernelRequest& request, const ops::ClassWeightTable& table) {
  const std::int64_t count = request.in(0).shape.elements(), columns = table.columns, classes = table.classes;
  return kernelOf([=, weights = std::vector<float>(table.weights.begin(), table.weights.end()),
                   threads = request.threads](const Operands& o) {
    const T* labels = o.input<T>(0);
    const float* own = weights.data();
    float* y = o.output<float>(0);
    parallelFor(threads, count, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const bool inside = labels[i] >= T(0) && labels[i] < static_cast<T>(classes);
        y[i] = inside ? own[i % columns * classes + static_cast<std::int64_t>(labels[i])] : 1.0f;
      }
    });
  });
}

KernelResult make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto table, ops::ClassWeightTable::from(request.attrs(), request.in(0)));
  return request.in(0).dtype == DType::I32 ? kernelFor<std::int32_t>(request, table)
                                           : kernelFor<float>(request, table);
}

}  // namespace

extern const KernelList class_weights;
const KernelList class_weights = {{"scalar", make}};

}  // namespace tandem::cpu
