// The arithmetic of recurrent cells for one unit and step, shared by the definitions of the ops and the kernels of every
// device. Gates are in the order of Keras.
#pragma once

#include "core/ops/activation_kind.h"

namespace tandem::ops {

template <class T>
struct ExactMath {
  TANDEM_HD static T sigmoid(T x) { return activate(ActivationKind::Sigmoid, T(0), x); }
  TANDEM_HD static T tanh(T x) { return activate(ActivationKind::Tanh, T(0), x); }
};

// A cell has
//   kGates  the number of its gates: columns of x and U per unit
//   kSaved  the number of values per unit and step that its gradient needs beside h; the last one is c if it has one
//   kCell   whether it has a second state, c
//   kSplit  whether x and the recurrent term u = h U + bias have different gradients; only then does u have a separate bias
// forward(x, u, before, c, saved) returns h, the next state. c is replaced.
// backward(saved, h, before, cBefore, dh, dc, dx, du) returns the part of the gradient of `before` that does not pass
// through u. dc is replaced by the gradient of cBefore. du is written only if kSplit.

// Elman 1990, with tanh or relu: h' = f(x + u)
template <ActivationKind kKind>
struct SimpleCell {
  static constexpr int kGates = 1, kSaved = 0;
  static constexpr bool kCell = false, kSplit = false;

  template <class Math, class T>
  TANDEM_HD static T forward(const T* x, const T* u, T /*before*/, T* /*c*/, T* /*saved*/) {
    if constexpr (kKind == ActivationKind::Tanh) return Math::tanh(x[0] + u[0]);
    return activate(kKind, T(0), x[0] + u[0]);
  }
  template <class Math, class T>
  TANDEM_HD static T backward(const T* /*saved*/, T h, T /*before*/, T /*cBefore*/, T dh, T* /*dc*/, T* dx,
                              T* /*du*/) {
    dx[0] = dh * activateDerivative(kKind, T(0), T(0), h);
    return T(0);
  }
};

// Hochreiter & Schmidhuber 1997, Gers et al. 2000. Gates i f c o:
// c' = sigmoid(f) c + sigmoid(i) tanh(c), h' = sigmoid(o) tanh(c')
struct LstmCell {
  static constexpr int kGates = 4, kSaved = 5;
  static constexpr bool kCell = true, kSplit = false;

  template <class Math, class T>
  TANDEM_HD static T forward(const T* x, const T* u, T /*before*/, T* c, T* saved) {
    const T i = Math::sigmoid(x[0] + u[0]), f = Math::sigmoid(x[1] + u[1]);
    const T g = Math::tanh(x[2] + u[2]), o = Math::sigmoid(x[3] + u[3]);
    const T next = f * *c + i * g;
    saved[0] = i;
    saved[1] = f;
    saved[2] = g;
    saved[3] = o;
    saved[4] = next;
    *c = next;
    return o * Math::tanh(next);
  }
  template <class Math, class T>
  TANDEM_HD static T backward(const T* saved, T /*h*/, T /*before*/, T cBefore, T dh, T* dc, T* dx,
                              T* /*du*/) {
    const T i = saved[0], f = saved[1], g = saved[2], o = saved[3], t = Math::tanh(saved[4]);
    const T d = *dc + dh * o * (T(1) - t * t);  // of c'
    dx[0] = d * g * i * (T(1) - i);
    dx[1] = d * cBefore * f * (T(1) - f);
    dx[2] = d * i * (T(1) - g * g);
    dx[3] = dh * t * o * (T(1) - o);
    *dc = d * f;
    return T(0);
  }
};

// Cho et al. 2014 in the form of Keras ("reset_after"), PyTorch and cuDNN. Gates z r h:
// n = tanh(x_h + sigmoid(r) u_h), h' = sigmoid(z) h + (1 - sigmoid(z)) n
struct GruCell {
  static constexpr int kGates = 3, kSaved = 4;
  static constexpr bool kCell = false, kSplit = true;

  template <class Math, class T>
  TANDEM_HD static T forward(const T* x, const T* u, T before, T* /*c*/, T* saved) {
    const T z = Math::sigmoid(x[0] + u[0]), r = Math::sigmoid(x[1] + u[1]);
    const T n = Math::tanh(x[2] + r * u[2]);
    saved[0] = z;
    saved[1] = r;
    saved[2] = n;
    saved[3] = u[2];
    return z * before + (T(1) - z) * n;
  }
  template <class Math, class T>
  TANDEM_HD static T backward(const T* saved, T /*h*/, T before, T /*cBefore*/, T dh, T* /*dc*/, T* dx,
                              T* du) {
    const T z = saved[0], r = saved[1], n = saved[2];
    const T a = dh * (T(1) - z) * (T(1) - n * n);  // of the operand of tanh
    dx[0] = du[0] = dh * (before - n) * z * (T(1) - z);
    dx[1] = du[1] = a * saved[3] * r * (T(1) - r);
    dx[2] = a;
    du[2] = a * r;
    return dh * z;
  }
};

}  // namespace tandem::ops
