// What the help page of a layer states in addition to its description: the formula, the shapes, and an example with numbers,
// which a test computes (tests/unit/layer_help_test.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ops/attrs.h"

namespace tandem {

struct LayerDef;

// Of one sample.
struct ExampleTensor {
  std::vector<std::int64_t> shape;
  std::vector<double> values;  // in row-major order
};

struct ExampleWeight {
  std::string_view name;  // "kernel"
  std::vector<double> values;
};

// What the layer computes outside training. Weights that are not listed have their initial values.
struct LayerExample {
  std::vector<ExampleTensor> inputs = {};
  Attrs properties = {};
  std::vector<ExampleWeight> weights = {};
  std::vector<ExampleTensor> outputs = {};  // to three decimals
};

struct LayerHelp {
  std::string_view formula = {};  // may have several lines
  std::string_view shapes = {};   // "(steps, features) -> (steps, units)"
  LayerExample example = {};
};

// A line of the example: {"kernel", "3, 4"}. Inputs and outputs of several dimensions show their shape.
using ExampleLine = std::pair<std::string, std::string>;
std::vector<ExampleLine> exampleLines(const LayerDef& def);

}  // namespace tandem
