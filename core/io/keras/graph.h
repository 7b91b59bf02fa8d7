// A Keras model between Tandem's network and the file: what both directions share.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/network/json_parse.h"
#include "core/tensor/tensor.h"

namespace tandem::keras {

struct Weight {
  std::string suffix;  // "kernel", "bias", "gamma", ...
  Shape shape;         // as Keras has it
  std::vector<float> values;
};

struct KerasLayer {
  std::string className;            // "Conv2D"
  std::string name;                 // unique in the model
  Json config = Json::object();     // without "name"
  std::vector<std::string> inputs;  // names of layers, in order
  std::vector<Weight> weights;      // in Keras' order: trained ones first
};

// Puts layers, given in an order in which inputs come first, into the order of Keras' model.layers: by
// distance from the output, then as met on a walk back from it. Keras assigns weights in this order.
void sortLikeKeras(std::vector<KerasLayer>& layers, std::string_view output);

// (rows, columns) -> (columns, rows). Tandem's convolution kernels (O, H, W, I) become Keras' (H, W, I, O)
// by it, seen as O rows; and depthwise ones (C * M, H, W, 1) become (H, W, C, M).
std::vector<float> transposed(std::span<const float> matrix, std::size_t rows);

// Names of functions that differ: Tandem's "none" and "silu" are Keras' "linear" and "swish" (which Keras 2
// and 3 both know).
std::string activationToKeras(std::string_view name);

}  // namespace tandem::keras
