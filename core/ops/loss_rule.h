// What the rules of losses (element_loss_rule.h, row_loss_rule.h) have in common: how they describe themselves, and the
// functions that they compute with.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "core/base/philox.h"  // TANDEM_HD
#include "core/text/library_names.h"

namespace tandem::ops {

struct LossParameter {
  std::string_view key, label, tooltip;
  double fallback = 0, minimum = 0, maximum = 0;
};

inline constexpr std::size_t kLossParameters = 2;

struct LossInfo {
  std::string_view type;     // the file's basename
  std::string_view label;    // "Huber"
  std::string_view summary;  // one sentence for tooltips and help
  LibraryNames names = {};   // in Keras and PyTorch
  bool classes = false;      // targets are the classes 0 and 1 and x > 0 predicts class 1; otherwise values
  std::string_view activation = {};                // x is the input of this activation ("sigmoid")
  bool fixedTargets = false;                       // values must not be standardized; classes never are
  double flops = 4;                                // of value and derivative per element, roughly
  LossParameter parameters[kLossParameters] = {};  // those with a key
};

// The parameters as kernels take them.
struct LossValues {
  float p[kLossParameters] = {};
};

struct StandardMath {
  template <class T>
  TANDEM_HD static T exp(T x) {
    using std::exp;
    return exp(x);
  }
  template <class T>
  TANDEM_HD static T log(T x) {
    using std::log;
    return log(x);
  }
  template <class T>
  TANDEM_HD static T tanh(T x) {
    using std::tanh;
    return tanh(x);
  }
  template <class T>
  TANDEM_HD static T sigmoid(T x) {
    return T(1) / (T(1) + exp(-x));
  }
  // log(1 + exp(x))
  template <class T>
  TANDEM_HD static T softplus(T x) {
    using std::abs, std::log1p;
    return (x < T(0) ? T(0) : x) + log1p(exp(-abs(x)));
  }
};

}  // namespace tandem::ops
