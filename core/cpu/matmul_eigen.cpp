// Eigen's product on one thread, for processors and sizes that oneDNN refuses.
#include <Eigen/Core>

#include "core/cpu/activate_range.h"
#include "core/cpu/matmul_kernels.h"
#include "core/ops/matmul.h"

namespace tandem::cpu {
namespace {

using In = ops::MatmulIn;

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Map = Eigen::Map<const Matrix>;

class EigenMatmul : public Kernel {
 public:
  explicit EigenMatmul(const ops::MatmulGeometry& g) : g_(g) {}

  void run(const Operands& operands) override {
    const Map a(operands.input<float>(In::kA), g_.transposeA ? g_.k : g_.m, g_.transposeA ? g_.m : g_.k);
    const Map b(operands.input<float>(In::kB), g_.transposeB ? g_.n : g_.k, g_.transposeB ? g_.k : g_.n);
    Eigen::Map<Matrix> y(operands.output<float>(0), g_.m, g_.n);
    if (g_.transposeA && g_.transposeB)
      y.noalias() = a.transpose() * b.transpose();
    else if (g_.transposeA)
      y.noalias() = a.transpose() * b;
    else if (g_.transposeB)
      y.noalias() = a * b.transpose();
    else
      y.noalias() = a * b;
    if (g_.bias) y.rowwise() += Eigen::Map<const Eigen::RowVectorXf>(operands.input<float>(In::kBias), g_.n);
    if (g_.activation != ActivationKind::None)
      activateRange(g_.activation, static_cast<float>(g_.alpha), y.data(), y.data(), y.size());
  }

 private:
  ops::MatmulGeometry g_;
};

}  // namespace

KernelResult makeEigenMatmul(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto geometry, ops::MatmulGeometry::from(request.attrs(), request.call.inputs));
  return std::unique_ptr<Kernel>(std::make_unique<EigenMatmul>(geometry));
}

}  // namespace tandem::cpu
