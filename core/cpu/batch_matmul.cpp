#include "core/ops/batch_matmul.h"

#include <Eigen/Core>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Map = Eigen::Map<const Matrix>;

void multiply(const ops::BatchMatmulGeometry& g, const float* left, const float* right, float* result) {
  const Map a(left, g.transposeA ? g.k : g.m, g.transposeA ? g.m : g.k);
  const Map b(right, g.transposeB ? g.n : g.k, g.transposeB ? g.k : g.n);
  Eigen::Map<Matrix> y(result, g.m, g.n);
  if (g.transposeA && g.transposeB)
    y.noalias() = a.transpose() * b.transpose();
  else if (g.transposeA)
    y.noalias() = a.transpose() * b;
  else if (g.transposeB)
    y.noalias() = a * b.transpose();
  else
    y.noalias() = a * b;
}

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto g, ops::BatchMatmulGeometry::from(request.attrs(), request.call.inputs));
  return kernelOf([g, threads = request.threads](const Operands& o) {
    const float *a = o.input<float>(0), *b = o.input<float>(1);
    float* y = o.output<float>(0);
    const std::int64_t grain = 1 + kCheapGrain / (g.m * g.n * g.k);
    parallelFor(threads, g.batch, grain, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t s = begin; s < end; ++s)
        multiply(g, a + s * g.m * g.k, b + s * g.k * g.n, y + s * g.m * g.n);
    });
  });
}

}  // namespace

extern const KernelList batch_matmul;
const KernelList batch_matmul = {{"eigen", make}};

}  // namespace tandem::cpu
