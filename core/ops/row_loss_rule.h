// Losses l(x, t) of a row of outputs x and its targets t, which depend on all of the row together. One file each:
// row_losses/NAME.h defines `struct NAME`; the build lists the folder (row_loss_list.h). The ops, their kernels on every
// device, the choice of losses in the lab and the command line, and the tests follow from it. Each offers
//   static constexpr LossInfo info;
//   static constexpr RowForm form;
//   template <class M, class T> TANDEM_HD static RowSums<T> terms(T x, T t, T highest);  // of an element
//   template <class M, class T> TANDEM_HD static T value(RowSums<T> sums, const T* p);   // l
//   template <class M, class T> TANDEM_HD static RowFactors<T> factors(RowSums<T> sums, T highest, const T* p);
//   template <class M, class T> TANDEM_HD static T derivative(T x, T t, RowFactors<T> f);  // dl / dx of an element
// sums: the terms of all elements of the row; highest: its greatest x, or 0 unless the form asks for it; M: the functions
// of StandardMath, which a device may replace by its own; T: double in the reference, float on devices; p: the values of
// info.parameters.
#pragma once

#include "core/ops/loss_rule.h"

namespace tandem::ops {

struct RowForm {
  bool wholeSample = false;  // a row is a sample; otherwise a vector along the last axis
  bool usesHighest = false;  // so that exponentials do not overflow
  std::int64_t least = 1;    // values in a row; with fewer, the gradient is always 0
};

template <class T>
struct RowSums {
  T a{}, b{}, c{};
};

// What the derivatives need of their row.
template <class T>
struct RowFactors {
  T a{}, b{};
};
inline constexpr std::int64_t kRowFactors = 2;

}  // namespace tandem::ops
