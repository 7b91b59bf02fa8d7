// Convolutions with oneDNN's JIT kernels. On AVX-512, with the shapes of the benchmark networks (oneDNN
// 2.6.3), plain NHWC images with weights in oneDNN's own layout are as fast as blocked images or up to 1.4x
// faster, counting the reorders of the latter. So NHWC is tried first, and blocked images where NHWC has no
// JIT kernel (which occurs below AVX-512).
#include "core/cpu/conv2d_onednn.h"

#include <algorithm>
#include <atomic>

#include "core/base/parallel.h"
#include "core/cpu/activate_range.h"
#include "core/cpu/conv2d_eigen.h"
#include "core/cpu/kernel_of.h"
#include "core/cpu/onednn.h"
#include "core/ops/conv2d_dgrad.h"
#include "core/ops/conv2d_wgrad.h"

namespace tandem::cpu {
namespace {

using dnnl::memory;
using ops::Conv2dGeometry, ops::ConvPass, ops::Conv2dIn, ops::Conv2dDgradIn, ops::Conv2dWgradIn;
using Place = OnednnSequence::Place;

constexpr auto kFloat = memory::data_type::f32;

struct Layouts {
  memory::desc x, w, y, bias;
};

// groups == 1: (O, C, KH, KW); otherwise (groups, O / groups, C / groups, KH, KW). Tandem's
// layouts of the same weights are ohwi and gohwi.
memory::dims weightDims(const Conv2dGeometry& g) {
  if (g.groups == 1) return {g.o, g.c, g.rows.kernel, g.columns.kernel};
  return {g.groups, g.o / g.groups, g.c / g.groups, g.rows.kernel, g.columns.kernel};
}

Layouts layouts(const Conv2dGeometry& g, memory::format_tag image, memory::format_tag weights) {
  return {{{g.n, g.c, g.rows.in, g.columns.in}, kFloat, image},
          {weightDims(g), kFloat, weights},
          {{g.n, g.o, g.rows.out, g.columns.out}, kFloat, image},
          {{g.o}, kFloat, memory::format_tag::x}};
}

Layouts plainLayouts(const Conv2dGeometry& g) {
  return layouts(g, memory::format_tag::nhwc,
                 g.groups == 1 ? memory::format_tag::ohwi : memory::format_tag::gohwi);
}

// A primitive offered by oneDNN for one choice of layouts.
struct Offer {
  dnnl::primitive primitive;
  Layouts layouts;
  memory::desc scratchpad;
  std::string implementation;

  // oneDNN's plain C++ loops are thousands of times slower than its JIT kernels; its GEMM-based kernels are
  // up to two times slower.
  int rank() const {
    if (implementation.starts_with("jit") || implementation.starts_with("br")) return 2;
    return implementation.find("gemm") != std::string::npos ? 1 : 0;
  }
};

Offer offer(const Conv2dGeometry& g, ConvPass pass, const Layouts& requested) {
  const memory::dims stride{g.rows.stride, g.columns.stride};
  const memory::dims dilation{g.rows.dilation - 1, g.columns.dilation - 1};
  // oneDNN derives the output size from the padding, so it must be what the last window actually uses.
  const auto used = [](const ops::WindowAxis& a) {
    return (a.out - 1) * a.stride + a.extent() - a.in - a.before;
  };
  const memory::dims before{g.rows.before, g.columns.before}, after{used(g.rows), used(g.columns)};
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::primitive_attr forwardAttr = attr;
  if (pass == ConvPass::Forward) {
    dnnl::post_ops epilogue;
    appendActivation(epilogue, g.activation, static_cast<float>(g.alpha));
    forwardAttr.set_post_ops(epilogue);
  }
  onednn::Convolution convolution{requested.x, requested.w, requested.y, std::nullopt,
                                  stride,      dilation,    before,      after};
  if (g.bias) convolution.bias = requested.bias;
  const auto forward = onednn::plan(convolution, onednnEngine(), forwardAttr);
  switch (pass) {
    case ConvPass::Forward:
      return {onednn::ConvolutionForward(forward),
              {forward.src_desc(), forward.weights_desc(), forward.dst_desc(), requested.bias},
              forward.scratchpad_desc(),
              forward.impl_info_str()};
    case ConvPass::Dgrad: {
      const auto d = onednn::plan<onednn::ConvolutionDgrad>(convolution, onednnEngine(), attr, forward);
      return {onednn::ConvolutionDgrad(d),
              {d.diff_src_desc(), d.weights_desc(), d.diff_dst_desc(), {}},
              d.scratchpad_desc(),
              d.impl_info_str()};
    }
    case ConvPass::Wgrad:
      break;
  }
  const auto d = onednn::plan<onednn::ConvolutionWgrad>(convolution, onednnEngine(), attr, forward);
  return {onednn::ConvolutionWgrad(d),
          {d.src_desc(), d.diff_weights_desc(), d.diff_dst_desc(), {}},
          d.scratchpad_desc(),
          d.impl_info_str()};
}

Offer bestOffer(const Conv2dGeometry& g, ConvPass pass) {
  const auto any = memory::format_tag::any;
  Offer plain = offer(g, pass, layouts(g, memory::format_tag::nhwc, any));
  if (plain.rank() == 2) return plain;
  Offer blocked = offer(g, pass, layouts(g, any, any));
  return blocked.rank() > plain.rank() ? blocked : plain;
}

// Applies a function to the result of another kernel.
class ActivateAfterwards : public Kernel {
 public:
  ActivateAfterwards(const Conv2dGeometry& g, int threads, std::unique_ptr<Kernel> convolution)
      : function_(g.activation),
        count_(g.y().elements()),
        threads_(threads),
        convolution_(std::move(convolution)) {}

  std::size_t workspaceBytes() const override { return convolution_->workspaceBytes(); }
  std::size_t packedBytes() const override { return convolution_->packedBytes(); }
  void run(const Operands& operands) override {
    convolution_->run(operands);
    float* y = operands.output<float>(0);
    parallelFor(threads_, count_, kCheapGrain, [this, y](std::int64_t begin, std::int64_t end) {
      activateRange(function_, 0, y + begin, y + begin, end - begin);
    });
  }

 private:
  ActivationKind function_;
  std::int64_t count_;
  int threads_;
  std::unique_ptr<Kernel> convolution_;
};

// oneDNN's fused relu turns NaN into 0, which would hide failed training. If an operand is not finite,
// `careful`, which preserves NaN, runs instead. The check reads x one extra time.
class NanKeepingRelu : public Kernel {
 public:
  NanKeepingRelu(const Conv2dGeometry& g, int threads, std::unique_ptr<Kernel> fast,
                 std::unique_ptr<Kernel> careful)
      : g_(g), threads_(threads), fast_(std::move(fast)), careful_(std::move(careful)) {}

  std::size_t workspaceBytes() const override {
    return std::max(fast_->workspaceBytes(), careful_->workspaceBytes());
  }
  std::size_t packedBytes() const override { return fast_->packedBytes(); }

  void run(const Operands& operands) override {
    const bool good = goodWeights(operands) && finite(operands.input<std::uint32_t>(Conv2dIn::kX), g_.x());
    (good ? fast_ : careful_)->run(operands);
  }

 private:
  // Frozen weights are checked once after each write.
  bool goodWeights(const Operands& operands) {
    if (operands.weightsVersion == 0 || operands.weightsVersion != checkedVersion_)
      goodWeights_ = finite(operands.input<std::uint32_t>(Conv2dIn::kWeights), g_.w()) &&
                     (!g_.bias || finite(operands.input<std::uint32_t>(Conv2dIn::kBias), Shape{g_.o}));
    checkedVersion_ = operands.weightsVersion;
    return goodWeights_;
  }

  // bits: the bit patterns of the floats, ordered by magnitude once the sign is masked out.
  bool finite(const std::uint32_t* bits, const Shape& shape) const {
    std::atomic<bool> good = true;
    parallelFor(threads_, shape.elements(), 65536, [&](std::int64_t begin, std::int64_t end) {
      std::uint32_t most = 0;
      for (std::int64_t i = begin; i < end; ++i) most = std::max(most, bits[i] & 0x7fffffffu);
      if (most >= 0x7f800000u) good = false;
    });
    return good;
  }

  Conv2dGeometry g_;
  int threads_;
  std::unique_ptr<Kernel> fast_, careful_;
  std::uint64_t checkedVersion_ = 0;
  bool goodWeights_ = false;
};

class OnednnConv : public Kernel {
 public:
  OnednnConv(const Conv2dGeometry& g, ConvPass pass, const Offer& chosen, bool frozenWeights) {
    const Layouts user = plainLayouts(g);
    const Layouts& own = chosen.layouts;
    const auto in = [&](int i, const memory::desc& from, const memory::desc& to) {
      return sequence_.reordered(sequence_.operand(Place::Input, i, from), to);
    };
    const memory::desc& userResult = pass == ConvPass::Forward ? user.y
                                     : pass == ConvPass::Dgrad ? user.x
                                                               : user.w;
    const memory::desc& ownResult = pass == ConvPass::Forward ? own.y
                                    : pass == ConvPass::Dgrad ? own.x
                                                              : own.w;
    std::vector<std::pair<int, memory>> arguments;
    switch (pass) {
      case ConvPass::Forward:
        arguments = {{DNNL_ARG_SRC, in(Conv2dIn::kX, user.x, own.x)},
                     {DNNL_ARG_WEIGHTS,
                      frozenWeights ? sequence_.packed(
                                          sequence_.operand(Place::Input, Conv2dIn::kWeights, user.w), own.w)
                                    : in(Conv2dIn::kWeights, user.w, own.w)}};
        if (g.bias)
          arguments.emplace_back(DNNL_ARG_BIAS, sequence_.operand(Place::Input, Conv2dIn::kBias, user.bias));
        break;
      case ConvPass::Dgrad:
        arguments = {{DNNL_ARG_DIFF_DST, in(Conv2dDgradIn::kDy, user.y, own.y)},
                     {DNNL_ARG_WEIGHTS, in(Conv2dDgradIn::kWeights, user.w, own.w)}};
        break;
      case ConvPass::Wgrad:
        arguments = {{DNNL_ARG_SRC, in(Conv2dWgradIn::kX, user.x, own.x)},
                     {DNNL_ARG_DIFF_DST, in(Conv2dWgradIn::kDy, user.y, own.y)}};
        break;
    }
    const memory result = sequence_.operand(Place::Output, 0, userResult);
    const memory internal = ownResult == userResult ? result : sequence_.scratch(ownResult);
    arguments.emplace_back(pass == ConvPass::Forward ? DNNL_ARG_DST
                           : pass == ConvPass::Dgrad ? DNNL_ARG_DIFF_SRC
                                                     : DNNL_ARG_DIFF_WEIGHTS,
                           internal);
    arguments.emplace_back(DNNL_ARG_SCRATCHPAD, sequence_.scratch(chosen.scratchpad));
    sequence_.add(chosen.primitive, arguments);
    if (ownResult != userResult) sequence_.addReorder(internal, result);
  }

  std::size_t workspaceBytes() const override { return sequence_.workspaceBytes(); }
  std::size_t packedBytes() const override { return sequence_.packedBytes(); }
  void run(const Operands& operands) override { sequence_.run(operands); }

 private:
  OnednnSequence sequence_;
};

}  // namespace

Result<std::unique_ptr<Kernel>> makeOnednnConv(const KernelRequest& request, ConvPass pass) {
  if (request.in(0).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const Conv2dGeometry g, Conv2dGeometry::of(pass, request.attrs(), request.call.inputs));
  for (const ops::WindowAxis& axis : {g.rows, g.columns})
    if (axis.before >= axis.extent() || axis.after >= axis.extent())
      return refuse("oneDNN's kernels are not tested for padding larger than the kernel");
  return makeWithOnednn(request.threads, [&]() -> Result<std::unique_ptr<Kernel>> {
    const Offer chosen = bestOffer(g, pass);
    if (chosen.rank() == 0)
      return refuse("oneDNN only has reference loops for this (" + chosen.implementation + ")");
    std::unique_ptr<Kernel> kernel =
        std::make_unique<OnednnConv>(g, pass, chosen, request.call.frozenWeights);
    if (pass == ConvPass::Forward && appliedAfterwards(g.activation))
      return std::unique_ptr<Kernel>(
          std::make_unique<ActivateAfterwards>(g, request.threads, std::move(kernel)));
    if (pass != ConvPass::Forward || g.activation != ActivationKind::Relu) return kernel;
    TANDEM_ASSIGN(auto careful, makeEigenConv(request, pass));
    return std::unique_ptr<Kernel>(
        std::make_unique<NanKeepingRelu>(g, request.threads, std::move(kernel), std::move(careful)));
  });
}

}  // namespace tandem::cpu
