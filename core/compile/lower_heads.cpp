#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/compile/passes.h"
#include "core/objectives/class_weights.h"
#include "core/ops/activation.h"
#include "core/ops/cast.h"
#include "core/ops/class_weights.h"
#include "core/ops/concat.h"
#include "core/ops/count_steps.h"
#include "core/ops/head_step.h"
#include "core/ops/pack_steps.h"
#include "core/ops/reshape.h"
#include "core/ops/row_loss.h"
#include "core/ops/sample_weights.h"
#include "core/ops/softmax.h"

namespace tandem {
namespace {

const Node* producerOf(const Program& program, ValueId id) {
  for (const Node& node : program.nodes)
    if (std::ranges::find(node.outputs, id) != node.outputs.end()) return &node;
  return nullptr;
}

using Dims = std::vector<std::int64_t>;

Dims dimsOf(const Shape& shape) {
  return {shape.dims().begin(), shape.dims().end()};
}

Result<ValueId> reshaped(Program& p, ValueId x, const Shape& to) {
  if (p.type(x).shape == to) return x;
  Attrs attrs{{"shape", dimsOf(to.withoutFirst())}};
  if (to[0] != p.type(x).shape[0]) attrs.set("rows", to[0]);
  return p.append1(ops::reshape, std::move(attrs), {x});
}

// The input of a final activation that the loss computes itself. Its layer may return a view of it, as dense layers do of
// sequences.
Result<ValueId> logitsOf(Program& p, ValueId output, const LossDef& loss) {
  const Shape shape = p.type(output).shape;
  const Node* last = producerOf(p, output);
  while (last && last->op == &ops::reshape) {
    const Node* before = producerOf(p, last->inputs[0]);
    if (!before || before->layer != last->layer) break;
    last = before;
  }
  if (!last || loss.activation.empty()) return output;
  const std::string activation = last->op == &ops::softmax      ? "softmax"
                                 : last->op == &ops::activation ? last->attrs.text("kind", "")
                                                                : "";
  if (activation != loss.activation) return output;
  return reshaped(p, last->inputs[0], shape);
}

Result<ValueId> converted(Program& p, ValueId x, DType dtype) {
  if (p.type(x).dtype == dtype) return x;
  return p.append1(ops::cast, {{"dtype", std::string(nameOf(dtype))}}, {x});
}

// What the loss and the metrics of a head read.
struct HeadOperands {
  ValueId logits = kNoValue;
  ValueId answers = kNoValue;  // what metrics compare with the targets: numbers after the activation, if any
  ValueId targets = kNoValue;
  ValueId classes = kNoValue;      // the targets as i32, for metrics with MetricForm::classIndices
  ValueId classLogits = kNoValue;  // logits, one row for each of `classes`
  ValueId step = kNoValue, classStep = kNoValue;
  double unit = 1;
  std::vector<std::string> classNames;  // empty: the targets are numbers, or there is nothing to choose from
  std::int64_t rowsPerSample = 1;       // of `classes`
  ValueId weights = kNoValue;           // of the rows or elements in the loss
  // Of sequences that differ in length, whose steps are the rows: their lengths, and the number of all of them.
  ValueId lengths = kNoValue, count = kNoValue;
};

// rows: of each sample, or of each counted row.
Result<ValueId> stepFor(Draft& draft, std::int64_t rows, double weight, ValueId count) {
  if (rows == 1 && weight == 1 && count == kNoValue) return draft.step;
  std::vector<ValueId> operands{draft.step};
  if (count != kNoValue) operands.push_back(count);
  return draft.program.append1(ops::head_step, {{"rows", rows}, {"weight", weight}}, operands);
}

// Where the report block has a value that was placed there; -1 for none.
int placeOf(const Draft& draft, ValueId value) {
  if (value == kNoValue) return -1;
  return static_cast<int>(draft.program.value(value).offsetBytes / sizeof(float));
}

// Makes the valid steps of sequences the rows that the loss and the metrics read.
Status packSteps(Draft& draft, const LossDef& loss, ValueId& output, std::vector<ValueId>& targets,
                 HeadOperands& o) {
  Program& p = draft.program;
  const std::int64_t steps = p.type(output).shape[1];
  const auto packed = [&](ValueId x) { return p.append1(ops::pack_steps, {}, {x, o.lengths}); };
  TANDEM_ASSIGN(o.count, p.append1(ops::count_steps, {{"steps", steps}}, {o.lengths, draft.step}));
  const bool same = o.logits == output;
  TANDEM_ASSIGN(o.logits, packed(o.logits));
  if (same) {
    output = o.logits;
  } else if (loss.target == TargetKind::Values) {
    TANDEM_ASSIGN(output, packed(output));
  }
  for (ValueId& target : targets) {
    TANDEM_ASSIGN(target, packed(target));
  }
  return success();
}

// One class per row: each sample has as many rows as its output has vectors of logits.
Status bringClasses(Draft& draft, const Head& head, ValueId target, HeadOperands& o) {
  Program& p = draft.program;
  const Shape shape = p.type(o.logits).shape;
  const std::int64_t rows = shape.elements() / shape[-1];
  TANDEM_ASSIGN(o.logits, reshaped(p, o.logits, Shape{rows, shape[-1]}));
  TANDEM_ASSIGN(o.targets, reshaped(p, target, Shape{rows}));
  TANDEM_ASSIGN(o.step, stepFor(draft, rows / shape[0], head.weight, o.count));
  o.classes = o.targets;
  o.classLogits = o.logits;
  o.classStep = o.step;
  return success();
}

// Numbers in the shape of the output: classes 0 and 1 as floats, and several targets side by side.
Status bringNumbers(Draft& draft, const Head& head, std::span<const ValueId> targets, HeadOperands& o) {
  Program& p = draft.program;
  const Shape shape = p.type(o.logits).shape;
  std::vector<ValueId> columns;
  for (const ValueId target : targets) {
    TANDEM_ASSIGN(ValueId column, converted(p, target, DType::F32));
    if (p.type(column).shape.rank() == 1) {
      TANDEM_ASSIGN(column, reshaped(p, column, Shape{shape[0], 1}));
    }
    columns.push_back(column);
  }
  if (columns.size() > 1) {
    TANDEM_ASSIGN(o.targets, p.append1(ops::concat, {{"axis", std::int64_t{-1}}}, columns));
  } else {
    TANDEM_ASSIGN(o.targets, reshaped(p, columns[0], shape));  // an image whose output is one vector
  }
  TANDEM_ASSIGN(o.step, stepFor(draft, 1, head.weight, o.count));
  if (head.loss.def().target != TargetKind::TwoClasses) return success();
  // For metrics of classes, each answer is a row.
  const std::int64_t rows = shape.elements();
  TANDEM_ASSIGN(o.classLogits, reshaped(p, o.logits, Shape{rows, 1}));
  o.classes = targets[0];
  if (targets.size() > 1 || p.type(targets[0]).dtype != DType::I32) {
    TANDEM_ASSIGN(o.classes, converted(p, o.targets, DType::I32));
  }
  TANDEM_ASSIGN(o.classes, reshaped(p, o.classes, Shape{rows}));
  TANDEM_ASSIGN(o.classStep, stepFor(draft, rows / shape[0], 1, o.count));
  return success();
}

void describe(Draft& draft, ReportSlot slot) {
  slot.slot = static_cast<int>(draft.report.size());
  TANDEM_CHECK(slot.slot < kReportSlots && (slot.evaluationOnly || slot.first + slot.width <= kReportBlock),
               "report block is full");
  draft.report.push_back(std::move(slot));
}

// The sum of single values, which are placed one after the other; behind them, the counts of their rows (or kNoValue).
void reportTotal(Draft& draft, const std::vector<ValueId>& values, const std::vector<ValueId>& counts,
                 std::vector<double> weights, std::string name) {
  ReportSlot slot{
      .name = std::move(name), .first = draft.reportUsed, .width = static_cast<int>(values.size())};
  for (const ValueId value : values) placeInReport(draft, value, slot.name);
  for (const ValueId count : counts) {
    if (count != kNoValue) placeInReport(draft, count, "rows");
    slot.counts.push_back(placeOf(draft, count));
  }
  if (values.size() > 1 || weights[0] != 1) slot.weights = std::move(weights);
  describe(draft, std::move(slot));
}

// The metrics that both phases compute, or those that only evaluation does.
Status addMetrics(Draft& draft, const TrainingConfig& training, const Head& head, const HeadOperands& o,
                  bool evaluationOnly) {
  // Precision and recall of one class come from the same counts.
  struct Source {
    const OpDef* op;
    Attrs attrs;
    ValueId value;
  };
  std::vector<Source> sources;
  for (const MetricConfig& metric : head.reportedMetrics(std::ssize(o.classNames))) {
    const MetricDef& def = metric.def();
    const MetricForm& form = *def.formFor(head.loss.def().target);
    if (def.evaluationOnly != evaluationOnly) continue;
    const Attrs attrs = metric.attributes(form.fixed);
    auto source = std::ranges::find_if(
        sources, [&](const Source& each) { return each.op == form.op && each.attrs == attrs; });
    if (source == sources.end()) {
      std::vector<ValueId> operands{o.answers, o.targets, o.step};
      if (form.classIndices) operands = {o.classLogits, o.classes, o.classStep};
      TANDEM_ASSIGN(const ValueId value, draft.program.append1(*form.op, attrs, operands));
      source = sources.insert(sources.end(), {form.op, attrs, value});
    }
    const std::string name = reportName(training, head, nameOf(metric));
    if (def.view == MetricView::Matrix) {
      placeInReport(draft, source->value, name);
      const std::size_t offset = draft.program.value(source->value).offsetBytes;
      draft.matrices.push_back({.name = name,
                                .classes = o.classNames,
                                .first = static_cast<int>(offset / sizeof(float)),
                                .rowsPerSample = o.rowsPerSample,
                                .count = placeOf(draft, o.count)});
      continue;
    }
    report(draft, source->value,
           {.name = name,
            .higherIsBetter = def.higherIsBetter,
            .evaluationOnly = evaluationOnly,
            .unit = def.inTargetUnit ? o.unit : 1,
            .value = def.value,
            .counts = {placeOf(draft, o.count)}});
  }
  return success();
}

// The names of the classes, or their numbers if the data does not name them or has several targets.
std::vector<std::string> namesOfClasses(std::span<const std::size_t> targets, const DatasetInfo& data,
                                        std::int64_t count) {
  const DataTensor& first = data.tensor(targets[0]);
  if (targets.size() == 1 && std::ssize(first.classNames) == count) return first.classNames;
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) names.push_back(fmt::format("{}", i));
  return names;
}

// The weight of each class that `classes` holds, by target if there are several, which are then its columns. kNoValue if
// it depends on data that is only known in part.
Result<ValueId> weightsOf(Program& p, ValueId classes, const LossConfig& loss,
                          std::span<const std::size_t> targets, const DatasetInfo& data) {
  std::vector<std::vector<std::int64_t>> counts;
  for (const std::size_t index : targets) counts.push_back(data.tensor(index).classCounts);
  std::vector<double> weights = classWeightsOf(loss, counts);
  if (weights.empty()) return kNoValue;
  return p.append1(ops::class_weights,
                   {{"weights", std::move(weights)}, {"columns", static_cast<std::int64_t>(targets.size())}},
                   {classes});
}

// What a loss averages over: elements or rows.
Shape termsOf(const HeadOperands& o, const Head& head, const Program& p) {
  const Shape shape = p.type(o.logits).shape;
  const LossDef& loss = head.loss.def();
  if (loss.target == TargetKind::Classes) return Shape{shape[0]};
  if (loss.op != &ops::row_loss) return shape;
  return Shape{ops::rowsOf(loss.fixed, shape).rows()};
}

// The weight of each term of a loss in training: that of its sample, that of its class, or both multiplied. steps: of
// samples that differ in length.
Status addSampleWeights(Program& p, ValueId samples, std::int64_t steps, const Head& head, HeadOperands& o) {
  const Shape terms = termsOf(o, head, p);
  if (o.lengths != kNoValue) {  // first one for each row
    const Dims spread{p.type(samples).shape[0], steps};
    TANDEM_ASSIGN(samples, p.append1(ops::sample_weights, {{"shape", spread}}, {samples}));
    TANDEM_ASSIGN(samples, p.append1(ops::pack_steps, {}, {samples, o.lengths}));
  }
  if (o.weights == kNoValue && terms.elements() == p.type(samples).shape[0]) {
    TANDEM_ASSIGN(o.weights, reshaped(p, samples, terms));
    return success();
  }
  std::vector<ValueId> operands{samples};
  if (o.weights != kNoValue) operands.push_back(o.weights);
  TANDEM_ASSIGN(o.weights, p.append1(ops::sample_weights, {{"shape", dimsOf(terms)}}, operands));
  return success();
}

// The operands of a head's loss, which reads an output. lengths: those of targets that vary in length.
Result<HeadOperands> bringOperands(Draft& draft, const Head& head, const PlanOutput& source,
                                   const std::map<std::size_t, ValueId>& tensors, ValueId lengths,
                                   const DatasetInfo& data) {
  TANDEM_ASSIGN(const std::vector<std::size_t> indices, targetsOf(head, data));
  std::vector<ValueId> targets;
  HeadOperands o;
  for (const std::size_t index : indices) {
    targets.push_back(tensors.at(index));
    const double unit = data.tensor(index).unit;
    o.unit = targets.size() == 1 || o.unit == unit ? unit : 1;
  }
  ValueId output = source.value;
  const Shape shape = draft.program.type(output).shape;
  TANDEM_ASSIGN(o.logits, logitsOf(draft.program, output, head.loss.def()));
  o.lengths = draft.program.value(output).lengths;
  if (o.lengths != kNoValue) {
    if (o.lengths != lengths)
      return invalid(
          "the samples of the output do not have the lengths of its targets", source.name,
          "Use only layers before it that keep the steps of the input to which the targets belong");
    TANDEM_TRY(packSteps(draft, head.loss.def(), output, targets, o));
  }
  TANDEM_TRY(head.loss.def().target == TargetKind::Classes ? bringClasses(draft, head, targets[0], o)
                                                           : bringNumbers(draft, head, targets, o));
  o.answers = head.loss.def().target == TargetKind::Values ? output : o.logits;
  if (o.classLogits != kNoValue && data.tensor(indices[0]).classes > 1) {
    const Shape logits = draft.program.type(o.classLogits).shape;
    o.rowsPerSample = logits[0] / (o.lengths == kNoValue ? shape[0] : shape[0] * shape[1]);
    o.classNames = namesOfClasses(indices, data, std::max<std::int64_t>(2, logits[1]));
  }
  if (draft.training && weightsClasses(head.loss)) {
    TANDEM_ASSIGN(o.weights, weightsOf(draft.program, o.targets, head.loss, indices, data));
  }
  if (draft.sampleWeights != kNoValue)
    TANDEM_TRY(addSampleWeights(draft.program, draft.sampleWeights, shape[1], head, o));
  return o;
}

}  // namespace

void placeInReport(Draft& draft, ValueId value, const std::string& name) {
  Value& v = draft.program.value(value);
  if (v.role == Role::Report) return;
  v.role = Role::Report;
  v.base = draft.reportBlock;
  v.offsetBytes = static_cast<std::size_t>(draft.reportUsed) * sizeof(float);
  v.name = name;
  draft.reportUsed += static_cast<int>(v.type.shape.elements());
  draft.program.value(draft.reportBlock).type.shape = {draft.reportUsed};
}

void report(Draft& draft, ValueId source, ReportSlot slot) {
  placeInReport(draft, source, slot.name);
  const Value& v = draft.program.value(source);
  slot.first = static_cast<int>(v.offsetBytes / sizeof(float));
  slot.width = static_cast<int>(v.type.shape.elements());
  if (!slot.counts.empty()) slot.counts.resize(static_cast<std::size_t>(slot.width), slot.counts[0]);
  describe(draft, std::move(slot));
}

Status lowerHeads(Draft& draft, const TrainingConfig& training, const std::map<std::size_t, ValueId>& tensors,
                  ValueId lengths, const DatasetInfo& data) {
  std::vector<HeadOperands> operands;
  std::vector<ValueId> counts;
  std::vector<double> weights;
  for (std::size_t h = 0; h < training.heads.size(); ++h) {
    const Head& head = training.heads[h];
    const LossDef& loss = head.loss.def();
    TANDEM_ASSIGN(const HeadOperands o, bringOperands(draft, head, draft.outputs[h], tensors, lengths, data));
    std::vector<ValueId> list{o.logits, o.targets, o.step};
    if (o.weights != kNoValue) list.push_back(o.weights);
    TANDEM_ASSIGN(const ValueId value, draft.program.append1(*loss.op, lossAttributes(head.loss), list));
    draft.losses.push_back(value);
    weights.push_back(head.weight);
    operands.push_back(o);
    counts.push_back(o.count);
  }
  reportTotal(draft, draft.losses, counts, std::move(weights), "loss");
  for (std::size_t h = 0; h < training.heads.size(); ++h) {
    const Head& head = training.heads[h];
    if (training.heads.size() > 1)
      report(draft, draft.losses[h],
             {.name = reportName(training, head, "loss"), .counts = {placeOf(draft, operands[h].count)}});
    TANDEM_TRY(addMetrics(draft, training, head, operands[h], false));
  }
  if (!draft.training)
    for (std::size_t h = 0; h < training.heads.size(); ++h)
      TANDEM_TRY(addMetrics(draft, training, training.heads[h], operands[h], true));
  return success();
}

}  // namespace tandem
