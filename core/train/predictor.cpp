#include "core/train/predictor.h"

#include <algorithm>
#include <cmath>

namespace tandem {
namespace {

// Samples that are computed at once may use this much memory apart from the weights, so that a long list needs no
// more than a short one. One sample may need more.
constexpr std::size_t kChunkBytes = std::size_t{128} << 20;

std::size_t bytesOfBatch(const Plan& plan) {
  return plan.forecast.activations + plan.forecast.workspace + plan.forecast.inputs;
}

// Whether the network of a checkpoint fits the data that it says it was trained on.
Status checkData(const Checkpoint& checkpoint) {
  const Network& network = checkpoint.project.network;
  const Analysis analysis = analyze(network);
  if (!analysis.ok()) return analysis.problems.front().error;
  DatasetInfo data;
  data.name = "the training data";
  data.sample = checkpoint.sample;
  data.classNames = checkpoint.preprocessing.classNames();
  data.classes = static_cast<int>(data.classNames.size());
  data.targets = analysis.layers.at(*network.outputLayer()).output->elements();
  const auto problems = checkAgainstData(network, checkpoint.project.training, data);
  return problems.empty() ? success() : Status(problems.front().error);
}

// Whether the layer that turns logits into probabilities can be left out, so that the network outputs the logits.
bool canOutputLogits(const Network& network, const Layer& last) {
  if (network.groupOf(last.id)) return false;  // a repeated one applies the activation in between, too
  if (last.type != "activation") return true;
  if (last.inputs.empty() || network.find(last.inputs[0])->type == "input") return false;
  const Analysis analysis = analyze(network);
  return analysis.ok() && analysis.layers.at(last.id).output->rank() == 1;  // one softmax per sample
}

// As in training, which computes losses from the input of a final softmax or sigmoid.
Result<OutputMeaning> outputLogits(Network& network, OutputMeaning output) {
  if (output != OutputMeaning::Probabilities) return output;
  const Layer& last = *network.find(*network.outputLayer());
  for (const OutputMeaning logits : {OutputMeaning::SoftmaxLogits, OutputMeaning::SigmoidLogits}) {
    if (!endsIn(network, activationFor(logits)) || !canOutputLogits(network, last)) continue;
    TANDEM_TRY(last.type == "activation" ? network.remove(last.id)
                                         : network.setProperty(last.id, "activation", std::string("none")));
    return logits;
  }
  return output;
}

}  // namespace

Result<Predictor> Predictor::open(Checkpoint checkpoint, Backend& backend, const DeviceOptions& device,
                                  std::int64_t batch) {
  TANDEM_TRY(checkData(checkpoint));
  checkpoint.optimizer = {};  // up to twice as large as the weights
  const OutputMeaning output = outputMeaning(checkpoint.project);
  Preprocessing preprocessing = checkpoint.preprocessing.fields.empty() ? unnamedFields(checkpoint.sample, {})
                                                                        : std::move(checkpoint.preprocessing);
  NamedWeights weights;
  for (auto* arrays : {&checkpoint.parameters, &checkpoint.states})
    for (NamedArray& array : *arrays)
      weights.insert_or_assign(std::move(array.name), Weight{array.shape, std::move(array.values)});
  return open(std::move(checkpoint.project.network), std::move(weights), std::move(preprocessing), output,
              backend, device, batch);
}

Result<Predictor> Predictor::open(ImportedModel model, Backend& backend, const DeviceOptions& device,
                                  std::int64_t batch) {
  NamedWeights weights;
  for (ImportedModel::Weight& weight : model.weights)
    weights.insert_or_assign(std::move(weight.name), Weight{weight.shape, std::move(weight.values)});
  return open(std::move(model.network), std::move(weights), std::move(model.preprocessing), model.output,
              backend, device, batch);
}

Result<Predictor> Predictor::open(Network network, NamedWeights weights, Preprocessing preprocessing,
                                  OutputMeaning output, Backend& backend, const DeviceOptions& device,
                                  std::int64_t batch) {
  TANDEM_ASSIGN(output, outputLogits(network, output));
  Predictor p;
  p.network_ = std::move(network);
  p.backend_ = &backend;
  p.device_ = device;
  TANDEM_ASSIGN(p.plan_, compileForInference(p.network_, 1, device, backend));
  TANDEM_ASSIGN(const bool exact, foldsExactly(*p.plan_, weights));
  if (!exact) {
    p.options_.foldBatchNorms = false;
    TANDEM_ASSIGN(p.plan_, compileForInference(p.network_, 1, device, backend, p.options_));
  }
  const Program& program = p.plan_->evaluate.program;
  p.sample_ = program.type(p.plan_->evaluate.features).shape.withoutFirst();
  p.width_ = program.type(p.plan_->evaluate.output).shape.withoutFirst().elements();
  if (preprocessing.sample().elements() != p.sample_.elements())
    return invalid("the network reads samples of " + p.sample_.text() + ", but its data has " +
                       preprocessing.sample().text(),
                   {}, "Train or export the model again");
  p.describe(std::move(preprocessing), output);
  const std::size_t perSample = std::max<std::size_t>(1, bytesOfBatch(*p.plan_));
  p.chunk_ = std::clamp<std::int64_t>(static_cast<std::int64_t>(kChunkBytes / perSample), 1,
                                      std::max<std::int64_t>(1, batch));
  TANDEM_ASSIGN(p.session_, backend.open(p.plan_));
  TANDEM_TRY(writeWeights(*p.plan_, *p.session_, std::move(weights)));
  return p;
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
  TANDEM_ASSIGN(plan_, compileForInference(network_, batch, device_, *backend_, options_));
  TANDEM_ASSIGN(auto session, backend_->open(plan_));
  TANDEM_TRY(session->write(Role::Parameter, 0, parameters_));
  TANDEM_TRY(session->write(Role::State, 0, states_));
  session_ = std::move(session);
  parameters_ = states_ = {};
  return success();
}

void Predictor::describe(Preprocessing preprocessing, OutputMeaning output) {
  preprocessing_ = std::move(preprocessing);
  classNames_ = preprocessing_.classNames();
  output_ = output;
}

std::vector<double> Predictor::inTargetUnit(std::span<const float> predictions) const {
  std::vector<double> values(predictions.begin(), predictions.end());
  const Field* target = preprocessing_.target();
  if (output_ != OutputMeaning::Values || !target || target->mean.empty()) return values;
  for (double& value : values) value = value / target->scale[0] + target->mean[0];
  return values;
}

void Predictor::toProbabilities(std::span<float> answers) const {
  if (output_ == OutputMeaning::SigmoidLogits)
    for (float& x : answers) x = 1 / (1 + std::exp(-x));
  if (output_ != OutputMeaning::SoftmaxLogits) return;
  const auto width = static_cast<std::size_t>(width_);
  for (std::size_t row = 0; row + width <= answers.size(); row += width) {
    const std::span<float> logits = answers.subspan(row, width);
    const float largest = *std::ranges::max_element(logits);
    float sum = 0;
    for (float& x : logits) sum += x = std::exp(x - largest);
    for (float& x : logits) x /= sum;
  }
}

Result<std::vector<float>> Predictor::predict(std::span<const float> features) {
  TANDEM_ASSIGN(std::vector<float> answers, outputs(features));
  toProbabilities(answers);
  return answers;
}

Result<std::vector<float>> Predictor::outputs(std::span<const float> features) {
  const auto perSample = static_cast<std::size_t>(sample_.elements());
  TANDEM_CHECK(features.size() % perSample == 0, "features do not fill whole samples");
  const std::size_t rows = features.size() / perSample;
  if (rows == 0) return std::vector<float>();
  const std::size_t chunks = (rows + static_cast<std::size_t>(chunk_) - 1) / static_cast<std::size_t>(chunk_);
  const auto even = static_cast<std::int64_t>((rows + chunks - 1) / chunks);
  if (!session_ || even > plan_->batch) TANDEM_TRY(setBatch(even));
  const auto batch = static_cast<std::size_t>(plan_->batch);
  const PhasePlan& phase = plan_->evaluate;
  std::vector<float> padded, block(batch * static_cast<std::size_t>(width_)), answers;
  answers.reserve(rows * static_cast<std::size_t>(width_));
  for (std::size_t first = 0; first < rows; first += batch) {
    const std::size_t count = std::min(batch, rows - first);
    std::span<const float> samples = features.subspan(first * perSample, count * perSample);
    if (count < batch) {
      padded.assign(batch * perSample, 0.0f);
      std::ranges::copy(samples, padded.begin());
      samples = padded;
    }
    const StepInputs inputs{samples.data(), nullptr, {}};
    TANDEM_ASSIGN(const Ticket ticket, session_->submit(Phase::Evaluate, inputs));
    TANDEM_TRY(session_->wait(ticket));
    TANDEM_TRY(session_->readValue(Phase::Evaluate, phase.output, std::as_writable_bytes(std::span(block))));
    answers.insert(answers.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count) * width_);
  }
  return answers;
}

}  // namespace tandem
