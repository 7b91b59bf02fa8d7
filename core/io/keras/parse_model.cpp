#include "core/io/keras/codec.h"
#include "core/io/keras/model_file.h"

#include <algorithm>
#include <map>
#include <set>

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

// Call arguments other than inputs change what a layer does: only null and false are accepted, and training=True where
// Keras ignores it. Layers that Tandem does not support are refused by their class instead, because Keras itself adds
// training=True to some of them, such as RandomFlip.
Status checkArguments(const Json& arguments, const KerasLayer& layer) {
  const KerasClass* const known = findReader(layer.className).known;
  if (!known || !arguments.is_object()) return success();
  for (const auto& [key, value] : arguments.items()) {
    if (value.is_null() || value == false || value == 0) continue;
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

// The inputs of one call, as Keras 3 writes it: {"args": [tensor or list of tensors], "kwargs": {}}.
Result<std::vector<std::string>> inputsOfCall(const Json& call, const KerasLayer& layer) {
  TANDEM_TRY(checkArguments(at(call, "kwargs"), layer));
  const Json& args = at(call, "args");
  if (!args.is_array() || args.size() != 1)
    return unreadable("its inputs have an unknown format", layer.name);
  std::vector<std::string> inputs;
  const auto add = [&](const Json& tensor) -> Status {
    TANDEM_ASSIGN(std::string name, layerOfTensor(at(at(tensor, "config"), "keras_history"), layer.name));
    inputs.push_back(std::move(name));
    return success();
  };
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
Result<std::vector<std::string>> inputsOfOldCall(const Json& call, const KerasLayer& layer) {
  std::vector<std::string> inputs;
  const bool single = !call.empty() && call[0].is_string();
  for (const Json& tensor : single ? Json::array({call}) : call) {
    TANDEM_ASSIGN(std::string name, layerOfTensor(tensor, layer.name));
    if (tensor.size() > 3) TANDEM_TRY(checkArguments(tensor[3], layer));
    inputs.push_back(std::move(name));
  }
  return inputs;
}

Result<std::vector<std::string>> inputsOf(const Json& entry, const KerasLayer& layer) {
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
  for (const Json& entry : entries) {
    TANDEM_ASSIGN(KerasLayer layer, readLayer(entry, model.layers.size()));
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
  if (const Json& tandem = at(description, kDescriptionKey); tandem.is_object()) model.description = tandem;
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
