#include "core/train/predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tandem {
namespace {

// Samples that are computed at once may use this much memory apart from the weights, so that a long list needs no
// more than a short one. One sample may need more.
constexpr std::size_t kChunkBytes = std::size_t{128} << 20;

// The lengths of samples of tokens, if there are any, that come without them: their ends are padded with 0.
void measureTokens(std::span<const std::int32_t> tokens, std::span<std::int32_t> lengths) {
  if (tokens.empty()) return;
  const std::size_t width = tokens.size() / lengths.size();
  for (std::size_t sample = 0; sample < lengths.size(); ++sample)
    for (const auto own = tokens.subspan(sample * width, width);
         lengths[sample] > 1 && own[static_cast<std::size_t>(lengths[sample]) - 1] == 0;)
      --lengths[sample];
}

// Tokens of a text are always in the vocabulary, but those of a table need not be.
Status checkTokens(std::span<const float> tokens, const Network& network, LayerId input) {
  double vocabulary = 1 << 24;  // of the smallest table; float32 holds whole numbers up to here
  for (const Layer& layer : network.layers())
    if (layer.type == "embedding" && layer.inputs[0] == Source(input))
      vocabulary = std::min(vocabulary, static_cast<double>(integerOf(findLayer(layer.type)->properties,
                                                                      layer.properties, "vocabulary")));
  for (const float token : tokens)
    if (const double value = token; !(value >= 0 && value < vocabulary && value == std::floor(value)))
      return invalid(fmt::format("the value {} of a sample is not a token", value), network.find(input)->name,
                     fmt::format("Tokens are whole numbers from 0 to {}", vocabulary - 1));
  return success();
}

std::size_t bytesOfBatch(const Plan& plan) {
  return plan.forecast.activations + plan.forecast.workspace + plan.forecast.inputs;
}

// The inputs of tokens and those that vary in length are what the network, which was trained on them, takes them for.
void describeSequences(const Network& network, const Preprocessing& preprocessing, DatasetInfo& data) {
  const std::vector<InputFields> fields = preprocessing.inputs();
  for (const LayerId id : network.inputs()) {
    const Layer& layer = *network.find(id);
    const auto index = tensorOf(layer, network, data);
    if (!index.ok()) continue;  // reported by the check that follows
    DataTensor& input = data.inputs[*index];
    if (readsTokens(layer)) {
      input.classNames = fields[*index].fields[0]->categories;
      input.classes = std::max(1, static_cast<int>(input.classNames.size()));
    }
    input.varies = variesInLength(layer);
  }
  for (const DataTensor& input : data.inputs)
    if (input.varies) data.lengths.push_back({.name = input.name + " length", .classes = 1});
}

// The data that a checkpoint was trained on, as far as its network must fit it.
DatasetInfo dataOf(const Checkpoint& checkpoint, const Preprocessing& preprocessing,
                   const Analysis& analysis) {
  DatasetInfo data;
  data.name = "the training data";
  data.inputs.clear();
  data.targets.clear();
  for (const InputFields& input : preprocessing.inputs()) data.inputs.push_back({input.name, input.sample()});
  if (data.inputs.size() == 1) data.inputs[0].sample = checkpoint.sample;
  describeSequences(checkpoint.project.network, preprocessing, data);
  for (const Field* field : preprocessing.targets()) {
    DataTensor& target = data.targets.emplace_back(DataTensor{.name = field->name, .sample = Shape{1}});
    if (field->kind == FieldKind::Category) {
      target.sample = field->image.rank() == 3   ? Shape{field->image[0], field->image[1]}
                      : field->image.rank() == 1 ? field->image
                                                 : Shape{};
      target.classNames = field->categories;
      target.classes = static_cast<int>(field->categories.size());
    }
  }
  // A target of several columns that the checkpoint does not name.
  if (const auto output = outputOf(checkpoint.project.training.heads[0], checkpoint.project.network);
      output.ok() && data.targets.size() == 1 && data.targets[0].classes == 0 &&
      checkpoint.project.training.heads.size() == 1)
    data.targets[0].sample = *analysis.shapeOf(*output);
  // Classes or numbers of each step of a sequence, whose number of steps the description of a target lacks.
  for (const Head& head : checkpoint.project.training.heads) {
    const auto output = outputOf(head, checkpoint.project.network);
    const auto targets = targetsOf(head, data);
    if (!output.ok() || !targets.ok()) continue;
    const Shape shape = *analysis.shapeOf(*output);
    for (const std::size_t index : *targets) {
      if (index < data.inputs.size() || shape.rank() != 2) continue;
      DataTensor& target = data.targets[index - data.inputs.size()];
      target.varies = analysis.varies(*output);
      if (target.classes > 0 && target.sample.rank() == 0) target.sample = Shape{shape[0]};
      if (target.classes == 0 && target.varies && target.sample.rank() == 1)
        target.sample = Shape{shape[0], target.sample[0]};
    }
  }
  return data;
}

// Whether the network of a checkpoint fits the data that it says it was trained on.
Status checkData(const Checkpoint& checkpoint, const Preprocessing& preprocessing) {
  const Network& network = checkpoint.project.network;
  const Analysis analysis = analyze(network);
  if (!analysis.ok()) return analysis.problems.front().error;
  TrainingConfig training = checkpoint.project.training;
  training.augment.clear();  // of the training data, which is not here
  const auto problems = checkAgainstData(network, training, dataOf(checkpoint, preprocessing, analysis));
  return problems.empty() ? success() : Status(problems.front().error);
}

// Whether the layer that turns logits into probabilities can be left out, so that the network outputs the logits.
bool canOutputLogits(const Network& network, const Layer& last) {
  if (network.groupOf(last.id)) return false;  // a repeated one applies the activation in between, too
  if (last.type != "activation") return true;
  if (last.inputs.empty() || network.find(last.inputs[0].layer)->type == "input") return false;
  const Analysis analysis = analyze(network);
  return analysis.ok() && analysis.layers.at(last.id).output->rank() == 1;  // one softmax per sample
}

// As in training, which computes losses from the input of a final softmax or sigmoid. `id` becomes that of the
// logits.
Result<OutputMeaning> outputLogits(Network& network, Source& id, OutputMeaning output) {
  if (output != OutputMeaning::Probabilities) return output;
  const Layer last = *network.find(id.layer);
  const std::vector<Source> leaves = network.outputs();
  if (std::ranges::find(leaves, id) == leaves.end()) return output;  // other layers read the probabilities
  for (const OutputMeaning logits : {OutputMeaning::SoftmaxLogits, OutputMeaning::SigmoidLogits}) {
    if (!endsIn(last, activationFor(logits)) || !canOutputLogits(network, last)) continue;
    if (last.type == "activation") {
      TANDEM_TRY(network.remove(last.id));
      id = last.inputs[0];
    } else {
      TANDEM_TRY(network.setProperty(last.id, "activation", std::string("none")));
    }
    return logits;
  }
  return output;
}

void toProbabilities(OutputMeaning meaning, std::size_t width, std::span<float> answers) {
  if (meaning == OutputMeaning::SigmoidLogits)
    for (float& x : answers) x = 1 / (1 + std::exp(-x));
  if (meaning != OutputMeaning::SoftmaxLogits) return;
  for (std::size_t row = 0; row + width <= answers.size(); row += width) {
    const std::span<float> logits = answers.subspan(row, width);
    const float largest = *std::ranges::max_element(logits);
    float sum = 0;
    for (float& x : logits) sum += x = std::exp(x - largest);
    for (float& x : logits) x /= sum;
  }
}

// The fields of a file that another program may have written: one kind of target, and of several targets of classes, two
// classes each.
Status checkTargets(const PredictorOutput& output) {
  const auto isInput = [](const Field* field) { return field->role == FieldRole::Feature; };
  const auto isClass = [](const Field* field) { return field->kind == FieldKind::Category; };
  const auto inputs = std::ranges::count_if(output.targets, isInput);
  const auto classes = std::ranges::count_if(output.targets, isClass);
  const bool uniform = inputs == std::ssize(output.targets) ||
                       (inputs == 0 && (classes == 0 || classes == std::ssize(output.targets)));
  const bool two =
      output.targets.size() < 2 || inputs > 0 || classes == 0 ||
      std::ranges::all_of(output.targets, [](const Field* f) { return f->categories.size() == 2; });
  if (uniform && two) return success();
  return invalid("the description of the data does not fit the output", output.layer,
                 "Train or export the model again");
}

const std::vector<std::string> kNoNames;

}  // namespace

std::size_t PredictorOutput::valuesOf(std::span<const std::vector<std::int32_t>> lengths,
                                      std::size_t row) const {
  const auto all = static_cast<std::size_t>(width());
  if (!lengthsOf || lengths.size() <= *lengthsOf || lengths[*lengthsOf].empty()) return all;
  const auto steps = static_cast<std::int64_t>(lengths[*lengthsOf][row]);
  return static_cast<std::size_t>(std::clamp<std::int64_t>(steps, 1, shape[0]) * (width() / shape[0]));
}

const std::vector<std::string>& PredictorOutput::classNames() const {
  return targets.size() == 1 ? targets[0]->categories : kNoNames;
}

Result<Predictor> Predictor::open(Checkpoint checkpoint, Backend& backend, const DeviceOptions& device,
                                  std::int64_t batch) {
  Preprocessing preprocessing = checkpoint.preprocessing.fields.empty() ? unnamedFields(checkpoint.sample, {})
                                                                        : std::move(checkpoint.preprocessing);
  TANDEM_TRY(checkData(checkpoint, preprocessing));
  checkpoint.optimizer = {};  // up to twice as large as the weights
  std::vector<ModelOutput> outputs = modelOutputs(checkpoint.project);
  NamedWeights weights;
  for (auto* arrays : {&checkpoint.parameters, &checkpoint.states})
    for (NamedArray& array : *arrays)
      weights.insert_or_assign(std::move(array.name), Weight{array.shape, std::move(array.values)});
  return open(std::move(checkpoint.project.network), std::move(weights), std::move(preprocessing),
              std::move(outputs), backend, device, batch);
}

Result<Predictor> Predictor::open(ImportedModel model, Backend& backend, const DeviceOptions& device,
                                  std::int64_t batch) {
  NamedWeights weights;
  for (ImportedModel::Weight& weight : model.weights)
    weights.insert_or_assign(std::move(weight.name), Weight{weight.shape, std::move(weight.values)});
  return open(std::move(model.network), std::move(weights), std::move(model.preprocessing),
              std::move(model.outputs), backend, device, batch);
}

Result<Predictor> Predictor::open(Network network, NamedWeights weights, Preprocessing preprocessing,
                                  std::vector<ModelOutput> outputs, Backend& backend,
                                  const DeviceOptions& device, std::int64_t batch) {
  constexpr std::size_t kMost = 64;  // outputs of a file
  if (outputs.empty() || outputs.size() > kMost)
    return invalid("the model has " + std::to_string(outputs.size()) + " outputs; 1 to 64 are supported");
  Predictor p;
  for (ModelOutput& output : outputs) {
    Source source = network.findSource(output.layer).value();
    TANDEM_ASSIGN(output.meaning, outputLogits(network, source, output.meaning));
    p.sources_.push_back(source);
  }
  p.network_ = std::move(network);
  p.backend_ = &backend;
  p.device_ = device;
  TANDEM_ASSIGN(p.plan_, p.compileFor(1));
  TANDEM_ASSIGN(const bool exact, foldsExactly(*p.plan_, weights));
  if (!exact) {
    p.options_.foldBatchNorms = false;
    TANDEM_ASSIGN(p.plan_, p.compileFor(1));
  }
  TANDEM_TRY(p.describe(std::move(preprocessing), std::move(outputs)));
  const std::size_t perSample = std::max<std::size_t>(1, bytesOfBatch(*p.plan_));
  p.chunk_ = std::clamp<std::int64_t>(static_cast<std::int64_t>(kChunkBytes / perSample), 1,
                                      std::max<std::int64_t>(1, batch));
  TANDEM_ASSIGN(p.session_, backend.open(p.plan_));
  TANDEM_TRY(writeWeights(*p.plan_, *p.session_, std::move(weights)));
  return p;
}

Result<std::shared_ptr<const Plan>> Predictor::compileFor(std::int64_t batch) const {
  return compileForInference(network_, sources_, batch, device_, *backend_, options_);
}

// The layout of the weights does not depend on the batch.
Status Predictor::setBatch(std::int64_t batch) {
  if (session_) {
    parameters_.resize(plan_->parameterBytes);
    states_.resize(plan_->stateBytes);
    TANDEM_TRY(session_->read(Role::Parameter, 0, parameters_));
    TANDEM_TRY(session_->read(Role::State, 0, states_));
    session_.reset();
  }
  TANDEM_ASSIGN(plan_, compileFor(batch));
  TANDEM_ASSIGN(auto session, backend_->open(plan_));
  TANDEM_TRY(session->write(Role::Parameter, 0, parameters_));
  TANDEM_TRY(session->write(Role::State, 0, states_));
  session_ = std::move(session);
  parameters_ = states_ = {};
  return success();
}

Status Predictor::describe(Preprocessing preprocessing, std::vector<ModelOutput> outputs) {
  const PhasePlan& phase = plan_->evaluate;
  preprocessing_ = std::move(preprocessing);
  const auto misfit = [](const std::string& what) {
    return invalid(what, {}, "Train or export the model again");
  };
  // Each input reads the fields of its name or shape, as in training.
  DatasetInfo data;
  data.name = "the training data";
  data.inputs.clear();
  for (const InputFields& input : preprocessing_.inputs())
    data.inputs.push_back({input.name, input.sample()});
  std::vector<std::string> used;
  const std::vector<LayerId> layers = network_.inputs();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    TANDEM_ASSIGN(const std::size_t index, tensorOf(*network_.find(layers[i]), network_, data));
    const Shape sample = phase.program.type(phase.inputs[i].value).shape.withoutFirst();
    if (data.inputs[index].sample.elements() != sample.elements())
      return misfit("the network reads samples of " + sample.text() + ", but its data has " +
                    data.inputs[index].sample.text());
    if (std::ranges::find(used, data.inputs[index].name) != used.end())
      return misfit("two inputs of the network read " + data.inputs[index].name);
    used.push_back(data.inputs[index].name);
  }
  ignoreUnused(preprocessing_, used, outputs);
  const std::vector<InputFields> inputs = preprocessing_.inputs();
  for (const InputFields& input : inputs) samples_.push_back(input.sample());
  for (std::size_t i = 0; i < used.size(); ++i) {
    const auto index =
        static_cast<std::size_t>(std::ranges::find(inputs, used[i], &InputFields::name) - inputs.begin());
    fieldsOf_.push_back(index);
    samples_[index] = phase.program.type(phase.inputs[i].value).shape.withoutFirst();
    if (phase.program.value(phase.inputs[i].value).lengths != kNoValue) varying_.push_back(index);
  }
  const Analysis analysis = analyze(network_);
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    PredictorOutput& output = outputs_.emplace_back();
    output.layer = std::move(outputs[o].layer);
    output.meaning = outputs[o].meaning;
    output.shape = phase.program.type(phase.outputs[o].value).shape.withoutFirst();
    if (!varying_.empty() && analysis.ok() && analysis.varies(sources_[o]))
      if (const std::size_t input = *std::ranges::min_element(varying_);
          output.shape[0] == samples_[input][0])
        output.lengthsOf = input;
    if (outputs[o].targets.empty()) output.targets = preprocessing_.targets();
    for (const std::string& name : outputs[o].targets) {
      const std::size_t before = output.targets.size();
      const bool target = preprocessing_.target(name) != nullptr;
      for (const Field& field : preprocessing_.fields)
        if (field.role == (target ? FieldRole::Target : FieldRole::Feature) && tensorOf(field) == name)
          output.targets.push_back(&field);
      if (output.targets.size() == before)
        return misfit("the data does not describe what " + output.layer + " predicts");
    }
    TANDEM_TRY(checkTargets(output));
  }
  return success();
}

std::vector<double> Predictor::inUnit(const PredictorOutput& output,
                                      std::span<const float> predictions) const {
  std::vector<double> values(predictions.begin(), predictions.end());
  if (output.predictsClasses()) return values;
  std::vector<double> mean, scale;  // of each value, or of each channel
  for (const Field* target : output.targets) {
    const std::size_t count = target->kind == FieldKind::Image ? static_cast<std::size_t>(target->image[-1])
                                                               : static_cast<std::size_t>(target->width());
    for (std::size_t i = 0; i < count; ++i) {
      const double levels = target->kind == FieldKind::Image ? 255 : 1;  // as images are given
      mean.push_back(levels *
                     (target->mean.empty() ? 0 : target->mean[std::min(i, target->mean.size() - 1)]));
      scale.push_back((target->scale.empty() ? 1 : target->scale[std::min(i, target->scale.size() - 1)]) /
                      levels);
    }
  }
  if (mean.empty()) return values;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = values[i] / scale[i % scale.size()] + mean[i % mean.size()];
  return values;
}

Result<Predictor::Values> Predictor::predict(std::span<const std::vector<float>> inputs,
                                             std::span<const std::vector<std::int32_t>> lengths) {
  TANDEM_ASSIGN(Values answers, run(inputs, lengths));
  for (std::size_t o = 0; o < outputs_.size(); ++o)
    toProbabilities(outputs_[o].meaning, static_cast<std::size_t>(outputs_[o].shape[-1]), answers[o]);
  return answers;
}

Result<Predictor::Values> Predictor::run(std::span<const std::vector<float>> inputs,
                                         std::span<const std::vector<std::int32_t>> lengths) {
  TANDEM_CHECK(inputs.size() == samples_.size(), "values of each input");
  TANDEM_CHECK(lengths.empty() || lengths.size() == samples_.size(), "lengths of each input");
  const auto perSample = [&](std::size_t input) {
    return static_cast<std::size_t>(samples_[input].elements());
  };
  const std::size_t rows = inputs[0].size() / perSample(0);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    TANDEM_CHECK(inputs[i].size() == rows * perSample(i), "inputs do not fill whole samples");
  Values answers(outputs_.size());
  if (rows == 0) return answers;
  const std::size_t chunks = (rows + static_cast<std::size_t>(chunk_) - 1) / static_cast<std::size_t>(chunk_);
  const auto even = static_cast<std::int64_t>((rows + chunks - 1) / chunks);
  if (!session_ || even > plan_->batch) TANDEM_TRY(setBatch(even));
  const auto batch = static_cast<std::size_t>(plan_->batch);
  const PhasePlan& phase = plan_->evaluate;
  std::vector<std::vector<float>> padded(inputs.size());
  std::vector<std::vector<std::int32_t>> integers(fieldsOf_.size() + varying_.size());
  std::vector<float> block;
  for (std::size_t first = 0; first < rows; first += batch) {
    const std::size_t count = std::min(batch, rows - first);
    std::vector<const void*> tensors;
    for (std::size_t i = 0; i < fieldsOf_.size(); ++i) {
      const std::size_t index = fieldsOf_[i], width = perSample(index);
      const float* samples = inputs[index].data() + first * width;
      if (plan_->inputType(i).dtype == DType::I32) {
        TANDEM_TRY(checkTokens({samples, count * width}, network_, network_.inputs()[i]));
        integers[i].assign(batch * width, 0);
        std::transform(samples, samples + count * width, integers[i].begin(),
                       [](float token) { return static_cast<std::int32_t>(token); });
        tensors.push_back(integers[i].data());
        continue;
      }
      if (count < batch) {
        padded[i].assign(batch * width, 0.0f);
        std::copy_n(samples, count * width, padded[i].begin());
        samples = padded[i].data();
      }
      tensors.push_back(samples);
    }
    for (std::size_t i = 0; i < varying_.size(); ++i) {
      std::vector<std::int32_t>& steps = integers[fieldsOf_.size() + i];
      steps.assign(batch, static_cast<std::int32_t>(samples_[varying_[i]][0]));
      if (!lengths.empty() && !lengths[varying_[i]].empty()) {
        TANDEM_CHECK(lengths[varying_[i]].size() == rows, "a length of each row");
        std::copy_n(lengths[varying_[i]].begin() + static_cast<std::ptrdiff_t>(first), count, steps.begin());
      } else {
        const auto field = std::ranges::find(fieldsOf_, varying_[i]) - fieldsOf_.begin();
        measureTokens(integers[static_cast<std::size_t>(field)], steps);
      }
      tensors.push_back(steps.data());
    }
    TANDEM_ASSIGN(const Ticket ticket, session_->submit(Phase::Evaluate, {.tensors = tensors}));
    TANDEM_TRY(session_->wait(ticket));
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
      const auto width = static_cast<std::size_t>(outputs_[o].width());
      block.resize(batch * width);
      TANDEM_TRY(session_->readValue(Phase::Evaluate, phase.outputs[o].value,
                                     std::as_writable_bytes(std::span(block))));
      answers[o].insert(answers[o].end(), block.begin(),
                        block.begin() + static_cast<std::ptrdiff_t>(count * width));
    }
  }
  return answers;
}

}  // namespace tandem
