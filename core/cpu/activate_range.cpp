#include "core/cpu/activate_range.h"

#include <algorithm>
#include <cmath>

#include "core/cpu/vector_math.h"

namespace tandem::cpu {
namespace {

// x limited to [0, 6]; NaN passes both comparisons.
inline float vclip6(float x) {
  const float low = x < 0.0f ? 0.0f : x;
  return low > 6.0f ? 6.0f : low;
}

template <class F>
void map(const float* x, float* y, std::int64_t count, F f) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) y[i] = f(x[i]);
}

template <class F>
void scale(const float* dy, const float* point, float* dx, std::int64_t count, F derivative) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) dx[i] = dy[i] * derivative(point[i]);
}

}  // namespace

void activateRange(ActivationKind kind, float alpha, const float* x, float* y, std::int64_t count) {
  switch (kind) {
    case ActivationKind::None:
      if (x != y) std::copy_n(x, count, y);
      return;
    case ActivationKind::Relu:
      return map(x, y, count, [](float v) { return v < 0.0f ? 0.0f : v; });
    case ActivationKind::LeakyRelu:
      return map(x, y, count, [alpha](float v) { return v > 0.0f ? v : alpha * v; });
    case ActivationKind::Elu:
      return map(x, y, count, [alpha](float v) {
        const float below = alpha * vexpm1(v > 0.0f ? 0.0f : v);
        return v > 0.0f ? v : below;
      });
    case ActivationKind::Gelu:
      return map(x, y, count, [](float v) { return v * vnormalCdf(v); });
    case ActivationKind::Silu:
      return map(x, y, count, [](float v) { return v / (1.0f + vexp(-v)); });
    case ActivationKind::Sigmoid:
      return map(x, y, count, [](float v) { return vsigmoid(v); });
    case ActivationKind::Tanh:
      return map(x, y, count, [](float v) { return vtanh(v); });
    case ActivationKind::Softplus:
      return map(x, y, count, [](float v) { return vsoftplus(v); });
    case ActivationKind::Relu6:
      return map(x, y, count, [](float v) { return vclip6(v); });
    case ActivationKind::HardSigmoid:
      return map(x, y, count, [](float v) { return vclip6(v + 3.0f) / 6.0f; });
    case ActivationKind::HardSwish:
      return map(x, y, count, [](float v) { return v * vclip6(v + 3.0f) / 6.0f; });
    case ActivationKind::Mish:
      return map(x, y, count, [](float v) { return v * mishParts(v, vexp(-std::fabs(v))).gate; });
  }
}

void activateGradRange(ActivationKind kind, float alpha, const float* dy, const float* point, float* dx,
                       std::int64_t count) {
  switch (kind) {
    case ActivationKind::None:
      if (dx != dy) std::copy_n(dy, count, dx);
      return;
    case ActivationKind::Relu:
      return scale(dy, point, dx, count, [](float y) { return y > 0.0f ? 1.0f : 0.0f; });
    case ActivationKind::LeakyRelu:
      return scale(dy, point, dx, count, [alpha](float y) { return y > 0.0f ? 1.0f : alpha; });
    case ActivationKind::Elu:
      return scale(dy, point, dx, count, [alpha](float y) { return y > 0.0f ? 1.0f : y + alpha; });
    case ActivationKind::Gelu:
      return scale(dy, point, dx, count,
                   [](float x) { return vnormalCdf(x) + x * 0.398942280f * vexp(-0.5f * x * x); });
    case ActivationKind::Silu:
      return scale(dy, point, dx, count, [](float x) {
        const float s = vsigmoid(x);
        return s * (1.0f + x * (1.0f - s));
      });
    case ActivationKind::Sigmoid:
      return scale(dy, point, dx, count, [](float y) { return y * (1.0f - y); });
    case ActivationKind::Tanh:
      return scale(dy, point, dx, count, [](float y) { return 1.0f - y * y; });
    case ActivationKind::Softplus:
      // 1 - exp(-y) would cancel for small y.
      return scale(dy, point, dx, count, [](float y) { return -vexpm1(-y); });
    case ActivationKind::Relu6:
      return scale(dy, point, dx, count, [](float y) { return y > 0.0f && y < 6.0f ? 1.0f : 0.0f; });
    case ActivationKind::HardSigmoid:
      return scale(dy, point, dx, count, [](float y) { return y > 0.0f && y < 1.0f ? 1.0f / 6.0f : 0.0f; });
    case ActivationKind::HardSwish:
      return scale(dy, point, dx, count, [](float x) {
        const float inside = (x + x + 3.0f) / 6.0f, right = x < 3.0f ? inside : 1.0f;
        return x <= -3.0f ? 0.0f : (x != x ? x : right);
      });
    case ActivationKind::Mish:
      return scale(dy, point, dx, count,
                   [](float x) { return mishDerivative(x, mishParts(x, vexp(-std::fabs(x)))); });
  }
}

}  // namespace tandem::cpu
