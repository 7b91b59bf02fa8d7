// Codec: how a layer is written to and read from Keras models. One file per layer: keras/layers/NAME.cpp defines `const
// Codec NAME` in namespace tandem::keras::codecs; the build lists the folder.
#pragma once

#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/io/keras/graph.h"
#include "core/network/network.h"

namespace tandem::keras {

class ConfigReader;
class Converter;
class Describer;

// A class of Keras layers.
struct KerasClass {
  std::string_view name;
  bool weights = false;
  bool training = false;                      // the argument `training` changes what it computes
  std::vector<std::string_view> inputs = {};  // arguments of its call, if its inputs differ in meaning
  std::string_view argument = {};             // of its call, which read() takes from KerasLayer::arguments
};

struct Codec {
  std::string_view type =
      {};  // of the layer that write() takes; empty: Keras has none that computes the same
  // Appends the layers of Keras, whose first one reads what the layer reads. Errors name the layer and what Keras lacks.
  Status (*write)(Describer&, const Layer&) = nullptr;
  std::vector<KerasClass> classes = {};  // that read() takes
  // Appends the layers of Tandem, the weights of which it moves. Settings that are wrong or not supported are reported
  // to the ConfigReader or returned.
  Status (*read)(Converter&, KerasLayer&, ConfigReader&) = nullptr;
};

// nullptr: not supported.
const Codec* findWriter(std::string_view type);
struct ClassReader {
  const KerasClass* known = nullptr;
  const Codec* codec = nullptr;
};
ClassReader findReader(std::string_view className);

}  // namespace tandem::keras
