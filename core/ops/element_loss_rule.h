// Elementwise losses l(x, t) of an output x and its target t. One file each: element_losses/NAME.h defines
// `struct NAME`; the build lists the folder (element_loss_list.h). The ops, their kernels on every device, the choice of
// losses in the lab and the command line, and the tests follow from it. Each offers
//   static constexpr LossInfo info;
//   template <class M, class T> TANDEM_HD static T value(T x, T t, const T* p);       // l
//   template <class M, class T> TANDEM_HD static T derivative(T x, T t, const T* p);  // dl / dx
// M: the functions of StandardMath, which a device may replace by its own; T: double in the reference, float on
// devices; p: the values of info.parameters.
#pragma once

#include "core/ops/loss_rule.h"
