#include "core/train/blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/compile/compile.h"
#include "core/layers/initializers.h"
#include "core/ops/loss_scale.h"
#include "core/train/loss_watch.h"

namespace tandem {
namespace {

std::span<const std::byte> bytesOf(const std::vector<float>& values) {
  return std::as_bytes(std::span(values));
}

// first: the offset of the arrays in the block.
Result<std::vector<NamedArray>> readArrays(Session& session, Role role,
                                           const std::vector<ParameterInfo>& infos, std::size_t first = 0) {
  std::vector<NamedArray> arrays;
  for (const ParameterInfo& info : infos) {
    std::vector<float> values(static_cast<std::size_t>(info.shape.elements()));
    TANDEM_TRY(session.read(role, first + info.offsetBytes, std::as_writable_bytes(std::span(values))));
    for (const float value : values)
      if (!std::isfinite(value))
        return Error{ErrorCode::Numeric, "a weight is no longer finite", info.name,
                     "Try a lower learning rate, gradient clipping or warm-up"};
    arrays.push_back({info.name, info.shape, std::move(values)});
  }
  return arrays;
}

// bytes: of the arrays together, from `first` in the block.
Status writeArrays(Session& session, Role role, std::size_t bytes, const std::vector<ParameterInfo>& infos,
                   const std::vector<NamedArray>& arrays, std::size_t first = 0) {
  const auto differs = [](const std::string& message, const std::string& where) {
    return invalid(message, where, "Resume with the checkpoint's own project");
  };
  if (arrays.size() != infos.size())
    return differs("the checkpoint has " + std::to_string(arrays.size()) + " arrays, but the network has " +
                       std::to_string(infos.size()),
                   role == Role::State ? "states" : "parameters");
  std::vector<float> block(bytes / sizeof(float));
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (arrays[i].name != infos[i].name || arrays[i].shape != infos[i].shape)
      return differs("the checkpoint has " + arrays[i].name + " of shape " + arrays[i].shape.text() +
                         " where the network has " + infos[i].name + " of shape " + infos[i].shape.text(),
                     arrays[i].name);
    const std::size_t at = infos[i].offsetBytes / sizeof(float);
    std::memcpy(block.data() + at, arrays[i].values.data(), arrays[i].values.size() * sizeof(float));
  }
  return session.write(role, first, bytesOf(block));
}

// The Optimizer block without the averages, which checkpoints store by name.
std::size_t optimizerBytes(const Plan& plan) {
  return plan.averageOffset.value_or(plan.optimizerBytes);
}

// Without one, as at the start or after a run in another precision, the initial loss scale.
Status writeLossScale(const Plan& plan, Session& session, std::vector<float> scale) {
  if (!plan.lossScaleOffset) return success();
  if (scale.empty()) {
    scale.resize(kLossScaleSlots);
    scale[kLossScaleValue] = kFirstLossScale;
  }
  return session.write(Role::State, *plan.lossScaleOffset, bytesOf(scale));
}

}  // namespace

Status writeInitialBlocks(const Plan& plan, Session& session, const Cancelled& cancelled) {
  std::vector<float> values;
  for (const auto& [role, infos] :
       {std::pair{Role::Parameter, &plan.parameters()}, std::pair{Role::State, &plan.states()}})
    for (const ParameterInfo& info : *infos) {
      values.assign(static_cast<std::size_t>(info.shape.elements()), 0.0f);
      TANDEM_TRY(initialize(info, plan.seed, info.stream.value_or(0), values, cancelled));
      TANDEM_TRY(session.write(role, info.offsetBytes, bytesOf(values)));
    }
  TANDEM_TRY(writeLossScale(plan, session, {}));
  const std::vector<std::byte> zeros(std::min(plan.optimizerBytes, std::size_t{64} << 20));
  for (std::size_t at = 0; at < plan.optimizerBytes; at += zeros.size()) {
    TANDEM_TRY(checkCancelled(cancelled));
    const std::size_t bytes = std::min(zeros.size(), plan.optimizerBytes - at);
    TANDEM_TRY(session.write(Role::Optimizer, at, std::span(zeros).first(bytes)));
  }
  return success();
}

Status startAverage(const Plan& plan, Session& session) {
  if (!plan.averageOffset) return success();
  std::vector<float> values;
  for (const ParameterInfo& info : plan.parameters()) {
    values.resize(static_cast<std::size_t>(info.shape.elements()));
    TANDEM_TRY(session.read(Role::Parameter, info.offsetBytes, std::as_writable_bytes(std::span(values))));
    TANDEM_TRY(session.write(Role::Optimizer, *plan.averageOffset + info.offsetBytes, bytesOf(values)));
  }
  return success();
}

Status writeWeights(const Plan& plan, Session& session, const std::vector<NamedArray>& parameters,
                    const std::vector<NamedArray>& states) {
  TANDEM_TRY(writeArrays(session, Role::Parameter, plan.parameterBytes, plan.parameters(), parameters));
  if (const auto& at = plan.averageOffset)
    TANDEM_TRY(
        writeArrays(session, Role::Optimizer, plan.parameterBytes, plan.parameters(), parameters, *at));
  return writeArrays(session, Role::State, plan.stateBytes, plan.states(), states);
}

Status writeBlocks(const Plan& plan, Session& session, const Checkpoint& checkpoint) {
  if (checkpoint.optimizer.size() * sizeof(float) != optimizerBytes(plan))
    return invalid("the checkpoint's optimizer state has a different size from this optimizer's", "optimizer",
                   "Resume with the checkpoint's own project");
  TANDEM_TRY(writeWeights(plan, session, checkpoint.parameters, checkpoint.states));
  if (!checkpoint.trainedParameters.empty())
    TANDEM_TRY(writeArrays(session, Role::Parameter, plan.parameterBytes, plan.parameters(),
                           checkpoint.trainedParameters));
  TANDEM_TRY(writeLossScale(plan, session, checkpoint.lossScale));
  return session.write(Role::Optimizer, 0, bytesOf(checkpoint.optimizer));
}

Status readWeights(const Plan& plan, Session& session, std::vector<NamedArray>& parameters,
                   std::vector<NamedArray>& states) {
  const auto& average = plan.averageOffset;
  TANDEM_ASSIGN(parameters, readArrays(session, average ? Role::Optimizer : Role::Parameter,
                                       plan.parameters(), average.value_or(0)));
  TANDEM_ASSIGN(states, readArrays(session, Role::State, plan.states()));
  return success();
}

Status readBlocks(const Plan& plan, Session& session, Checkpoint& checkpoint) {
  TANDEM_TRY(readWeights(plan, session, checkpoint.parameters, checkpoint.states));
  if (plan.averageOffset) {
    TANDEM_ASSIGN(checkpoint.trainedParameters, readArrays(session, Role::Parameter, plan.parameters()));
  }
  if (plan.lossScaleOffset) {
    checkpoint.lossScale.resize(kLossScaleSlots);
    TANDEM_TRY(session.read(Role::State, *plan.lossScaleOffset,
                            std::as_writable_bytes(std::span(checkpoint.lossScale))));
  }
  checkpoint.optimizer.resize(optimizerBytes(plan) / sizeof(float));
  return session.read(Role::Optimizer, 0, std::as_writable_bytes(std::span(checkpoint.optimizer)));
}

Status checkEpochsLeft(const Checkpoint& checkpoint, const TrainingConfig& training,
                       const std::filesystem::path& file) {
  if (checkpoint.epoch >= training.epochs)
    return invalid(fmt::format("nothing left to train: {} of {} epochs; give --epochs above {}",
                               checkpoint.epoch, training.epochs, checkpoint.epoch),
                   file.string());
  if (checkpoint.batchInEpoch == 0 && stopsEarly(training, checkpoint.stoppingEpochs))
    return invalid(
        fmt::format("nothing left to train: stopped early after {} epochs, {} of them without improvement",
                    checkpoint.epoch, checkpoint.stoppingEpochs),
        file.string(), "Increase the patience of early stopping, or set it to 0");
  return success();
}

Status checkResumable(const Project& saved, const Project& requested, const std::filesystem::path& file) {
  const char* what = nullptr;
  const TrainingConfig &a = saved.training, &b = requested.training;
  DataSpec data = saved.data;
  data.path = requested.data.path;  // the same files may be stored elsewhere
  data.masks = requested.data.masks;
  if (saved.network != requested.network)
    what = "a different network";
  else if (data != requested.data)
    what = "different data";
  else if (a.batch != b.batch)
    what = "a different batch size";
  else if (a.accumulate != b.accumulate)
    what = "a different number of batches per update";
  else if (a.seed != b.seed)
    what = "a different seed";
  else if (!std::ranges::equal(a.heads, b.heads, [](const Head& x, const Head& y) {
             return x.output == y.output && x.targets == y.targets && x.loss == y.loss &&
                    x.weight == y.weight;
           }))
    what = "a different loss";
  else if (&a.optimizer.def() != &b.optimizer.def())
    what = "a different optimizer";
  if (!what) return success();
  return invalid(std::string("the checkpoint was written with ") + what, file.string(),
                 "Resume with the checkpoint's own project, or start a run from its weights");
}

}  // namespace tandem
