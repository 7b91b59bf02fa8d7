// The difference between oneDNN 2 (Debian 12) and oneDNN 3 (Debian 13): version 2 describes an operation first and then
// plans it, version 3 does both at once. Only this file depends on the version.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <optional>

namespace tandem::cpu::onednn {

using dnnl::memory;

// The description shared by a convolution's passes; layouts of the forward operands or their gradients.
struct Convolution {
  memory::desc x, w, y;
  std::optional<memory::desc> bias;  // of the forward pass only
  memory::dims stride, dilation, before, after;
};

inline constexpr auto kConvolutionAlgorithm = dnnl::algorithm::convolution_direct;
inline constexpr auto kConvolutionUse = dnnl::prop_kind::forward_training;
using ConvolutionForward = dnnl::convolution_forward;
using ConvolutionDgrad = dnnl::convolution_backward_data;
using ConvolutionWgrad = dnnl::convolution_backward_weights;

#if DNNL_VERSION_MAJOR >= 3

inline void appendEltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha) {
  ops.append_eltwise(algorithm, alpha, 0);
}

inline ConvolutionForward::primitive_desc plan(const Convolution& c, const dnnl::engine& engine,
                                               const dnnl::primitive_attr& attr) {
  using Plan = ConvolutionForward::primitive_desc;
  return c.bias ? Plan(engine, kConvolutionUse, kConvolutionAlgorithm, c.x, c.w, *c.bias, c.y, c.stride,
                       c.dilation, c.before, c.after, attr)
                : Plan(engine, kConvolutionUse, kConvolutionAlgorithm, c.x, c.w, c.y, c.stride, c.dilation,
                       c.before, c.after, attr);
}

// Backward: ConvolutionDgrad or ConvolutionWgrad.
template <class Backward>
typename Backward::primitive_desc plan(const Convolution& c, const dnnl::engine& engine,
                                       const dnnl::primitive_attr& attr,
                                       const ConvolutionForward::primitive_desc& forward) {
  return {engine, kConvolutionAlgorithm, c.x, c.w, c.y, c.stride, c.dilation, c.before, c.after, forward,
          attr};
}

inline dnnl::matmul::primitive_desc planMatmul(const memory::desc& a, const memory::desc& b,
                                               const std::optional<memory::desc>& bias, const memory::desc& y,
                                               const dnnl::engine& engine, const dnnl::primitive_attr& attr) {
  using Plan = dnnl::matmul::primitive_desc;
  return bias ? Plan(engine, a, b, *bias, y, attr) : Plan(engine, a, b, y, attr);
}

#else

inline void appendEltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha) {
  ops.append_eltwise(1, algorithm, alpha, 0);
}

inline ConvolutionForward::primitive_desc plan(const Convolution& c, const dnnl::engine& engine,
                                               const dnnl::primitive_attr& attr) {
  using Description = ConvolutionForward::desc;
  const Description description = c.bias ? Description(kConvolutionUse, kConvolutionAlgorithm, c.x, c.w,
                                                       *c.bias, c.y, c.stride, c.dilation, c.before, c.after)
                                         : Description(kConvolutionUse, kConvolutionAlgorithm, c.x, c.w, c.y,
                                                       c.stride, c.dilation, c.before, c.after);
  return {description, attr, engine};
}

template <class Backward>
typename Backward::primitive_desc plan(const Convolution& c, const dnnl::engine& engine,
                                       const dnnl::primitive_attr& attr,
                                       const ConvolutionForward::primitive_desc& forward) {
  const typename Backward::desc description(kConvolutionAlgorithm, c.x, c.w, c.y, c.stride, c.dilation,
                                            c.before, c.after);
  return {description, attr, engine, forward};
}

inline dnnl::matmul::primitive_desc planMatmul(const memory::desc& a, const memory::desc& b,
                                               const std::optional<memory::desc>& bias, const memory::desc& y,
                                               const dnnl::engine& engine, const dnnl::primitive_attr& attr) {
  using Description = dnnl::matmul::desc;
  return {bias ? Description(a, b, *bias, y) : Description(a, b, y), attr, engine};
}

#endif

}  // namespace tandem::cpu::onednn
