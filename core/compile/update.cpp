#include "core/compile/passes.h"
#include "core/ops/accumulate_gradient.h"
#include "core/ops/average_weights.h"
#include "core/ops/clip_gradient.h"
#include "core/ops/loss_scale.h"
#include "core/ops/loss_scale_update.h"
#include "core/ops/regularize.h"
#include "core/ops/update_faults.h"

namespace tandem {

namespace {

std::string_view clipMode(ClipKind kind) {
  return kind == ClipKind::None ? "none" : kind == ClipKind::Norm ? "norm" : "value";
}

}  // namespace

OptimizerBlock OptimizerBlock::of(const TrainingConfig& training, std::size_t parameterBytes) {
  OptimizerBlock block;
  block.stateBytes = optimizerStateBytes(training.optimizer, parameterBytes);
  block.meanGradient = block.stateBytes;
  block.average = block.meanGradient + (training.accumulate > 1 ? parameterBytes : 0);
  block.bytes = block.average + (training.average > 0 ? parameterBytes : 0);
  return block;
}

Status update(Draft& draft, const TrainingConfig& training) {
  Program& p = draft.program;
  p.currentPart = Part::Update;
  p.layers.push_back("optimizer");
  const auto layer = static_cast<std::int32_t>(p.layers.size()) - 1;
  p.currentLayer = layer;
  const OptimizerBlock parts = OptimizerBlock::of(training, p.type(draft.parameterBlock).bytes());
  ValueId block = kNoValue;
  if (parts.bytes > 0) {
    Value value;
    value.type = {DType::F32, Shape{static_cast<std::int64_t>(parts.bytes / sizeof(float))}};
    value.role = Role::Optimizer;
    value.name = "optimizer";
    block = p.addValue(std::move(value));
  }
  // Before the penalties, which thus count once per update.
  if (training.accumulate > 1 && parts.bytes > 0) {
    const ValueId mean =
        p.addView(block, parts.meanGradient, p.type(draft.gradientBlock), "optimizer/mean_gradient");
    TANDEM_TRY(p.append(ops::accumulate_gradient, {}, {draft.gradientBlock, mean, draft.step}));
  }
  for (const auto& [index, gradient] : draft.gradients) {
    const ParameterInfo& info = p.parameters[index];
    const double l1 = info.l1 + (info.decays ? training.l1 : 0),
                 l2 = info.l2 + (info.decays ? training.l2 : 0);
    if (l1 == 0 && l2 == 0) continue;
    p.currentLayer = p.value(info.value).layer;
    std::vector<ValueId> inputs{gradient, info.value};
    if (draft.scalesLoss) inputs.push_back(draft.step);
    TANDEM_TRY(p.append(ops::regularize, {{"l1", l1}, {"l2", l2}}, inputs));
  }
  p.currentLayer = layer;
  ValueId gradients = draft.gradientBlock, step = draft.step;
  if (training.clip != ClipKind::None || draft.scalesLoss) {
    TANDEM_ASSIGN(const auto clipped,
                  p.append(ops::clip_gradient,
                           {{"mode", std::string(clipMode(training.clip))}, {"limit", training.clipLimit}},
                           {gradients, step}));
    gradients = clipped[0];
    ValueId norm = clipped[1];
    if (draft.scalesLoss) {
      Attrs attrs = biasAttrs(training.optimizer);
      if (training.average > 0) attrs.set("average", training.average);
      TANDEM_ASSIGN(const auto scaled,
                    p.append(ops::loss_scale_update, std::move(attrs), {draft.lossScale, norm, step}));
      step = scaled[1];
      norm = scaled[2];
      report(draft, scaled[3],
             {.name = std::string(kLossScaleReport), .trainingOnly = true, .reducer = Reducer::Last});
      report(draft, scaled[4],
             {.name = std::string(kSkippedStepsReport), .trainingOnly = true, .reducer = Reducer::Last});
    }
    if (training.clip != ClipKind::None)
      report(draft, norm,
             {.name = "gradient_norm", .trainingOnly = true, .reducer = Reducer::MeanOverUpdates});
  }
  ValueId state = kNoValue;
  if (parts.stateBytes > 0)
    state =
        p.addView(block, 0, {DType::F32, Shape{static_cast<std::int64_t>(parts.stateBytes / sizeof(float))}},
                  "optimizer/state");
  Attrs attrs = updateAttrs(training.optimizer);
  if (training.optimizer.def().byParameter) {
    std::vector<std::int64_t> starts;
    for (const ParameterInfo& info : p.parameters)
      starts.push_back(static_cast<std::int64_t>(info.offsetBytes / sizeof(float)));
    attrs.set("starts", std::move(starts));
  }
  draft.faults = p.addValue({.type = {DType::F32, Shape{kUpdateFaults}}});
  placeInReport(draft, draft.faults, "faults");
  TANDEM_CHECK(draft.reportUsed <= kReportBlock, "report block is full");
  TANDEM_TRY(p.append(*training.optimizer.def().op, std::move(attrs),
                      {draft.parameterBlock, gradients, state, step, draft.faults}));
  if (training.average > 0 && parts.bytes > 0) {
    const ValueId average =
        p.addView(block, parts.average, p.type(draft.parameterBlock), "optimizer/average");
    TANDEM_TRY(p.append(ops::average_weights, {}, {average, draft.parameterBlock, step}));
  }
  return success();
}

}  // namespace tandem
