#include "core/network/analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "core/network/repeat.h"

namespace tandem {
namespace {

Problem problem(LayerId layer, Error error, std::optional<Fix> fix = std::nullopt) {
  return {layer, std::move(error), std::move(fix)};
}

// What the samples of an input layer look like must be possible.
Status checkInputKind(const Layer& layer, std::span<const std::int64_t> shape) {
  if (shape.empty() || shape.size() > 4)
    return invalid("Shape needs 1 to 4 numbers, but has " + std::to_string(shape.size()), layer.name,
                   "Write height, width, channels for images, or the number of features");
  if (readsTokens(layer) && shape.size() != 1)
    return invalid("tokens need a shape of one number, the steps, but it is " + Shape(shape).text(),
                   layer.name, "Write the largest number of tokens of a sample");
  if (variesInLength(layer) && !readsTokens(layer) && shape.size() != 2)
    return invalid(
        "samples of varying length need the shape steps, features, but it is " + Shape(shape).text(),
        layer.name, "Write the most steps of a sample and the features of each, such as 100, 1");
  return success();
}

// The input value of a network: (batch, shape...), with its lengths if it varies, or an Error about what the user
// entered.
Result<ValueId> addInputValue(const Layer& layer, std::int64_t batch, Program& program) {
  const auto shape = integersOf(findLayer(layer.type)->properties, layer.properties, "shape");
  TANDEM_TRY(checkInputKind(layer, shape));
  const Shape full = Shape(shape).withFirst(batch);
  if (auto status = LowerContext::checkSize(full); !status.ok()) {
    Error error = std::move(status).error();
    error.where = layer.name;
    error.hint = batch > 1 ? "Use smaller samples or a smaller batch" : "Use smaller samples";
    return error;
  }
  const ValueId x =
      program.addValue({{readsTokens(layer) ? DType::I32 : DType::F32, full}, Role::Input, layer.name});
  if (variesInLength(layer)) {
    const ValueId lengths =
        program.addValue({{DType::I32, Shape{batch}}, Role::Input, layer.name + " length"});
    program.value(x).lengths = lengths;
  }
  return x;
}

// Gives the results of a layer that keeps steps the lengths of its inputs.
Status keepLengths(const Layer& layer, std::span<const ValueId> inputs, std::span<const ValueId> outputs,
                   Program& program) {
  // Those that a layer computes have no name.
  const auto named = [&](ValueId lengths) {
    const Value& value = program.value(lengths);
    if (!value.name.empty() || value.layer < 0) return fmt::format("\"{}\"", value.name);
    return fmt::format("those after \"{}\"", program.layers[static_cast<std::size_t>(value.layer)]);
  };
  ValueId from = kNoValue;  // the input whose lengths count
  for (const ValueId input : inputs) {
    const ValueId lengths = program.value(input).lengths;
    if (lengths == kNoValue) continue;
    if (from == kNoValue) from = input;
    const ValueId first = program.value(from).lengths;
    if (lengths != first)
      return invalid(
          fmt::format("joins sequences of different lengths: {} and {}", named(first), named(lengths)),
          layer.name, "Reduce each sequence to one vector before, for example with global pooling");
  }
  if (from == kNoValue) return success();
  const Shape given = program.type(from).shape;
  for (const ValueId output : outputs) {
    const Shape& shape = program.type(output).shape;
    // Its steps would be another dimension of the result, such as the columns of an image.
    if (given.rank() > 2 && shape.rank() > given.rank())
      return invalid("cannot join a sequence whose length varies and an input with more dimensions",
                     layer.name, "Reduce the sequence to one vector before, for example with global pooling");
    // A result (batch, features) may have as many features as there are steps.
    if (shape.rank() > 2 && shape[1] == given[1]) program.value(output).lengths = program.value(from).lengths;
  }
  return success();
}

// Its outputs, in the order of its ports.
Result<std::vector<ValueId>> lowerLayer(const Layer& layer, std::span<const ValueId> inputs, bool training,
                                        std::uint64_t seed, Program& program) {
  program.currentLayer = static_cast<std::int32_t>(program.layers.size());
  program.layers.push_back(layer.name);
  // In a frozen program no step changes a weight, so one block contains them all.
  LowerContext context(program, training, layer.trainable || program.frozen, layer.name,
                       program.currentLayer);
  context.seed = seed;
  const LayerDef& def = *findLayer(layer.type);
  const auto lowered = [&]() -> Result<std::vector<ValueId>> {
    for (const ValueId input : inputs)
      if (program.type(input).dtype == DType::I32 && !def.readsTokens)
        return invalid("needs numbers, but its input is tokens", {}, "Insert an embedding layer before it");
    std::vector<ValueId> outputs;
    if (def.lowerMany) {
      TANDEM_ASSIGN(outputs, def.lowerMany(context, layer.properties, inputs));
    } else {
      TANDEM_ASSIGN(const ValueId output, def.lower(context, layer.properties, inputs));
      outputs = {output};
    }
    if (def.keepsSteps) TANDEM_TRY(keepLengths(layer, inputs, outputs, program));
    return outputs;
  };
  auto outputs = lowered();
  program.currentLayer = -1;
  if (outputs.ok()) return outputs;
  Error error = std::move(outputs).error();
  if (error.where.empty()) error.where = layer.name;
  return error;
}

// Of inputs with names, the first that is missing.
std::optional<Error> checkNamedInputs(const Layer& layer, const LayerDef& def) {
  const auto needed =
      static_cast<std::size_t>(def.inputCount ? def.inputCount(layer.properties) : def.minInputs);
  const std::size_t count = layer.inputs.size();
  for (std::size_t port = 0; port < std::max(count, needed); ++port) {
    if (port < count && layer.inputs[port] != Source()) continue;
    const std::string_view name = inputName(def, port);
    if (port >= needed)
      return invalid(
          fmt::format("its input '{}' is connected, but not '{}' before it", inputName(def, count - 1), name),
          layer.name, "Connect both, or disconnect the later one");
    return invalid(count == 0 ? "is not connected to anything before it"
                              : fmt::format("its input '{}' is not connected", name),
                   layer.name,
                   fmt::format("Drag a connection from another layer's output to its input '{}'", name));
  }
  return std::nullopt;
}

// The error in the connections of one layer, if any; the layer is lowered only if there is none.
std::optional<Error> checkArity(const Layer& layer, const LayerDef& def) {
  if (!def.inputNames.empty()) return checkNamedInputs(layer, def);
  const int count = static_cast<int>(layer.inputs.size());
  if (count >= def.minInputs) return std::nullopt;
  if (count == 0)
    return invalid("is not connected to anything before it", layer.name,
                   "Drag a connection from another layer's output to its input");
  return invalid(
      "needs at least " + std::to_string(def.minInputs) + " inputs, but has " + std::to_string(count),
      layer.name, "Connect another layer to it");
}

// Checks inputs and connectedness: errors of structure, found before any shape is known.
std::vector<Problem> checkStructure(const Network& network) {
  std::vector<Problem> problems;
  if (network.layers().empty()) {
    problems.push_back(
        problem(0, invalid("the network has no layers", {}, "Drag an Input layer onto the canvas")));
    return problems;
  }
  const std::unordered_set<LayerId> read = network.readLayers();
  std::vector<const Layer*> inputs;
  for (const Layer& layer : network.layers()) {
    if (layer.type == "input") inputs.push_back(&layer);
    const bool isolated = layer.inputs.empty() && layer.type != "input" && !read.contains(layer.id);
    if (isolated && network.layers().size() > 1) {
      problems.push_back(problem(
          layer.id, invalid("is not connected", layer.name, "Connect it between other layers, or remove it"),
          Fix{.label = "Remove " + layer.name, .action = RemoveLayer{}}));
    }
  }
  if (inputs.empty())
    problems.push_back(
        problem(0, invalid("the network has no input layer", {}, "Add an Input layer at its start")));
  for (const Layer* input : inputs)
    if (!read.contains(input->id))
      problems.push_back(problem(
          input->id, invalid("no layer reads the input", input->name, "Connect it to the first layer"),
          inputs.size() > 1 ? std::optional(Fix{.label = "Remove " + input->name, .action = RemoveLayer{}})
                            : std::nullopt));
  return problems;
}

// A one-click fix for a layer that cannot be lowered. It is offered only after a trial has succeeded.
std::optional<Fix> findFix(const Layer& layer, std::span<const ValueId> inputs, const Program& program) {
  if (inputs.size() != 1 || layer.type == "input") return std::nullopt;
  const bool varies = program.value(inputs[0]).lengths != kNoValue;
  // before: a layer to insert; may be empty.
  const auto works = [&](const std::string& before, const Layer& candidate) {
    Program scratch;
    const TensorType& type = program.type(inputs[0]);
    ValueId input = scratch.addValue({type, Role::Input, "x"});
    if (varies) {
      const ValueId lengths = scratch.addValue({{DType::I32, Shape{type.shape[0]}}, Role::Input, "length"});
      scratch.value(input).lengths = lengths;
    }
    if (!before.empty()) {
      const auto inserted = lowerLayer({.type = before, .name = before}, {&input, 1}, true, 0, scratch);
      if (!inserted.ok()) return false;
      input = inserted->front();
    }
    return lowerLayer(candidate, {&input, 1}, true, 0, scratch).ok();
  };
  if (program.type(inputs[0]).dtype == DType::I32) {
    const std::string embedding = "embedding";
    if (!findLayer(embedding) || !works(embedding, layer)) return std::nullopt;
    return Fix{.label = "Insert an Embedding layer before " + layer.name, .action = InsertLayer{embedding}};
  }
  if (const auto& properties = findLayer(layer.type)->properties; findProperty(properties, "groups")) {
    Layer divided = layer;
    const std::int64_t groups =
        std::gcd(integerOf(properties, layer.properties, "groups"), program.type(inputs[0]).shape[-1]);
    divided.properties.set("groups", groups);
    if (works({}, divided))
      return Fix{.label = fmt::format("Set groups of {} to {}", layer.name, groups),
                 .action = SetProperty{"groups", groups}};
  }
  if (!varies && program.type(inputs[0]).shape.rank() > 2 && works("flatten", layer))
    return Fix{.label = "Insert a Flatten layer before " + layer.name, .action = InsertLayer{"flatten"}};
  if (findProperty(findLayer(layer.type)->properties, "padding")) {
    Layer padded = layer;
    padded.properties.set("padding", std::string("same"));
    if (works({}, padded))
      return Fix{.label = "Set padding of " + layer.name + " to same",
                 .action = SetProperty{"padding", std::string("same")}};
  }
  return std::nullopt;
}

// Summarizes what was appended to `program` after the given positions, as facts about one layer.
LayerFacts factsSince(const Program& program, std::size_t node, std::size_t parameter, std::size_t state,
                      std::span<const ValueId> outputs) {
  LayerFacts facts;
  facts.output = program.type(outputs[0]).shape.withoutFirst();
  for (const ValueId output : outputs.subspan(1))
    facts.moreOutputs.push_back(program.type(output).shape.withoutFirst());
  for (const ValueId output : outputs) facts.varies.push_back(program.value(output).lengths != kNoValue);
  for (; parameter < program.parameters.size(); ++parameter)
    facts.parameters += program.parameters[parameter].shape.elements();
  for (; state < program.states.size(); ++state) facts.untrained += program.states[state].shape.elements();
  // A result may be a view of one that the layer computes.
  const auto computes = [&, first = node](ValueId id) {
    return std::any_of(program.nodes.begin() + static_cast<std::ptrdiff_t>(first), program.nodes.end(),
                       [&](const Node& n) { return std::ranges::find(n.outputs, id) != n.outputs.end(); });
  };
  for (const ValueId output : outputs)
    if (computes(program.storage(output).first)) facts.activationBytes += program.type(output).bytes();
  const auto typesOf = [&](const std::vector<ValueId>& ids) {
    std::vector<TensorType> types;
    for (const ValueId id : ids) types.push_back(id == kNoValue ? TensorType{} : program.type(id));
    return types;
  };
  for (; node < program.nodes.size(); ++node) {
    const Node& n = program.nodes[node];
    if (n.op->cost) facts.forwardFlops += n.op->cost(n.attrs, typesOf(n.inputs), typesOf(n.outputs)).flops;
  }
  return facts;
}

Fix repeatFix(const Group& group, int repeat) {
  return {.label = fmt::format("Set repeat of {} to {}", group.name, repeat),
          .action = SetRepeat{group.id, repeat}};
}

// The expanded network and the drawn one: maps facts and errors of the former to layers of the latter.
class Drawing {
 public:
  // Groups that cannot be repeated are included once, so that the rest can still be analyzed.
  static Result<Drawing> of(const Network& drawn, std::vector<RepeatProblem>* problems) {
    *problems = checkRepeats(drawn);
    Network sound = drawn;
    for (const RepeatProblem& each : *problems) TANDEM_TRY(sound.setRepeat(each.group, 1));
    TANDEM_ASSIGN(ExpandedNetwork expanded, expandRepeats(sound));
    return Drawing(std::move(sound), std::move(expanded));
  }

  const Network& network() const { return expanded_.network; }
  Origin origin(LayerId id) const { return expanded_.origin(id); }

  // Rewrites an error of an expanded layer as one of the drawn layer.
  Error explain(Error error, const Layer& layer) const {
    const Origin from = origin(layer.id);
    if (from.repetition == 1) return error;
    const std::string& name = drawn_.find(from.layer)->name;
    if (error.where.starts_with(layer.name)) error.where.replace(0, layer.name.size(), name);
    std::string place;
    for (const Repetition& each : repetitionsOf(drawn_, from))
      place += fmt::format("{}repetition {} of {}", place.empty() ? "" : ", ", each.number, each.group->name);
    error.message += " (in " + place + ")";
    return error;
  }
  // What precedes the layer is valid, so fewer repetitions of the outermost group that is repeated before it may fix
  // the problem.
  Fix shorten(LayerId id) const {
    std::vector<Repetition> repeated = repetitionsOf(drawn_, origin(id));
    std::erase_if(repeated, [](const Repetition& each) { return each.number == 1; });
    return repeatFix(*repeated.back().group, repeated.back().number - 1);
  }

 private:
  Drawing(Network drawn, ExpandedNetwork expanded)
      : drawn_(std::move(drawn)), expanded_(std::move(expanded)) {}

  Network drawn_;
  ExpandedNetwork expanded_;
};

}  // namespace

bool readsTokens(const Layer& input) {
  return textOf(findLayer(input.type)->properties, input.properties, "values") == "tokens";
}

bool variesInLength(const Layer& input) {
  return integerOf(findLayer(input.type)->properties, input.properties, "varies") != 0;
}

std::string LayerFacts::outputText() const {
  if (!output) return "?";
  std::string text = output->text();
  const bool alike = std::ranges::all_of(moreOutputs, [&](const Shape& shape) { return shape == *output; });
  if (!moreOutputs.empty() && alike) return fmt::format("{} ({} outputs)", text, moreOutputs.size() + 1);
  for (const Shape& shape : moreOutputs) text += ", " + shape.text();
  return text;
}

std::optional<Shape> Analysis::shapeOf(Source source) const {
  const auto facts = layers.find(source.layer);
  if (facts == layers.end() || source.port == 0)
    return facts == layers.end() ? std::nullopt : facts->second.output;
  const auto more = static_cast<std::size_t>(source.port - 1);
  if (more >= facts->second.moreOutputs.size()) return std::nullopt;
  return facts->second.moreOutputs[more];
}

bool Analysis::varies(Source source) const {
  const auto facts = layers.find(source.layer);
  const auto port = static_cast<std::size_t>(source.port);
  return facts != layers.end() && port < facts->second.varies.size() && facts->second.varies[port];
}

Analysis analyze(const Network& network) {
  Analysis analysis;
  analysis.problems = checkStructure(network);
  std::set<LayerId> reported;
  for (const Problem& each : analysis.problems) reported.insert(each.layer);
  std::vector<RepeatProblem> repeats;
  const auto drawing = Drawing::of(network, &repeats);
  for (RepeatProblem& each : repeats)
    analysis.problems.push_back(
        problem(each.layer, std::move(each.error), repeatFix(*network.findGroup(each.group), 1)));
  if (!drawing.ok()) {
    analysis.problems.push_back(problem(0, drawing.error()));
    return analysis;
  }
  const auto order = drawing->network().order();
  if (!order.ok()) {
    analysis.problems.push_back(problem(0, order.error()));
    return analysis;
  }

  std::unordered_map<LayerId, const Layer*> byId;
  for (const Layer& layer : drawing->network().layers()) byId.emplace(layer.id, &layer);
  std::map<Source, ValueId> outputs;  // absent: unknown because of an upstream problem
  Program scratch;
  for (const LayerId id : *order) {
    const Layer& layer = *byId.at(id);
    const LayerDef& def = *findLayer(layer.type);
    const auto [drawn, repetition] = drawing->origin(id);
    LayerFacts& facts = analysis.layers[drawn];
    // Set by the previous repetition, but perhaps unknown for this one.
    facts.output.reset();
    facts.moreOutputs.clear();
    facts.varies.clear();
    if (auto error = checkArity(layer, def)) {
      std::optional<Fix> fix;
      if (layer.inputs.size() == 1)
        fix = Fix{.label = "Remove " + layer.name, .action = RemoveLayer{}};  // bridged
      if (repetition == 1 && !reported.contains(id))
        analysis.problems.push_back(problem(id, std::move(*error), std::move(fix)));
      continue;
    }
    std::vector<ValueId> inputs;
    for (const Source& input : layer.inputs)
      if (const auto it = outputs.find(input); it != outputs.end()) inputs.push_back(it->second);
    if (inputs.size() != layer.inputs.size()) continue;

    const std::size_t nodes = scratch.nodes.size();
    const std::size_t parameters = scratch.parameters.size(), states = scratch.states.size();
    if (layer.type == "input") {
      const auto x = addInputValue(layer, 1, scratch);
      if (!x.ok()) {
        analysis.problems.push_back(problem(id, x.error()));
        continue;
      }
      inputs = {*x};
    }
    const auto lowered = lowerLayer(layer, inputs, true, 0, scratch);
    if (!lowered.ok()) {
      const auto fix = repetition == 1 ? findFix(layer, inputs, scratch) : drawing->shorten(id);
      analysis.problems.push_back(problem(drawn, drawing->explain(lowered.error(), layer), fix));
      continue;
    }
    for (const Source& output : outputsOf(layer))
      outputs[output] = lowered->at(static_cast<std::size_t>(output.port));
    const LayerFacts added = factsSince(scratch, nodes, parameters, states, *lowered);
    facts.output = added.output;
    facts.moreOutputs = added.moreOutputs;
    facts.varies = added.varies;
    facts.parameters += added.parameters;
    facts.untrained += added.untrained;
    facts.forwardFlops += added.forwardFlops;
    facts.activationBytes += added.activationBytes;
    analysis.parameters += added.parameters;
    analysis.untrained += added.untrained;
    analysis.forwardFlops += added.forwardFlops;
  }
  return analysis;
}

Result<LayerId> applyFix(const Problem& problem, Network& network) {
  if (!problem.fix || std::holds_alternative<AddHeads>(problem.fix->action))
    return invalid("there is no automatic fix for this problem");
  const auto& action = problem.fix->action;
  const Layer* layer = network.find(problem.layer);
  if (!layer) return Error{ErrorCode::NotFound, "the layer no longer exists", {}, {}};
  Network edited = network;
  LayerId result = problem.layer;
  if (const auto* set = std::get_if<SetRepeat>(&action)) {
    TANDEM_TRY(edited.setRepeat(set->group, set->repeat));
  } else if (std::holds_alternative<RemoveLayer>(action)) {
    TANDEM_TRY(edited.remove(problem.layer));
  } else if (const auto* insert = std::get_if<InsertLayer>(&action)) {
    TANDEM_ASSIGN(result, edited.add(insert->type));
    if (layer->inputs.size() != 1)
      return invalid("needs exactly one input to insert a layer before it", layer->name);
    TANDEM_TRY(edited.connect(layer->inputs[0], result));
    TANDEM_TRY(edited.connect(result, problem.layer, 0));
    if (const Group* group = edited.groupAround({problem.layer, layer->inputs[0].layer}))
      TANDEM_TRY(edited.join(result, group->id));
  } else {
    const auto& property = std::get<SetProperty>(action);
    TANDEM_TRY(edited.setProperty(problem.layer, property.key, property.value));
  }
  network = std::move(edited);
  return result;
}

Result<Lowered> lowerNetwork(const Network& network, std::int64_t batch, bool training, std::uint64_t seed,
                             Program& program) {
  if (const auto problems = checkStructure(network); !problems.empty()) return problems.front().error;
  std::vector<RepeatProblem> repeats;
  TANDEM_ASSIGN(const Drawing drawing, Drawing::of(network, &repeats));
  if (!repeats.empty()) return repeats.front().error;
  TANDEM_ASSIGN(const auto order, drawing.network().order());
  std::unordered_map<LayerId, const Layer*> byId;
  for (const Layer& layer : drawing.network().layers()) byId.emplace(layer.id, &layer);
  std::map<Source, ValueId> outputs;
  Lowered lowered;
  for (const LayerId id : order) {
    const Layer& layer = *byId.at(id);
    if (const auto error = checkArity(layer, *findLayer(layer.type))) return *error;
    std::vector<ValueId> inputs;
    for (const Source& input : layer.inputs) inputs.push_back(outputs.at(input));
    if (layer.type == "input") {
      TANDEM_ASSIGN(const ValueId x, addInputValue(layer, batch, program));
      lowered.inputs.emplace(id, x);
      inputs = {x};
    }
    const auto values = lowerLayer(layer, inputs, training, seed, program);
    if (!values.ok()) return drawing.explain(values.error(), layer);
    if (layer.type == "input")
      for (const ValueId value : {inputs[0], program.value(inputs[0]).lengths})
        if (value != kNoValue)
          program.value(value).layer = static_cast<std::int32_t>(program.layers.size()) - 1;
    for (const Source& output : outputsOf(layer))
      outputs[output] = lowered.outputs[{drawing.origin(id).layer, output.port}] =
          values->at(static_cast<std::size_t>(output.port));
  }
  return lowered;
}

}  // namespace tandem
