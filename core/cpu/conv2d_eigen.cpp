#include "core/cpu/conv2d_eigen.h"

#include <Eigen/Core>
#include <algorithm>

#include "core/base/parallel.h"
#include "core/ops/conv2d_dgrad.h"
#include "core/ops/conv2d_wgrad.h"

namespace tandem::cpu {
namespace {

using ops::Conv2dGeometry, ops::ConvPass, ops::Conv2dIn, ops::Conv2dDgradIn, ops::Conv2dWgradIn;
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ConstMap = Eigen::Map<const Matrix>;
using Strided = Eigen::Map<Matrix, 0, Eigen::OuterStride<>>;
using ConstStrided = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;

constexpr std::int64_t kTileFloats = 1 << 16;  // 256 KiB of unrolled windows fit in the L2 cache

// Each thread processes whole images. For an image and group it unrolls the windows of a tile of output rows,
// (positions, KH * KW * C / groups), so that each pass is one matrix product per tile. Data gradients are the
// reverse: the product comes first, then its rows are added into the image.
class EigenConv : public Kernel {
 public:
  EigenConv(const Conv2dGeometry& g, ConvPass pass, int threads)
      : g_(g),
        pass_(pass),
        parts_(static_cast<int>(std::clamp<std::int64_t>(g.n, 1, threads))),
        window_(g.rows.kernel * g.columns.kernel * (g.c / g.groups)),
        tileRows_(std::clamp<std::int64_t>(kTileFloats / (window_ * g.columns.out), 1, g.rows.out)) {}

  std::size_t workspaceBytes() const override {
    return static_cast<std::size_t>(parts_) * static_cast<std::size_t>(tile() + sums()) * sizeof(float);
  }

  void run(const Operands& operands) override {
    auto* workspace = static_cast<float*>(operands.workspace);
    parallelFor(parts_, parts_, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t part = begin; part < end; ++part) {
        float* buffer = workspace + part * (tile() + sums());
        std::fill_n(buffer + tile(), sums(), 0.0f);
        for (std::int64_t n = g_.n * part / parts_; n < g_.n * (part + 1) / parts_; ++n)
          image(operands, n, buffer);
      }
    });
    if (pass_ != ConvPass::Wgrad) return;
    Eigen::Map<Eigen::ArrayXf> dw(operands.output<float>(0), sums());
    dw.setZero();
    for (int part = 0; part < parts_; ++part)
      dw += Eigen::Map<const Eigen::ArrayXf>(workspace + part * (tile() + sums()) + tile(), sums());
  }

 private:
  std::int64_t tile() const { return tileRows_ * g_.columns.out * window_; }
  std::int64_t sums() const { return pass_ == ConvPass::Wgrad ? g_.w().elements() : 0; }  // per-thread dw

  void image(const Operands& operands, std::int64_t n, float* buffer) const {
    const std::int64_t xSize = g_.rows.in * g_.columns.in * g_.c, ySize = g_.rows.out * g_.columns.out * g_.o;
    const std::int64_t og = g_.o / g_.groups, cg = g_.c / g_.groups;
    if (pass_ == ConvPass::Dgrad) std::fill_n(operands.output<float>(0) + n * xSize, xSize, 0.0f);
    for (std::int64_t group = 0; group < g_.groups; ++group) {
      const std::int64_t wOffset = group * og * window_;
      for (std::int64_t row = 0; row < g_.rows.out; row += tileRows_) {
        const std::int64_t rows = std::min(tileRows_, g_.rows.out - row), positions = rows * g_.columns.out;
        const std::int64_t yOffset = n * ySize + row * g_.columns.out * g_.o + group * og;
        Eigen::Map<Matrix> windows(buffer, positions, window_);
        switch (pass_) {
          case ConvPass::Forward: {
            unroll(operands.input<float>(Conv2dIn::kX) + n * xSize + group * cg, row, rows, buffer);
            const ConstMap w(operands.input<float>(Conv2dIn::kWeights) + wOffset, og, window_);
            Strided y(operands.output<float>(0) + yOffset, positions, og, Eigen::OuterStride<>(g_.o));
            y.noalias() = windows * w.transpose();
            if (g_.bias)
              y.rowwise() += Eigen::Map<const Eigen::RowVectorXf>(
                  operands.input<float>(Conv2dIn::kBias) + group * og, og);
            if (g_.activation != ActivationKind::None)
              y = y.unaryExpr(
                  [this](float v) { return activate(g_.activation, static_cast<float>(g_.alpha), v); });
            break;
          }
          case ConvPass::Dgrad: {
            const ConstMap w(operands.input<float>(Conv2dDgradIn::kWeights) + wOffset, og, window_);
            const ConstStrided dy(operands.input<float>(Conv2dDgradIn::kDy) + yOffset, positions, og,
                                  Eigen::OuterStride<>(g_.o));
            windows.noalias() = dy * w;
            addBack(buffer, row, rows, operands.output<float>(0) + n * xSize + group * cg);
            break;
          }
          case ConvPass::Wgrad: {
            unroll(operands.input<float>(Conv2dWgradIn::kX) + n * xSize + group * cg, row, rows, buffer);
            const ConstStrided dy(operands.input<float>(Conv2dWgradIn::kDy) + yOffset, positions, og,
                                  Eigen::OuterStride<>(g_.o));
            Eigen::Map<Matrix> dw(buffer + tile() + wOffset, og, window_);
            dw.noalias() += dy.transpose() * windows;
            break;
          }
        }
      }
    }
  }

  // Calls f(windowOffset, imageOffset) for each kernel position of the tile; imageOffset < 0: in the padding.
  template <class F>
  void forEachTap(std::int64_t row, std::int64_t rows, const F& f) const {
    const std::int64_t cg = g_.c / g_.groups;
    std::int64_t at = 0;
    for (std::int64_t oy = row; oy < row + rows; ++oy)
      for (std::int64_t ox = 0; ox < g_.columns.out; ++ox)
        for (std::int64_t ky = 0; ky < g_.rows.kernel; ++ky)
          for (std::int64_t kx = 0; kx < g_.columns.kernel; ++kx, at += cg) {
            const std::int64_t iy = g_.rows.position(oy, ky), ix = g_.columns.position(ox, kx);
            const bool inside = iy >= 0 && iy < g_.rows.in && ix >= 0 && ix < g_.columns.in;
            f(at, inside ? (iy * g_.columns.in + ix) * g_.c : -1);
          }
  }

  void unroll(const float* image, std::int64_t row, std::int64_t rows, float* windows) const {
    const std::int64_t cg = g_.c / g_.groups;
    forEachTap(row, rows, [&](std::int64_t to, std::int64_t from) {
      if (from < 0)
        std::fill_n(windows + to, cg, 0.0f);
      else
        std::copy_n(image + from, cg, windows + to);
    });
  }

  void addBack(const float* windows, std::int64_t row, std::int64_t rows, float* image) const {
    const std::int64_t cg = g_.c / g_.groups;
    forEachTap(row, rows, [&](std::int64_t from, std::int64_t to) {
      if (to < 0) return;
      for (std::int64_t i = 0; i < cg; ++i) image[to + i] += windows[from + i];
    });
  }

  Conv2dGeometry g_;
  ConvPass pass_;
  int parts_;
  std::int64_t window_;    // values of one window in one group
  std::int64_t tileRows_;  // output rows of a tile
};

}  // namespace

Result<std::unique_ptr<Kernel>> makeEigenConv(const KernelRequest& request, ConvPass pass) {
  if (request.in(0).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const Conv2dGeometry g, Conv2dGeometry::of(pass, request.attrs(), request.call.inputs));
  return std::unique_ptr<Kernel>(std::make_unique<EigenConv>(g, pass, request.threads));
}

}  // namespace tandem::cpu
