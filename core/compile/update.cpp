#include "core/compile/passes.h"

namespace tandem {

std::size_t optimizerStateBytes(const OptimizerConfig& config, std::size_t parameterBytes) {
  switch (config.kind) {
    case OptimizerKind::Sgd:
      return config.momentum > 0 ? parameterBytes : 0;
    case OptimizerKind::Adam:
    case OptimizerKind::AdamW:
      return 2 * parameterBytes;
    case OptimizerKind::RmsProp:
      return config.momentum > 0 ? 2 * parameterBytes : parameterBytes;
  }
  return 0;
}

namespace {

struct UpdateOp {
  std::string_view op;
  Attrs attrs;
};

UpdateOp updateOp(const OptimizerConfig& c) {
  switch (c.kind) {
    case OptimizerKind::Sgd:
      return {"sgd_update",
              {{"momentum", c.momentum},
               {"nesterov", std::int64_t{c.nesterov}},
               {"weight_decay", c.weightDecay}}};
    case OptimizerKind::Adam:
    case OptimizerKind::AdamW:
      return {"adam_update",
              {{"beta1", c.beta1},
               {"beta2", c.beta2},
               {"epsilon", c.epsilon},
               {"weight_decay", c.weightDecay},
               {"decoupled", std::int64_t{c.kind == OptimizerKind::AdamW}}}};
    case OptimizerKind::RmsProp:
      return {"rmsprop_update",
              {{"rho", c.rho},
               {"epsilon", c.epsilon},
               {"momentum", c.momentum},
               {"weight_decay", c.weightDecay}}};
  }
  return {};
}

std::string_view clipMode(ClipKind kind) {
  return kind == ClipKind::Norm ? "norm" : "value";
}

}  // namespace

Status update(Draft& draft, const TrainingConfig& training) {
  Program& p = draft.program;
  p.currentPart = Part::Update;
  if (training.l1 > 0 || training.l2 > 0) {
    for (const auto& [index, gradient] : draft.gradients) {
      const ParameterInfo& info = p.parameters[index];
      if (!info.decays) continue;
      p.currentLayer = p.value(info.value).layer;
      TANDEM_TRY(p.append(*findOp("regularize"), {{"l1", training.l1}, {"l2", training.l2}},
                          {gradient, info.value}));
    }
  }
  p.layers.push_back("optimizer");
  p.currentLayer = static_cast<std::int32_t>(p.layers.size()) - 1;
  ValueId gradients = draft.gradientBlock;
  if (training.clip != ClipKind::None) {
    TANDEM_ASSIGN(const auto clipped,
                  p.append(*findOp("clip_gradient"),
                           {{"mode", std::string(clipMode(training.clip))}, {"limit", training.clipLimit}},
                           {gradients, draft.step}));
    gradients = clipped[0];
    const int slot = static_cast<int>(draft.report.size());
    Value& norm = p.value(clipped[1]);
    norm.role = Role::Report;
    norm.base = draft.reportBlock;
    norm.offsetBytes = static_cast<std::size_t>(slot) * sizeof(float);
    draft.report.push_back({"gradient_norm", slot, false, false});
  }
  const std::size_t bytes = optimizerStateBytes(training.optimizer, p.type(draft.parameterBlock).bytes());
  ValueId state = kNoValue;
  if (bytes > 0) {
    Value block;
    block.type = {DType::F32, Shape{static_cast<std::int64_t>(bytes / sizeof(float))}};
    block.role = Role::Optimizer;
    block.name = "optimizer";
    state = p.addValue(std::move(block));
  }
  UpdateOp op = updateOp(training.optimizer);
  TANDEM_TRY(
      p.append(*findOp(op.op), std::move(op.attrs), {draft.parameterBlock, gradients, state, draft.step}));
  return success();
}

}  // namespace tandem
