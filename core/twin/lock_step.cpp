#include "core/twin/lock_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>

#include "core/augment/augmenter.h"
#include "core/compile/compile.h"
#include "core/runtime/registry.h"
#include "core/train/batch_tensors.h"
#include "core/train/profile.h"
#include "core/train/report_sums.h"
#include "core/twin/lock_step_impl.h"

namespace tandem {
namespace {

using Clock = std::chrono::steady_clock;

// Rounding of deep sums in fp32 stays below 1e-4 (goal: 1e-5 forward, 1e-4 gradients); narrower formats
// are allowed 32 of their own units, for rounding that accumulates over consecutive ops.
double toleranceOf(Precision precision) {
  switch (precision) {
    case Precision::Fp32:
      return 1e-4;
    case Precision::Tf32:
    case Precision::Fp16:
      return 32.0 / 2048;
    case Precision::Bf16:
      return 32.0 / 256;
  }
  return 0;
}

std::vector<float> floatsOf(const std::vector<std::byte>& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::copy_n(reinterpret_cast<const float*>(bytes.data()), values.size(), values.begin());
  return values;
}

Error named(Error error, const SideSpec& spec) {
  if (error.where != spec.label)
    error.where = error.where.empty() ? spec.label : spec.label + ": " + error.where;
  return error;
}

using Key = std::tuple<TensorKind, std::string, std::string>;
Key keyOf(const Probe& probe) {
  return {probe.kind, probe.layer, probe.tensor};
}

}  // namespace

double toleranceOf(Precision a, Precision b) {
  return std::max(toleranceOf(a), toleranceOf(b));
}

Status TwinSide::save(SavedBlocks& blocks) const {
  blocks.parameters.resize(plan->parameterBytes);
  blocks.optimizer.resize(plan->optimizerBytes);
  blocks.states.resize(plan->stateBytes);
  TANDEM_TRY(session->read(Role::Parameter, 0, blocks.parameters));
  TANDEM_TRY(session->read(Role::Optimizer, 0, blocks.optimizer));
  return session->read(Role::State, 0, blocks.states);
}

Status TwinSide::load(const SavedBlocks& blocks) {
  TANDEM_TRY(session->write(Role::Parameter, 0, blocks.parameters));
  TANDEM_TRY(session->write(Role::Optimizer, 0, blocks.optimizer));
  // fp16 stores its loss scale behind the states; the scale of the other side is not copied.
  const std::size_t states = std::min(blocks.states.size(), plan->stateBytes);
  return session->write(Role::State, 0, std::span(blocks.states).first(states));
}

Result<StepReport> TwinSide::run(const StepInputs& inputs) {
  TANDEM_ASSIGN(const Ticket ticket, session->submit(Phase::Train, inputs));
  return session->wait(ticket);
}

Result<std::unique_ptr<LockStep>> LockStep::open(const Project& whole, std::shared_ptr<const Dataset> data,
                                                 std::vector<SideSpec> specs, const BackendLookup& lookup) {
  TANDEM_CHECK(specs.size() >= 2, "a twin has two sides");
  Project project = whole;
  const auto samples = static_cast<std::int64_t>(data->part(SplitPart::Train).size());
  project.training.batch = std::max<std::int64_t>(1, std::min(samples, project.training.batch));
  auto impl = std::make_unique<Impl>();
  impl->data = std::move(data);
  impl->training = project.training;
  if (impl->data->part(SplitPart::Train).empty())
    return invalid("no samples are left for training", impl->data->info.name,
                   "Reduce the validation and test fractions");
  for (SideSpec& spec : specs) {
    if (spec.batch && *spec.batch != whole.training.batch)
      return invalid("lock-step feeds all sides the same batches, so they need the same batch size",
                     spec.label, "Omit batch=, or run a race");
    if (!spec.network.empty())
      return invalid("lock-step compares layer by layer, so all sides need the same network", spec.label,
                     "Omit network=, or run a race");
    TwinSide side;
    side.spec = std::move(spec);
    auto backend = lookup(side.spec.device.device);
    if (!backend.ok()) return named(backend.error(), side.spec);
    side.backend = *backend;
    impl->bytes = impl->bytes || side.backend->prefersBytes();
    impl->sides.push_back(std::move(side));
  }
  std::optional<InitialWeights> initial;
  if (const std::string& file = project.training.initialWeights; !file.empty()) {
    TANDEM_ASSIGN(initial, loadInitialWeights(file));
    impl->data = normalizedFor(*initial, project.network, std::move(impl->data), impl->notes);
  }
  for (TwinSide& side : impl->sides)
    if (const Status opened = impl->openSide(project, side, initial ? &*initial : nullptr); !opened.ok())
      return named(opened.error(), side.spec);
  const Plan& first = *impl->sides[0].plan;
  for (const TwinSide& side : impl->sides)
    TANDEM_CHECK(side.plan->parameterBytes == first.parameterBytes &&
                     side.plan->optimizerBytes == first.optimizerBytes,
                 "sides with the same network have the same blocks");
  BatchLoader::Options options;
  options.batch = project.training.batch;
  options.seed = project.training.seed;
  options.tensors = batchTensors(first);
  options.transform = augmenterFor(impl->data, project.training.augment, project.training.seed, false);
  impl->loader = std::make_unique<BatchLoader>(impl->data, options);
  return std::unique_ptr<LockStep>(new LockStep(std::move(impl)));
}

Status LockStep::Impl::openSide(const Project& project, TwinSide& side, const InitialWeights* initial) {
  TANDEM_ASSIGN(const Project own, projectOf(project, side.spec));
  CompileOptions options;
  options.planMemory = false;
  options.checkpoints = false;
  options.byteInput = bytes ? ByteInput::Bytes : ByteInput::Floats;
  TANDEM_ASSIGN(side.plan, compile(own.network, own.training, data->info, *side.backend, options));
  TANDEM_TRY(checkFits(*side.plan, *side.backend));
  TANDEM_ASSIGN(side.session, side.backend->open(side.plan));
  side.probes = probesOf(*side.plan);
  TANDEM_TRY(writeInitialBlocks(*side.plan, *side.session));
  if (!initial) return success();
  std::vector<std::string> ofSide;  // the same for each
  TANDEM_TRY(writeMatching(*initial, *side.plan, *side.session, ofSide));
  if (&side == &sides[0]) notes.insert(notes.end(), ofSide.begin(), ofSide.end());
  return success();
}

LockStep::LockStep(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

LockStep::~LockStep() {
  if (impl_->batch) impl_->loader->release(impl_->batch);
}

const Batch& LockStep::Impl::nextBatch() {
  while (!batch) batch = loader->next();  // nullptr ends an epoch
  return *batch;
}

// The inputs of the next step. Plateaus and early stopping need complete epochs, so the learning rate
// follows the other schedules only.
StepInputs LockStep::Impl::inputs() {
  const Batch& next = nextBatch();
  ScheduleClock clock;
  clock.baseRate = training.optimizer.number(kLearningRate);
  clock.step = step;
  clock.stepsPerEpoch = loader->batchesPerEpoch();
  clock.epochs = training.epochs;
  StepInputs in;
  in.tensors = next.tensors;
  in.step = stepValues(training, {step, next.index, clock.stepsPerEpoch},
                       scheduledRate(training.schedule, clock), next.validRows);
  return in;
}

// With accumulated gradients, most steps do not update the weights, but a comparison is also about the update.
StepInputs LockStep::Impl::rehearsalInputs() {
  StepInputs in = inputs();
  in.step[kStepSkip] = 0;
  return in;
}

Status LockStep::restore(const Checkpoint& checkpoint) {
  Impl& i = *impl_;
  if (i.batch) i.loader->release(std::exchange(i.batch, nullptr));
  for (TwinSide& side : i.sides)
    if (const Status written = writeBlocks(*side.plan, *side.session, checkpoint); !written.ok())
      return named(written.error(), side.spec);
  i.step = checkpoint.step;
  TANDEM_TRY(i.training.optimizer.set(kLearningRate, checkpoint.baseLearningRate));
  i.loader->seek(checkpoint.epoch, std::min(checkpoint.batchInEpoch, i.loader->batchesPerEpoch()));
  return success();
}

Result<LockStepRecord> LockStep::step() {
  Impl& i = *impl_;
  const StepInputs inputs = i.inputs();
  LockStepRecord record;
  for (TwinSide& side : i.sides) {
    LockStepSide& result = record.sides.emplace_back();
    result.loss = std::numeric_limits<double>::quiet_NaN();
    if (side.error) continue;
    const auto before = Clock::now();
    const auto report = side.run(inputs);
    result.seconds = std::chrono::duration<double>(Clock::now() - before).count();
    if (!report.ok()) {
      side.error = report.error();
      continue;
    }
    result.loss = valueOf(*lossSlot(side.plan->report), std::span<const float>(report->values));
  }
  i.loader->release(std::exchange(i.batch, nullptr));
  record.step = ++i.step;
  if (i.sides[0].error) return named(*i.sides[0].error, i.sides[0].spec);
  return record;
}

// Runs the next step on one side with the given blocks, timed by node. Changes the state of the side.
Status LockStep::Impl::rehearse(TwinSide& side, const SavedBlocks& blocks) {
  TANDEM_TRY(side.load(blocks));
  side.lossScale = 1;
  if (const auto& at = side.plan->lossScaleOffset)
    TANDEM_TRY(side.session->read(Role::State, *at, std::as_writable_bytes(std::span(&side.lossScale, 1))));
  side.session->setProfiling(true);
  const auto report = side.run(rehearsalInputs());
  side.session->setProfiling(false);
  return report.ok() ? success() : Status(report.error());
}

// The tensor as the rehearsal left it: updates as the difference from the previous weights, gradients without
// the loss scale (the step itself has already removed it from weight gradients).
Result<std::vector<float>> LockStep::Impl::tensorOf(TwinSide& side, const Probe& probe,
                                                    const SavedBlocks& before) const {
  TANDEM_ASSIGN(std::vector<float> values, readProbe(*side.session, probe));
  if (probe.kind == TensorKind::InputGradient)
    for (float& value : values) value /= side.lossScale;
  if (probe.kind != TensorKind::Update) return values;
  const Value& value = side.plan->train.program.value(probe.value);
  const auto* old = reinterpret_cast<const float*>(before.parameters.data() + value.offsetBytes);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] -= old[k];
  return values;
}

Result<ParityRecord> LockStep::compare() {
  Impl& i = *impl_;
  std::vector<SavedBlocks> saved(i.sides.size());
  for (std::size_t k = 0; k < i.sides.size(); ++k)
    if (!i.sides[k].error) TANDEM_TRY(i.sides[k].save(saved[k]));
  ParityRecord record;
  record.step = i.step + 1;
  record.profiles.resize(i.sides.size());
  for (std::size_t k = 0; k < i.sides.size(); ++k) {
    TwinSide& side = i.sides[k];
    if (side.error) continue;
    if (const Status ran = i.rehearse(side, saved[0]); !ran.ok()) {
      if (k == 0) return named(ran.error(), side.spec);
      side.error = ran.error();
      continue;
    }
    record.profiles[k] = aggregateProfile(side.plan->train.program, side.session->profile(),
                                          side.session->memory(), record.step);
    if (k == 0) continue;
    SideParity parity;
    parity.side = k;
    parity.tolerance = toleranceOf(i.sides[0].spec.device.precision, side.spec.device.precision);
    TANDEM_ASSIGN(parity.tensors, i.compareTensors(side, saved[0]));
    parity.weightDrift = difference(floatsOf(saved[0].parameters), floatsOf(saved[k].parameters)).relative;
    classify(parity);
    record.sides.push_back(std::move(parity));
  }
  for (std::size_t k = 0; k < i.sides.size(); ++k)
    if (!i.sides[k].error) TANDEM_TRY(i.sides[k].load(saved[k]));
  for (SideParity& parity : record.sides) TANDEM_TRY(classifyUpdates(parity));
  return record;
}

// Adam divides a gradient by its own magnitude, so a gradient that is only rounding moves a weight as far
// as any other. Updates therefore count as different only if the side's optimizer computes a different update
// from the reference's gradients.
Status LockStep::classifyUpdates(SideParity& parity) {
  const auto flagged = std::ranges::find_if(parity.tensors, [](const TensorParity& tensor) {
    return tensor.kind == TensorKind::Update && tensor.beyondRounding;
  });
  if (flagged == parity.tensors.end()) return success();
  const auto index = static_cast<std::size_t>(flagged - parity.tensors.begin());
  TANDEM_ASSIGN(const Cause cause, explain(parity, index));
  if (cause.alternatives[1].relative > parity.tolerance) return success();
  for (TensorParity& tensor : parity.tensors)
    if (tensor.kind == TensorKind::Update) tensor.beyondRounding = false;
  if (parity.first && *parity.first >= index) parity.first.reset();
  return success();
}

Result<std::vector<TensorParity>> LockStep::Impl::compareTensors(TwinSide& side, const SavedBlocks& before) {
  std::map<Key, const Probe*> others;
  for (const Probe& probe : side.probes) others.emplace(keyOf(probe), &probe);
  std::vector<TensorParity> tensors;
  for (const Probe& probe : sides[0].probes) {
    const auto other = others.find(keyOf(probe));
    if (other == others.end() || other->second->type.shape != probe.type.shape) continue;
    TANDEM_ASSIGN(const auto a, tensorOf(sides[0], probe, before));
    TANDEM_ASSIGN(const auto b, tensorOf(side, *other->second, before));
    tensors.push_back({probe.kind, probe.layer, probe.tensor, probe.type.shape, difference(a, b), 0, false});
  }
  return tensors;
}

// A gradient may be zero up to rounding (a bias before batch norm), which makes its relative error
// meaningless: a difference counts only if it is also significant relative to the layer's largest gradient.
void setCompared(SideParity& parity) {
  constexpr double kFloor = 0.1, kInfinite = std::numeric_limits<double>::infinity();
  std::map<std::pair<TensorKind, std::string>, double> scale;
  for (const TensorParity& tensor : parity.tensors) {
    double& largest = scale[{tensor.kind, tensor.layer}];
    largest = std::max(largest, tensor.difference.rmsA);
  }
  for (TensorParity& tensor : parity.tensors) {
    const TensorDifference& d = tensor.difference;
    const double against = std::max(d.rmsA, kFloor * scale[{tensor.kind, tensor.layer}]);
    if (d.nonFinite > 0)
      tensor.compared = kInfinite;
    else if (d.rmsDifference > 0)
      tensor.compared = against > 0 ? d.rmsDifference / against : kInfinite;
    else
      tensor.compared = 0;
  }
}

void classify(SideParity& parity) {
  setCompared(parity);
  for (std::size_t t = 0; t < parity.tensors.size(); ++t) {
    TensorParity& tensor = parity.tensors[t];
    tensor.beyondRounding = tensor.compared > parity.tolerance;
    if (tensor.beyondRounding && !parity.first) parity.first = t;
  }
}

Result<TensorPair> LockStep::values(const SideParity& parity, std::size_t tensor) {
  Impl& i = *impl_;
  TANDEM_CHECK(tensor < parity.tensors.size() && parity.side < i.sides.size(), "a compared tensor");
  const TensorParity& wanted = parity.tensors[tensor];
  SavedBlocks reference;
  TANDEM_TRY(i.sides[0].save(reference));
  TensorPair pair;
  pair.shape = wanted.shape;
  for (const std::size_t k : {std::size_t{0}, parity.side}) {
    TwinSide& side = i.sides[k];
    if (side.error) return named(*side.error, side.spec);
    SavedBlocks own;
    TANDEM_TRY(side.save(own));
    TANDEM_TRY(i.rehearse(side, reference));
    const Probe* probe = side.find(wanted);
    TANDEM_CHECK(probe, "both sides have the tensor");
    TANDEM_ASSIGN(auto values, i.tensorOf(side, *probe, reference));
    (k == 0 ? pair.reference : pair.side) = std::move(values);
    TANDEM_TRY(side.load(own));
  }
  return pair;
}

const Probe* TwinSide::find(const TensorParity& tensor) const {
  const auto it = std::ranges::find_if(probes, [&](const Probe& probe) {
    return probe.kind == tensor.kind && probe.layer == tensor.layer && probe.tensor == tensor.tensor;
  });
  return it == probes.end() ? nullptr : &*it;
}

std::size_t LockStep::sides() const {
  return impl_->sides.size();
}
std::int64_t LockStep::samples() const {
  return static_cast<std::int64_t>(impl_->data->part(SplitPart::Train).size());
}
const SideSpec& LockStep::spec(std::size_t side) const {
  return impl_->sides[side].spec;
}
const Plan& LockStep::plan(std::size_t side) const {
  return *impl_->sides[side].plan;
}
Backend& LockStep::backend(std::size_t side) const {
  return *impl_->sides[side].backend;
}
const std::optional<Error>& LockStep::error(std::size_t side) const {
  return impl_->sides[side].error;
}
const std::vector<std::string>& LockStep::notes() const {
  return impl_->notes;
}
std::int64_t LockStep::stepsPerEpoch() const {
  return impl_->loader->batchesPerEpoch();
}
std::int64_t LockStep::batch() const {
  return impl_->training.batch;
}

}  // namespace tandem
