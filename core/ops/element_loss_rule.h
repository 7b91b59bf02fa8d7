// Elementwise losses l(x, t) of an output x and its target t. One file each: element_losses/NAME.h defines
// `struct NAME`; the build lists the folder (element_loss_list.h). The ops, their kernels on every device, the choice of
// losses in the lab and the command line, and the tests follow from it. Each offers
//   static constexpr ElementLossInfo info;
//   template <class M, class T> TANDEM_HD static T value(T x, T t, const T* p);       // l
//   template <class M, class T> TANDEM_HD static T derivative(T x, T t, const T* p);  // dl / dx
// M: the functions of StandardMath below, which a device may replace by its own; T: double in the reference, float on
// devices; p: the values of info.parameters.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "core/base/philox.h"  // TANDEM_HD

namespace tandem::ops {

struct LossParameter {
  std::string_view key, label, tooltip;
  double fallback = 0, minimum = 0, maximum = 0;
};

inline constexpr std::size_t kLossParameters = 2;

struct ElementLossInfo {
  std::string_view type;     // the file's basename
  std::string_view label;    // "Huber"
  std::string_view summary;  // one sentence for tooltips and help
  bool classes = false;      // targets are the classes 0 and 1 and x > 0 predicts class 1; otherwise values
  std::string_view activation = {};                // x is the input of this activation ("sigmoid")
  double flops = 4;                                // of value and derivative, roughly
  LossParameter parameters[kLossParameters] = {};  // those with a key
};

struct StandardMath {
  template <class T>
  TANDEM_HD static T exp(T x) {
    using std::exp;
    return exp(x);
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
