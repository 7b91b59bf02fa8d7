#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <span>

#include "core/ops/loss_scale.h"
#include "core/ops/update_faults.h"
#include "core/text/spaced.h"
#include "core/train/batch_tensors.h"
#include "core/train/blocks.h"
#include "core/train/profile.h"
#include "core/train/step_values.h"
#include "core/train/trainer_impl.h"

namespace tandem {
namespace {

// A timed pass costs one clock reading per op, which is negligible at this rate.
constexpr std::int64_t kProfileSteps = 16;
constexpr auto kProfileTime = std::chrono::seconds(1);

std::string shortNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

// The parameter that a fault of core/ops/update_faults.h is in.
const ParameterInfo& parameterOf(const Plan& plan, float fault) {
  const auto offset = static_cast<std::size_t>(elementOfFault(fault)) * sizeof(float);
  return *std::prev(std::ranges::upper_bound(plan.parameters(), offset, {}, &ParameterInfo::offsetBytes));
}

}  // namespace

void Trainer::Impl::run() {
  result.slots = plan->report;
  result.matrices = plan->matrices;
  result.state = TrainState::Failed;
  const double secondsBefore = clockBase;
  std::optional<Error> failure;
  const auto intact = [this] {
    return std::string(result.weights.empty() ? "" : "; the last checkpoint is intact");
  };
  try {
    for (TrainObserver* observer : setup.observers) observer->onStart(*plan);
    for (const std::string& note : setup.data->info.notes) emit(Note{note});  // what was skipped is on record
    for (const std::string& note : setup.notes) emit(Note{note});
    runClock(true);
    if (Status status = trainAll(); !status.ok()) failure = std::move(status).error();
  } catch (const Bug& bug) {
    failure = Error{ErrorCode::InvalidInput,
                    std::string("training stopped because of a bug in Tandem: ") + bug.what(),
                    {},
                    "Please report it" + intact()};
  } catch (const std::bad_alloc&) {
    failure = Error{ErrorCode::OutOfMemory,
                    "out of memory",
                    {},
                    "Close other programs or use a smaller batch" + intact()};
  } catch (const std::exception& exception) {
    failure = Error{ErrorCode::Io, std::string("training stopped unexpectedly: ") + exception.what(), {}, {}};
  }
  runClock(false);
  if (sampler) {
    sampler->stop();
    result.energy = sampler->energy();
  }
  result.best = at.best;
  result.steps = at.step;
  result.epochs = at.epoch;
  result.seconds = clockBase - secondsBefore;
  result.samplesPerSecond = trainSeconds > 0 ? static_cast<double>(trainedRows) / trainSeconds : 0;
  if (failure) {
    result.state = TrainState::Failed;
    result.error = failure;
    emit(*failure);
  } else {
    result.error = checkpointError;
  }
  enter(result.state);
}

Status Trainer::Impl::trainAll() {
  const TrainingConfig& training = setup.project.training;
  result.state = TrainState::Stopped;
  enter(TrainState::Running);
  while (at.epoch < training.epochs) {
    TANDEM_ASSIGN(Flow flow, trainEpoch());
    if (flow != Flow::Stop) {
      TANDEM_ASSIGN(flow, finishEpoch());
    }
    if (flow == Flow::Stop) return writeCheckpoint();
    if (training.checkpointEpochs > 0 && at.epoch % training.checkpointEpochs == 0)
      TANDEM_TRY(writeCheckpoint());
    if (stopsEarly(training, at.watch.stoppingEpochs)) {
      emit(Note{"Stopped early: no improvement in " + std::to_string(at.watch.stoppingEpochs) + " epochs"});
      break;
    }
  }
  if (checkpointedEpoch != at.epoch) TANDEM_TRY(writeCheckpoint());
  return testAll();
}

Result<Trainer::Impl::Flow> Trainer::Impl::trainEpoch() {
  Pipeline pipeline(*session, *trainLoader);
  const double start = activeSeconds(Clock::now());
  Flow flow = Flow::Run;
  while (at.batchInEpoch < batchesPerEpoch) {
    if (controls.pending()) {
      while (pipeline.open() > 0) TANDEM_TRY(collectStep(pipeline));
      if (at.batchInEpoch == batchesPerEpoch) break;
      flow = applyRequests(true);
      if (flow == Flow::Stop) break;
    }
    if (flow == Flow::One) {
      TANDEM_TRY(submitStep(pipeline));
      TANDEM_TRY(collectStep(pipeline));
      flow = Flow::Run;
      continue;
    }
    if (profileDue()) {
      TANDEM_TRY(profiledStep(pipeline));
      continue;
    }
    while (!pipeline.full() && at.batchInEpoch + pipeline.open() < batchesPerEpoch)
      TANDEM_TRY(submitStep(pipeline));
    TANDEM_TRY(collectStep(pipeline));
  }
  const double seconds = activeSeconds(Clock::now()) - start;
  at.epochTrainSeconds += seconds;
  trainSeconds += seconds;
  return flow;
}

Status Trainer::Impl::submitStep(Pipeline& pipeline) {
  const TrainingConfig& training = setup.project.training;
  const std::int64_t done = at.step + pipeline.open(), batch = at.batchInEpoch + pipeline.open();
  if (const auto change = setup.baseRates.find(done); change != setup.baseRates.end())
    at.baseRate = change->second;
  const double rate = scheduledRate(
      training.schedule, {at.baseRate, done, batchesPerEpoch, training.epochs, at.watch.plateauScale});
  TANDEM_ASSIGN(const bool submitted, pipeline.submit(Phase::Train, [&](std::int64_t rows) {
    return stepValues(training, {done, batch, batchesPerEpoch}, rate, rows);
  }));
  TANDEM_CHECK(submitted, "the loader's epoch is shorter than announced");
  return success();
}

Status Trainer::Impl::collectStep(Pipeline& pipeline) {
  TANDEM_ASSIGN(const Pipeline::Done done, pipeline.collect());
  const bool updates = updatesWeights(setup.project.training, {at.step, at.batchInEpoch, batchesPerEpoch});
  ++at.step;
  ++at.batchInEpoch;
  at.sums.add(done.report, done.pass.rows, updates);
  trainedRows += done.pass.rows;
  if (!setup.observers.empty()) {
    const Clock::time_point now = Clock::now();
    StepRecord record;
    record.step = at.step;
    record.epoch = at.epoch + 1;
    record.rows = static_cast<std::int32_t>(done.pass.rows);
    record.values = reported(done.report, plan->report);
    record.learningRate = done.pass.rate;
    record.wallSeconds = activeSeconds(now);
    record.stepSeconds = std::chrono::duration<float>(now - done.pass.submitted).count();
    record.dataWaitSeconds = done.pass.dataWaitSeconds;
    for (TrainObserver* observer : setup.observers) observer->onStep(record);
    if (at.step % kProfileSteps == 0) {
      observerSeconds += std::chrono::duration<double>(Clock::now() - now).count();
      ++observedSteps;
    }
  }
  return checkNumbers(done);
}

// Ends the run if the loss, a gradient or a weight is not finite.
Status Trainer::Impl::checkNumbers(const Pipeline::Done& done) const {
  const std::span<const float> values = done.report.values;
  // The scale was halved at every step: no step takes effect any more.
  if (scaleSlot >= 0 && values[static_cast<std::size_t>(scaleSlot)] < kSmallestLossScale)
    return Error{ErrorCode::Numeric,
                 "the gradients overflow in fp16 at step " + std::to_string(at.step) +
                     " even at the smallest loss scale",
                 "epoch " + std::to_string(at.epoch + 1),
                 "Train in bf16 or fp32, or try a lower learning rate"};
  const double loss = valueOf(plan->report[static_cast<std::size_t>(lossSlot)], values);
  const std::span<const float> faults = values.subspan(plan->faults, kUpdateFaults);
  std::string what;
  if (!std::isfinite(loss))
    what = "the loss became " + std::string(std::isnan(loss) ? "NaN" : "infinite");
  else if (faults[kGradientFault] > 0)  // before the weights, which follow from it
    what = "the gradient of " + parameterOf(*plan, faults[kGradientFault]).name + " became NaN or infinite";
  else if (faults[kWeightFault] > 0)
    what = "the parameter " + parameterOf(*plan, faults[kWeightFault]).name + " became NaN or infinite";
  else
    return success();
  const bool narrow = setup.project.training.device.precision == Precision::Fp16;
  return Error{
      ErrorCode::Numeric,
      what + " at step " + std::to_string(at.step) + " (learning rate " + shortNumber(done.pass.rate) + ")",
      "epoch " + std::to_string(at.epoch + 1),
      std::string("Try a lower learning rate, gradient clipping or warm-up") +
          (narrow ? ", or bf16 or fp32, which hold larger numbers" : "") +
          ", and check the data for huge values"};
}

bool Trainer::Impl::profileDue() const {
  // The clock is read at most every 16th step.
  return !setup.observers.empty() && at.step - lastProfileStep >= kProfileSteps &&
         at.step % kProfileSteps == 0 && Clock::now() - lastProfile >= kProfileTime;
}

Status Trainer::Impl::profiledStep(Pipeline& pipeline) {
  while (pipeline.open() > 0) TANDEM_TRY(collectStep(pipeline));
  // A step that only accumulates gradients has no update to measure.
  while (!updatesWeights(setup.project.training, {at.step, at.batchInEpoch, batchesPerEpoch})) {
    if (controls.pending()) return success();
    TANDEM_TRY(submitStep(pipeline));
    TANDEM_TRY(collectStep(pipeline));
  }
  lastProfileStep = at.step;
  lastProfile = Clock::now();
  if (at.batchInEpoch == batchesPerEpoch) return success();
  session->setProfiling(true);
  const Status status = [&]() -> Status {
    TANDEM_TRY(submitStep(pipeline));
    return collectStep(pipeline);
  }();
  session->setProfiling(false);
  TANDEM_TRY(status);
  ProfileRecord record =
      aggregateProfile(plan->train.program, session->profile(), session->memory(), at.step);
  if (observedSteps > 0) record.telemetry = observerSeconds / observedSteps;
  observerSeconds = 0;
  observedSteps = 0;
  for (TrainObserver* observer : setup.observers) observer->onProfile(record);
  return success();
}

Result<Trainer::Impl::Flow> Trainer::Impl::finishEpoch() {
  const double start = activeSeconds(Clock::now());
  EpochRecord record;
  record.epoch = at.epoch + 1;
  record.step = at.step;
  record.train = at.sums.values(plan->report, Phase::Train);
  if (validationLoader) {
    enter(TrainState::Evaluating);
    TANDEM_ASSIGN(auto scores, evaluate(*validationLoader));
    if (!scores) return Flow::Stop;  // resuming repeats the evaluation
    record.validation = scores->values;
    record.matrices = std::move(scores->matrices);
    record.hasValidation = true;
    enter(TrainState::Running);
  }
  TANDEM_CHECK(trainLoader->next() == nullptr, "the loader's epoch is longer than announced");
  const ReportValues& values = record.hasValidation ? record.validation : record.train;
  if (!std::isfinite(values[static_cast<std::size_t>(lossSlot)]))
    return Error{ErrorCode::Numeric,
                 "the validation loss is not finite after step " + std::to_string(at.step),
                 "epoch " + std::to_string(at.epoch + 1), "Try a lower learning rate or gradient clipping"};
  record.trainSeconds = at.epochTrainSeconds;
  record.samplesPerSecond =
      at.epochTrainSeconds > 0 ? static_cast<double>(at.sums.rows) / at.epochTrainSeconds : 0;
  record.seconds = at.epochTrainSeconds + activeSeconds(Clock::now()) - start;

  const double value = static_cast<double>(values[static_cast<std::size_t>(monitored.slot)]);
  const EpochDecision decision = decideAfterEpoch(setup.project.training, at.baseRate,
                                                  monitored.higherIsBetter ? -value : value, at.watch);
  TANDEM_TRY(noteBest(record));
  ++at.epoch;
  at.batchInEpoch = 0;
  at.sums.clear();
  at.epochTrainSeconds = 0;
  emit(EpochEnd{std::move(record), at.best});
  if (decision.reduced) {
    const double rate = at.baseRate * at.watch.plateauScale;
    emit(RateChange{.rate = rate, .text = shortNumber(rate)});
  }
  return Flow::Run;
}

Status Trainer::Impl::noteBest(const EpochRecord& record) {
  const ReportValues& values = record.hasValidation ? record.validation : record.train;
  const double value = static_cast<double>(values[static_cast<std::size_t>(monitored.slot)]);
  if (!std::isfinite(value)) return success();
  if (at.best.known() && (monitored.higherIsBetter ? value <= at.best.value : value >= at.best.value))
    return success();
  TANDEM_TRY(readWeights(*plan, *session, bestParameters, bestStates));
  at.best = {record.epoch,
             (record.hasValidation ? "validation " : "training ") + spacedReport(monitored.name), value};
  return success();
}

Result<std::optional<Trainer::Impl::Scores>> Trainer::Impl::evaluate(BatchLoader& loader) {
  Pipeline pipeline(*session, loader);
  ReportSums sums{.reducers = {}, .counts = countsOf(plan->report), .sums = {}};
  Scores scores;
  scores.matrices.resize(plan->matrices.size());
  const auto collect = [&]() -> Status {
    TANDEM_ASSIGN(const Pipeline::Done done, pipeline.collect());
    sums.add(done.report, done.pass.rows);
    for (std::size_t m = 0; m < scores.matrices.size(); ++m)
      addCounts(plan->matrices[m], done.report, done.pass.rows, scores.matrices[m]);
    return success();
  };
  for (bool more = true; more || pipeline.open() > 0;) {
    if (controls.pending()) {
      while (pipeline.open() > 0) TANDEM_TRY(collect());
      if (applyRequests(false) == Flow::Stop) return std::optional<Scores>();
    }
    while (more && !pipeline.full()) {
      TANDEM_ASSIGN(more, pipeline.submit(Phase::Evaluate, [&](std::int64_t rows) {
        return stepValues(setup.project.training.optimizer, at.step, 0, rows);
      }));
    }
    if (pipeline.open() > 0) TANDEM_TRY(collect());
  }
  scores.values = sums.values(plan->report, Phase::Evaluate);
  return std::optional<Scores>(std::move(scores));
}

Status Trainer::Impl::testAll() {
  if (!setup.data->part(SplitPart::Test).empty()) {
    enter(TrainState::Evaluating);
    // The last weights are stored, and no step follows.
    if (at.best.known() && !bestIsLast())
      TANDEM_TRY(writeWeights(*plan, *session, bestParameters, bestStates));
    BatchLoader::Options options;
    options.part = SplitPart::Test;
    options.batch = plan->batch;
    options.tensors = batchTensors(*plan);
    options.shuffle = options.dropLast = false;
    options.depth = session->depth() + kPrefetchedBatches;
    BatchLoader loader(setup.data, options);
    TANDEM_ASSIGN(const auto scores, evaluate(loader));
    if (!scores) return success();  // stopped; the weights are already saved
    result.test = scores->values;
    result.testMatrices = scores->matrices;
    result.hasTest = true;
    emit(TestResult{.epoch = at.best.known() ? at.best.epoch : at.epoch,
                    .values = scores->values,
                    .matrices = scores->matrices});
  }
  result.state = TrainState::Finished;
  return success();
}

Trainer::Impl::Flow Trainer::Impl::applyRequests(bool training) {
  while (true) {
    const Controls::Orders orders = controls.take(training);
    if (orders.rate) {
      if (*orders.rate > 0 && std::isfinite(*orders.rate)) {
        at.baseRate = *orders.rate;
        emit(RateChange{.rate = at.baseRate, .text = shortNumber(at.baseRate), .byHand = true});
      } else {
        emit(Note{"The learning rate must be a positive number; it remains " + shortNumber(at.baseRate)});
      }
    }
    if (orders.stop) return Flow::Stop;
    if (!orders.paused) {
      runClock(true);
      if (state.load() == TrainState::Paused) enter(training ? TrainState::Running : TrainState::Evaluating);
      return Flow::Run;
    }
    if (orders.step) {
      runClock(true);
      return Flow::One;
    }
    runClock(false);
    enter(TrainState::Paused);
    controls.waitWhilePaused();
  }
}

Status Trainer::Impl::writeCheckpoint() {
  const auto written = std::make_shared<Checkpoint>();
  Checkpoint& checkpoint = *written;
  TANDEM_TRY(readBlocks(*plan, *session, checkpoint));
  checkpoint.best = at.best;
  checkpoint.project = setup.project;
  checkpoint.step = at.step;
  checkpoint.epoch = at.epoch;
  checkpoint.batchInEpoch = at.batchInEpoch;
  checkpoint.baseLearningRate = at.baseRate;
  checkpoint.plateauScale = at.watch.plateauScale;
  checkpoint.bestLoss = at.watch.best;
  checkpoint.badEpochs = at.watch.badEpochs;
  checkpoint.stoppingEpochs = at.watch.stoppingEpochs;
  checkpoint.epochSums.assign(at.sums.sums.begin(), at.sums.sums.end());
  checkpoint.epochRows = at.sums.rows;
  checkpoint.epochTrainSeconds = at.epochTrainSeconds;
  checkpoint.wallSeconds = activeSeconds(Clock::now());
  checkpoint.sample = setup.data->info.inputs[0].sample;
  checkpoint.preprocessing = preprocessingOf(*setup.data);
  checkpoint.dataFingerprint = setup.dataFingerprint;
  // The best weights are lent rather than copied, because large ones may not fit in memory once more.
  const bool lends = at.best.known() && !bestIsLast();
  const auto exchangeBest = [&] {
    std::swap(checkpoint.bestParameters, bestParameters);
    std::swap(checkpoint.bestStates, bestStates);
  };
  const auto save = [&]() -> Status {
    if (!lends) return saveCheckpoint(checkpoint, checkpointFile);
    exchangeBest();
    try {
      Status saved = saveCheckpoint(checkpoint, checkpointFile);
      exchangeBest();
      return saved;
    } catch (...) {  // out of memory
      exchangeBest();
      throw;
    }
  };
  if (const Status status = save(); !status.ok()) {
    if (lends) {  // the user may store this checkpoint elsewhere, while the run continues
      checkpoint.bestParameters = bestParameters;
      checkpoint.bestStates = bestStates;
    }
    // Reported once, not at every checkpoint, until the error changes.
    const bool known = checkpointError && checkpointError->text() == status.error().text();
    checkpointError = status.error();
    result.unsaved = written;
    if (!known) emit(*checkpointError);
    return success();
  }
  if (std::exchange(checkpointError, std::nullopt)) emit(Note{"Checkpoints are being written again"});
  checkpointedEpoch = at.epoch;
  result.unsaved.reset();
  result.weights = checkpointFile;
  emit(CheckpointWritten{checkpointFile});
  return success();
}

void Trainer::Impl::emit(TrainEvent::What what) {
  const TrainEvent event{at.step, activeSeconds(Clock::now()), std::move(what)};
  for (TrainObserver* observer : setup.observers) observer->onEvent(event);
}

void Trainer::Impl::enter(TrainState next) {
  if (state.exchange(next) != next) emit(StateChange{next});
}

double Trainer::Impl::activeSeconds(Clock::time_point now) const {
  return clockRuns ? clockBase + std::chrono::duration<double>(now - clockStart).count() : clockBase;
}

void Trainer::Impl::runClock(bool on) {
  if (on == clockRuns) return;
  const Clock::time_point now = Clock::now();
  clockBase = activeSeconds(now);
  clockStart = now;
  clockRuns = on;
  if (sampler) on ? sampler->resume(clockBase) : sampler->pause(clockBase);
}

}  // namespace tandem
