#include "core/train/predictor.h"

#include <algorithm>
#include <cmath>

#include "core/compile/compile.h"
#include "core/train/blocks.h"

namespace tandem {
namespace {

// The data that a checkpoint was trained on, as far as the compiler needs it.
DatasetInfo dataOf(const Checkpoint& checkpoint, std::int64_t width) {
  DatasetInfo data;
  data.name = "the training data";
  data.sample = checkpoint.sample;
  data.classNames = checkpoint.classNames;
  data.classes = static_cast<int>(checkpoint.classNames.size());
  data.targets = width;
  return data;
}

bool endsIn(const Network& network, std::string_view activation) {
  const Layer& last = *network.find(*network.outputLayer());
  const std::string_view key = last.type == "activation" ? "function" : "activation";
  return last.properties.text(key, "") == activation;
}

}  // namespace

Result<Predictor> Predictor::open(const Checkpoint& checkpoint, Backend& backend, const DeviceOptions& device,
                                  std::int64_t batch) {
  const Project& project = checkpoint.project;
  const Analysis analysis = analyze(project.network);
  if (!analysis.ok()) return analysis.problems.front().error;
  Predictor p;
  const Shape output = *analysis.layers.at(*project.network.outputLayer()).output;
  p.width_ = output.elements();
  p.sample_ = checkpoint.sample;
  p.classNames_ = checkpoint.classNames;
  p.mean_ = checkpoint.mean;
  p.scale_ = checkpoint.scale;
  TrainingConfig training = project.training;
  training.batch = batch;
  training.device = device;
  TANDEM_ASSIGN(p.plan_, compile(project.network, training, dataOf(checkpoint, p.width_), backend));
  TANDEM_ASSIGN(p.session_, backend.open(p.plan_));
  TANDEM_TRY(writeBlocks(*p.plan_, *p.session_, checkpoint));
  if (training.loss == LossKind::SoftmaxCrossEntropy && !endsIn(project.network, "softmax"))
    p.answer_ = Answer::Softmax;
  if (training.loss == LossKind::BinaryCrossEntropy && !endsIn(project.network, "sigmoid"))
    p.answer_ = Answer::Sigmoid;
  return p;
}

Result<Predictor> Predictor::open(ImportedModel model, Backend& backend, const DeviceOptions& device,
                                  std::int64_t batch) {
  Program program;  // for the order of the weights
  TANDEM_TRY(lowerNetwork(model.network, 1, false, 0, program));
  Checkpoint checkpoint;
  const auto take = [&](const std::vector<ParameterInfo>& infos, std::vector<NamedArray>& arrays) {
    for (const ParameterInfo& info : infos) {
      const auto weight = std::ranges::find(model.weights, info.name, &ImportedModel::Weight::name);
      TANDEM_CHECK(weight != model.weights.end(), info.name);
      arrays.push_back({info.name, weight->shape, std::move(weight->values)});
    }
  };
  take(program.parameters, checkpoint.parameters);
  take(program.states, checkpoint.states);
  checkpoint.project.network = std::move(model.network);
  checkpoint.project.training.loss = LossKind::Mse;  // accepts any output and needs no probabilities
  checkpoint.project.training.optimizer = {.kind = OptimizerKind::Sgd, .momentum = 0};  // has no state
  checkpoint.sample = model.sample;
  return open(checkpoint, backend, device, batch);
}

void Predictor::normalize(std::span<float> features) const {
  if (mean_.empty()) return;
  for (std::size_t i = 0; i < features.size(); ++i)
    features[i] = (features[i] - mean_[i % mean_.size()]) * scale_[i % scale_.size()];
}

void Predictor::toProbabilities(std::span<float> answers) const {
  if (answer_ == Answer::Sigmoid)
    for (float& x : answers) x = 1 / (1 + std::exp(-x));
  if (answer_ != Answer::Softmax) return;
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
  const auto perSample = static_cast<std::size_t>(sample_.elements());
  TANDEM_CHECK(features.size() % perSample == 0, "features do not fill whole samples");
  const std::size_t rows = features.size() / perSample, batch = static_cast<std::size_t>(plan_->batch);
  const PhasePlan& phase = plan_->evaluate;
  std::vector<float> padded(batch * perSample), block(batch * static_cast<std::size_t>(width_)), answers;
  // Loss and metrics are computed too; they get class 0 as labels and their values are ignored.
  const std::vector<std::byte> labels(phase.program.type(phase.labels).bytes());
  for (std::size_t first = 0; first < rows; first += batch) {
    const std::size_t count = std::min(batch, rows - first);
    std::ranges::fill(padded, 0.0f);
    std::ranges::copy(features.subspan(first * perSample, count * perSample), padded.begin());
    normalize(std::span(padded).first(count * perSample));
    StepInputs inputs{padded.data(), labels.data(), {}};
    inputs.step[kStepLossScale] = 1;
    inputs.step[kStepValidRows] = static_cast<float>(count);
    TANDEM_ASSIGN(const Ticket ticket, session_->submit(Phase::Evaluate, inputs));
    TANDEM_TRY(session_->wait(ticket));
    TANDEM_TRY(session_->readValue(Phase::Evaluate, phase.output, std::as_writable_bytes(std::span(block))));
    answers.insert(answers.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count) * width_);
  }
  toProbabilities(answers);
  return answers;
}

}  // namespace tandem
