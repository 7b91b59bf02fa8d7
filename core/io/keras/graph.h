// The Keras model shared by import and export, between Tandem's network and the file.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json/parse.h"
#include "core/tensor/tensor.h"

namespace tandem::keras {

struct Weight {
  std::string suffix;  // "kernel", "bias", "gamma", ...
  Shape shape;         // in Keras' layout
  std::vector<float> values;
};

struct KerasLayer {
  std::string className;            // "Conv2D"
  std::string name;                 // unique in the model
  Json config = Json::object();     // without "name"
  std::vector<std::string> inputs;  // names of layers, in order
  std::vector<Weight> weights;      // in Keras' order: trainable ones first
  std::string original = {};        // the name in Tandem, if Keras does not accept it or it is taken
  // Of a class whose inputs differ in meaning (KerasClass::inputs): the other arguments of its call. A layer to write also
  // has the shapes of the inputs, of one sample each.
  Json arguments = nullptr;
  std::vector<Shape> shapes = {};
  std::vector<std::string> masks = {};  // layers that compute those that it is called with
};

// Sorts layers, given in topological order, into the order of Keras' model.layers: by the longest distance from any
// output, then in the order of a depth-first walk back from one output after the other. Keras assigns weights in this
// order. Each layer must lead to an output.
void sortLikeKeras(std::vector<KerasLayer>& layers, std::span<const std::string> outputs);

// (rows, columns) -> (columns, rows). Viewed as O rows, Tandem's convolution kernels (O, H, W, I) become
// Keras' (H, W, I, O), and depthwise ones (C * M, H, W, 1) become (H, W, C, M).
std::vector<float> transposed(std::span<const float> matrix, std::size_t rows);

// Keras' name of a function. Tandem's "none" and "silu" are Keras' "linear" and "swish" (known to Keras 2 and
// 3). Its "hard_swish" is "hard_silu", which Keras 2 lacks.
std::string activationToKeras(std::string_view name);
// Functions that Keras 2 lacks or defines differently: its hard_sigmoid is 0.2 x + 0.5, clipped to [0, 1].
inline bool needsKeras3(std::string_view function) {
  return function == "hard_sigmoid" || function == "hard_silu";
}

}  // namespace tandem::keras
