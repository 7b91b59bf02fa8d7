#include "core/io/keras/codec.h"
#include "core/io/keras/model_file.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/network/network.h"

namespace tandem::keras {
namespace {

const Json kNull;

const Json& at(const Json& object, const char* key) {
  if (!object.is_object()) return kNull;
  const auto it = object.find(key);
  return it == object.end() ? kNull : *it;
}

Error unreadable(std::string_view message, std::string_view where = {}) {
  return invalid(message, where, "The model was saved by an unsupported program; save it with Keras 2 or 3");
}

// [name, 0, 0] or [name, 0, 0, {arguments}]: the only output of the only call of a layer.
Result<std::string> layerOfTensor(const Json& tensor, const std::string& reader) {
  const bool form = tensor.is_array() && tensor.size() >= 3 && tensor[0].is_string();
  if (!form) return unreadable("its inputs have an unknown format", reader);
  if (tensor[1] != 0 || tensor[2] != 0)
    return Error{ErrorCode::Unsupported,
                 "reads a layer that is used several times or has several outputs: " +
                     inQuotes(tensor[0].get<std::string>()),
                 reader, "Tandem supports using a layer only once"};
  return tensor[0].get<std::string>();
}

// Keras 3 describes the masks of Embedding(mask_zero=True) in a Functional model as layers of their own: NotEqual(tokens, 0),
// and LogicalOr where two of them meet. Each with the inputs of the model that it stems from.
using Masks = std::map<std::string, std::set<std::string>, std::less<>>;

bool isMask(std::string_view className) {
  return className == "NotEqual" || className == "LogicalOr";
}

// The layer of a tensor as Keras 3 writes it; empty if it is none.
std::string layerOfKerasTensor(const Json& tensor) {
  const Json& history = at(at(tensor, "config"), "keras_history");
  return history.is_array() && !history.empty() && history[0].is_string() ? history[0].get<std::string>()
                                                                          : std::string();
}

Status readMask(const Json& entry, const KerasLayer& layer, Masks& masks) {
  const Json& calls = at(entry, "inbound_nodes");
  const Json& args = calls.is_array() && calls.size() == 1 ? at(calls[0], "args") : kNull;
  std::set<std::string> origins;
  if (args.is_array() && args.size() == 2) {
    const std::string first = layerOfKerasTensor(args[0]);
    if (layer.className == "NotEqual") {
      if (!first.empty() && args[1] == 0) origins.insert(first);
    } else if (const auto a = masks.find(first), b = masks.find(layerOfKerasTensor(args[1]));
               a != masks.end() && b != masks.end()) {
      origins = a->second;
      origins.insert(b->second.begin(), b->second.end());
    }
  }
  if (!origins.empty()) {
    masks[layer.name] = std::move(origins);
    return success();
  }
  return Error{ErrorCode::Unsupported, "computes a mask in a way that Tandem does not support", layer.name,
               "Use only the masks of Embedding(mask_zero=True)"};
}

// A mask must be one that the layer's inputs have anyway: that of tokens which they are computed from.
Status checkMasks(const KerasModel& model, const Masks& masks) {
  std::map<std::string_view, const KerasLayer*> byName;
  std::set<std::string_view> embedded;  // inputs of the model
  for (const KerasLayer& layer : model.layers) {
    byName.emplace(layer.name, &layer);
    if (layer.className == "Embedding" && at(layer.config, "mask_zero") == true)
      embedded.insert(layer.inputs.begin(), layer.inputs.end());
  }
  const auto sourcesOf = [&](const KerasLayer& reader) {
    std::set<std::string_view> sources;
    std::vector<std::string_view> open(reader.inputs.begin(), reader.inputs.end());
    while (!open.empty()) {
      const std::string_view name = open.back();
      open.pop_back();
      if (!sources.insert(name).second) continue;
      const std::vector<std::string>& more = byName.at(name)->inputs;
      open.insert(open.end(), more.begin(), more.end());
    }
    return sources;
  };
  for (const KerasLayer& layer : model.layers) {
    if (layer.masks.empty()) continue;
    const std::set<std::string_view> sources = sourcesOf(layer);
    for (const std::string& name : layer.masks) {
      const auto mask = masks.find(name);
      const auto own = [&](const std::string& origin) {
        return sources.contains(origin) && embedded.contains(origin);
      };
      if (mask == masks.end() || !std::ranges::all_of(mask->second, own))
        return Error{ErrorCode::Unsupported, "is called with a mask that is not that of its input",
                     layer.name, "Use only the masks of Embedding(mask_zero=True)"};
    }
  }
  return success();
}

// Call arguments other than inputs change what a layer does: only null and false are accepted, training=True where
// Keras ignores it, masks, and the argument that the class names. Layers that Tandem does not support are refused by their
// class instead, because Keras itself adds training=True to some of them, such as RandomFlip.
Status readArguments(const Json& arguments, KerasLayer& layer) {
  const KerasClass* const known = findReader(layer.className).known;
  if (!known || !arguments.is_object()) return success();
  for (const auto& [key, value] : arguments.items()) {
    if (value.is_null() || value == false || value == 0) continue;
    if (std::ranges::find(known->inputs, key) != known->inputs.end()) continue;
    if (key == known->argument && value == true) {
      layer.arguments[key] = value;
      continue;
    }
    if (const std::string mask = layerOfKerasTensor(value);
        !mask.empty() && (key == "mask" || key.ends_with("_mask")) && key != "attention_mask") {
      layer.masks.push_back(mask);
      continue;
    }
    if (key != "training")
      return Error{ErrorCode::Unsupported, "is called with the argument " + inQuotes(key), layer.name,
                   "Call the layer without extra arguments"};
    if (known->training)
      return Error{ErrorCode::Unsupported,
                   "is called with training=True, so the model predicts as it does in training", layer.name,
                   "Call the layer with training=False, and save the model again"};
  }
  return success();
}

std::vector<std::string_view> namedInputs(const KerasLayer& layer) {
  const KerasClass* const known = findReader(layer.className).known;
  return known ? known->inputs : std::vector<std::string_view>();
}

// The inputs of one call, as Keras 3 writes it: {"args": [tensor or list of tensors], "kwargs": {}}.
Result<std::vector<std::string>> inputsOfCall(const Json& call, KerasLayer& layer) {
  TANDEM_TRY(readArguments(at(call, "kwargs"), layer));
  const Json& args = at(call, "args");
  const std::vector<std::string_view> named = namedInputs(layer);
  if (!args.is_array() || args.size() > std::max<std::size_t>(1, named.size()) ||
      (args.empty() && named.empty()))
    return unreadable("its inputs have an unknown format", layer.name);
  std::vector<std::string> inputs;
  const auto add = [&](const Json& tensor) -> Status {
    TANDEM_ASSIGN(std::string name, layerOfTensor(at(at(tensor, "config"), "keras_history"), layer.name));
    inputs.push_back(std::move(name));
    return success();
  };
  for (std::size_t i = 0; i < named.size(); ++i) {
    const Json& tensor = i < args.size() ? args[i] : at(at(call, "kwargs"), std::string(named[i]).c_str());
    if (tensor.is_null()) continue;
    if (inputs.size() != i) return unreadable("its inputs have an unknown format", layer.name);
    TANDEM_TRY(add(tensor));
  }
  if (!named.empty()) return inputs;
  // A tuple of tensors is {"class_name": "__tuple__", "items": [...]}.
  const Json& items = at(args[0], "items");
  const Json& list = items.is_array() ? items : args[0];
  if (!list.is_array()) {
    TANDEM_TRY(add(list));
  } else {
    for (const Json& tensor : list) TANDEM_TRY(add(tensor));
  }
  return inputs;
}

// The same as Keras 2 writes it: [[name, 0, 0, {arguments}], ...].
Result<std::vector<std::string>> inputsOfOldCall(const Json& call, KerasLayer& layer) {
  std::vector<std::string> inputs;
  const bool single = !call.empty() && call[0].is_string();
  for (const Json& tensor : single ? Json::array({call}) : call) {
    TANDEM_ASSIGN(std::string name, layerOfTensor(tensor, layer.name));
    inputs.push_back(std::move(name));
    if (tensor.size() <= 3) continue;
    TANDEM_TRY(readArguments(tensor[3], layer));
    for (const std::string_view argument : namedInputs(layer)) {
      const Json& value = at(tensor[3], std::string(argument).c_str());
      if (value.is_null()) continue;
      TANDEM_ASSIGN(std::string more, layerOfTensor(value, layer.name));
      inputs.push_back(std::move(more));
    }
  }
  return inputs;
}

Result<std::vector<std::string>> inputsOf(const Json& entry, KerasLayer& layer) {
  const Json& calls = at(entry, "inbound_nodes");
  if (!calls.is_array() || calls.empty()) return std::vector<std::string>{};
  if (calls.size() > 1)
    return Error{ErrorCode::Unsupported, "is used " + std::to_string(calls.size()) + " times in the model",
                 layer.name, "Tandem supports using a layer only once"};
  if (calls[0].is_object()) return inputsOfCall(calls[0], layer);
  if (calls[0].is_array()) return inputsOfOldCall(calls[0], layer);
  return unreadable("its inputs have an unknown format", layer.name);
}

Result<KerasLayer> readLayer(const Json& entry, std::size_t index) {
  KerasLayer layer;
  layer.className = textAt(entry, "class_name");
  layer.config = at(entry, "config");
  layer.name = textAt(layer.config, "name");
  if (layer.name.empty()) layer.name = textAt(entry, "name");
  const std::string number = "layer " + std::to_string(index + 1);
  if (layer.className.empty() || !layer.config.is_object())
    return unreadable("has no valid description", number);
  if (layer.name.empty()) return unreadable("has no name", number);
  return layer;
}

// The names of the inputs or outputs: ["x", 0, 0], a list of these, or an object with one for each key, which Keras
// orders by their keys.
Result<std::vector<std::string>> endsOf(const Json& ends, const std::string& what) {
  if (!ends.is_structured() || ends.empty()) return unreadable("the model does not name its " + what);
  Json list = ends;
  if (ends.is_object()) {
    list = Json::array();
    for (const auto& [key, end] : ends.get<std::map<std::string, Json>>()) list.push_back(end);
  } else if (ends[0].is_string()) {
    list = Json::array({ends});
  }
  std::vector<std::string> names;
  for (const Json& end : list) {
    TANDEM_ASSIGN(std::string name, layerOfTensor(end, "the model's " + what));
    names.push_back(std::move(name));
  }
  return names;
}

// Where a Sequential model without an input layer stores the input shape.
Json sequentialInput(const Json& config, const KerasLayer& first) {
  for (const char* key : {"batch_input_shape", "batch_shape"})
    if (const Json& shape = at(first.config, key); !shape.is_null()) return shape;
  return at(config, "build_input_shape");
}

Status makeChain(const Json& config, KerasModel& model) {
  if (model.layers.empty()) return unreadable("the model has no layers");
  if (model.layers.front().className != "InputLayer") {
    KerasLayer input{
        "InputLayer", "input", {{"batch_shape", sequentialInput(config, model.layers.front())}}, {}, {}};
    for (const KerasLayer& layer : model.layers)
      if (layer.name == input.name) input.name += "_of_model";
    model.layers.insert(model.layers.begin(), std::move(input));
  }
  for (std::size_t i = 1; i < model.layers.size(); ++i) model.layers[i].inputs = {model.layers[i - 1].name};
  model.outputs = {model.layers.back().name};
  return success();
}

Status checkNames(const KerasModel& model) {
  std::set<std::string_view> names;
  for (const KerasLayer& layer : model.layers)
    if (!names.insert(layer.name).second) return unreadable("two layers have this name", layer.name);
  for (const KerasLayer& layer : model.layers)
    for (const std::string& input : layer.inputs)
      if (!names.contains(input))
        return unreadable("its input " + inQuotes(input) + " is not in the model", layer.name);
  std::set<std::string_view> outputs;
  for (const std::string& output : model.outputs) {
    if (!names.contains(output))
      return unreadable("the model's output " + inQuotes(output) + " is not in it");
    if (!outputs.insert(output).second) return unreadable("the model has this output twice", output);
  }
  return success();
}

}  // namespace

std::string textAt(const Json& object, const char* key) {
  const Json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

Result<KerasModel> parseModel(std::string_view text) {
  TANDEM_ASSIGN(const Json description, parseJson(text));
  const std::string kind = textAt(description, "class_name");
  const Json& config = at(description, "config");
  const bool chain = kind == "Sequential";
  if (!chain && kind != "Functional" && kind != "Model")
    return Error{ErrorCode::Unsupported,
                 "the model has the class " + inQuotes(kind),
                 {},
                 "Tandem supports Sequential and Functional models"};

  const Json& entries = config.is_array() ? config : at(config, "layers");
  if (!entries.is_array()) return unreadable("the model does not list its layers");
  if (entries.size() > kMaxLayers)
    return invalid("the model has more than " + std::to_string(kMaxLayers) + " layers");
  KerasModel model;
  Masks masks;
  for (const Json& entry : entries) {
    TANDEM_ASSIGN(KerasLayer layer, readLayer(entry, model.layers.size()));
    if (!chain && isMask(layer.className)) {
      TANDEM_TRY(readMask(entry, layer, masks));
      continue;
    }
    if (!chain) {
      TANDEM_ASSIGN(layer.inputs, inputsOf(entry, layer));
    }
    model.layers.push_back(std::move(layer));
  }
  if (chain) {
    TANDEM_TRY(makeChain(config, model));
  } else {
    TANDEM_TRY(endsOf(at(config, "input_layers"), "input"));
    TANDEM_ASSIGN(model.outputs, endsOf(at(config, "output_layers"), "output"));
  }
  TANDEM_TRY(checkNames(model));
  TANDEM_TRY(checkMasks(model, masks));
  if (const Json& tandem = at(description, kDescriptionKey); tandem.is_object()) model.description = tandem;
  model.training = at(description, "compile_config");
  return model;
}

std::string KerasModel::originalName(const KerasLayer& layer) const {
  const std::string original = textAt(at(description, "layers"), layer.name.c_str());
  return original.empty() ? layer.name : original;
}

Status checkClasses(const KerasModel& model) {
  std::string missing;
  std::size_t count = 0;
  for (const KerasLayer& layer : model.layers) {
    if (findReader(layer.className).known || ++count > 8) continue;
    missing += (missing.empty() ? "" : ", ") + inQuotes(layer.name) + " (" + inQuotes(layer.className) + ")";
  }
  if (count == 0) return success();
  if (count > 8) missing += " and " + std::to_string(count - 8) + " more";
  return Error{ErrorCode::Unsupported, "Tandem does not support these layers: " + missing, {}, {}};
}

bool hasWeights(const KerasLayer& layer) {
  const KerasClass* known = findReader(layer.className).known;
  // A Normalization whose statistics are settings has none.
  if (layer.className == "Normalization" && !at(layer.config, "mean").is_null()) return false;
  return known && known->weights;
}

}  // namespace tandem::keras
