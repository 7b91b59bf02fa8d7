#include "core/train/trainer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "core/augment/augmenter.h"
#include "core/base/file.h"
#include "core/data/fingerprint.h"
#include "core/ops/loss_scale.h"
#include "core/train/batch_tensors.h"
#include "core/train/blocks.h"
#include "core/train/initial_weights.h"
#include "core/train/plan_training.h"
#include "core/train/resume_data.h"
#include "core/train/trainer_impl.h"

namespace tandem {
namespace fs = std::filesystem;
namespace {

// Creates the folder and checks now, not after an hour of training, that files can be written to it.
Status prepareFolder(const fs::path& folder, const std::string& checkpointName) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) return fileError(folder, "create the run folder", problem.value());
  const fs::path probe = folder / (".probe" + std::to_string(::getpid()));
  const int descriptor = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) return fileError(folder, "write to the run folder", errno);
  ::close(descriptor);
  ::unlink(probe.c_str());
  // Remove leftovers of killed writers.
  for (const auto& entry : fs::directory_iterator(folder, problem)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("." + checkpointName) && name.ends_with(".tmp")) fs::remove(entry.path(), problem);
  }
  return success();
}

// Whether the report blocks of both contain the same values. The losses are the first values of every one; means of other
// values over an epoch that was begun with another report are unknown.
bool sameReport(const TrainingConfig& a, const TrainingConfig& b) {
  const auto scaled = [](const TrainingConfig& c) { return c.device.precision == Precision::Fp16; };
  const auto clipped = [](const TrainingConfig& c) { return c.clip != ClipKind::None; };
  const auto sameMetrics = [](const Head& x, const Head& y) {
    const auto trained = [](const Head& head) {
      std::vector<MetricConfig> metrics = head.reportedMetrics();
      std::erase_if(metrics, [](const MetricConfig& each) { return each.def().evaluationOnly; });
      return metrics;
    };
    return trained(x) == trained(y);
  };
  return std::ranges::equal(a.heads, b.heads, sameMetrics) && scaled(a) == scaled(b) &&
         clipped(a) == clipped(b);
}

// How many values the report block begins with that do not depend on the metrics: the losses, and the numbers of rows that
// they are means of.
std::ptrdiff_t lossValues(const Plan& plan) {
  const ReportSlot& loss = *lossSlot(plan.report);
  const int last = loss.counts.empty() ? -1 : *std::ranges::max_element(loss.counts);
  return std::max(loss.first + loss.width, last + 1);
}

RunPosition positionOf(const Checkpoint& checkpoint, const Project& requested, const Plan& plan) {
  RunPosition at;
  at.step = checkpoint.step;
  at.epoch = checkpoint.epoch;
  at.batchInEpoch = checkpoint.batchInEpoch;
  // A rate changed manually during training remains in effect, unless the rate in the project has changed.
  const bool sameRate = checkpoint.project.training.optimizer.number(kLearningRate) ==
                        requested.training.optimizer.number(kLearningRate);
  at.baseRate = sameRate ? checkpoint.baseLearningRate : requested.training.optimizer.number(kLearningRate);
  at.watch = {checkpoint.bestLoss, checkpoint.badEpochs, checkpoint.stoppingEpochs, checkpoint.plateauScale};
  at.best = checkpoint.best;
  at.sums.rows = checkpoint.epochRows;
  at.sums.updateRows = at.batchInEpoch % requested.training.accumulate * requested.training.batch;
  at.sums.sums = checkpoint.epochSums;
  at.sums.sums.resize(kReportBlock);
  if (at.sums.rows > 0 && !sameReport(checkpoint.project.training, requested.training))
    std::fill(at.sums.sums.begin() + lossValues(plan), at.sums.sums.end(), std::nan(""));
  at.epochTrainSeconds = checkpoint.epochTrainSeconds;
  return at;
}

Status checkPosition(const Checkpoint& checkpoint, std::int64_t batchesPerEpoch, const fs::path& file) {
  if (checkpoint.batchInEpoch > batchesPerEpoch || checkpoint.epochSums.size() > kReportBlock)
    return invalid("the checkpoint is at batch " + std::to_string(checkpoint.batchInEpoch) +
                       " of an epoch, but an epoch of this data has " + std::to_string(batchesPerEpoch) +
                       " batches",
                   file.string(), "Resume with the checkpoint's own data");
  return success();
}

}  // namespace

Status Trainer::Impl::acceptCheckpoint(Checkpoint& checkpoint) {
  const fs::path& file = *setup.resume;
  const TrainingConfig& training = setup.project.training;
  TANDEM_TRY(checkResumable(checkpoint.project, setup.project, file));
  TANDEM_ASSIGN(ResumeData matched, dataForResume(checkpoint.preprocessing, checkpoint.dataFingerprint,
                                                  setup.data, setup.dataFingerprint, file.string()));
  setup.data = std::move(matched.data);
  for (std::string& note : matched.notes) setup.notes.push_back(std::move(note));
  const bool trained = checkpoint.epoch > 0;
  // Values of another metric or of other samples cannot be compared.
  const bool sameMetric = checkpoint.project.training.monitor == training.monitor;
  if (!sameMetric || !matched.sameSamples) {
    const LossWatch none;
    checkpoint.best = {};
    checkpoint.bestLoss = none.best;
    checkpoint.badEpochs = checkpoint.stoppingEpochs = 0;
  }
  TANDEM_TRY(checkEpochsLeft(checkpoint, training, file));
  if (checkpoint.epochRows > 0 && !sameReport(checkpoint.project.training, training))
    setup.notes.push_back(
        fmt::format("Epoch {} was begun with other metrics: of its training values, only the loss is known",
                    checkpoint.epoch + 1));
  if (!trained || checkpoint.best.known()) return success();
  setup.notes.push_back(
      !sameMetric
          ? fmt::format("The best epoch is now chosen by {}: epochs before the checkpoint are not considered",
                        training.monitor)
      : !matched.sameSamples
          ? "The best epoch is chosen anew, by these samples: epochs before the checkpoint are not considered"
          : "The checkpoint does not contain the weights of its best epoch: epochs before it are not considered");
  return success();
}

std::string_view nameOf(TrainState state) {
  switch (state) {
    case TrainState::Preparing:
      return "preparing";
    case TrainState::Running:
      return "running";
    case TrainState::Paused:
      return "paused";
    case TrainState::Evaluating:
      return "evaluating";
    case TrainState::Finished:
      return "finished";
    case TrainState::Stopped:
      return "stopped";
    case TrainState::Failed:
      return "failed";
  }
  return "?";
}

Result<std::unique_ptr<Trainer>> Trainer::create(TrainerSetup setup) try {
  TANDEM_CHECK(setup.data && setup.backend, "a trainer needs data and a backend");
  auto impl = std::make_unique<Impl>();
  impl->setup = std::move(setup);
  TrainerSetup& s = impl->setup;
  const TrainingConfig& training = s.project.training;
  if (s.dataFingerprint.empty()) s.dataFingerprint = fingerprint(*s.data);
  std::optional<Checkpoint> checkpoint;
  if (s.resume) {
    TANDEM_ASSIGN(checkpoint, loadCheckpoint(*s.resume));
    TANDEM_TRY(impl->acceptCheckpoint(*checkpoint));
  }

  std::optional<InitialWeights> initial;
  if (!checkpoint && !training.initialWeights.empty()) {
    TANDEM_ASSIGN(initial, loadInitialWeights(training.initialWeights));
    s.initialWeightsFingerprint = fingerprint(*initial);
    s.data = normalizedFor(*initial, s.project.network, s.data, s.notes);
  }

  TANDEM_TRY(checkCancelled(s.cancelled));
  auto plan = planTraining(s.project, *s.data, *s.backend, s.cancelled);
  if (!plan.ok()) {
    Error error = std::move(plan).error();
    // The data may not fit only because of its normalization.
    if (initial && !s.notes.empty()) error.message += " (" + s.notes.back() + ")";
    return error;
  }
  impl->plan = *std::move(plan);
  for (std::string& note : dataNotes(training, *s.data)) s.notes.push_back(std::move(note));
  for (std::string& note : foresightNotes(s.project)) s.notes.push_back(std::move(note));
  const auto fitting = [&](Error error) {
    TrainingConfig bounded = training;
    bounded.batch = impl->plan->batch;
    return withFittingBatch(std::move(error), s.project.network, bounded, s.data->info, *s.backend);
  };
  if (const Status fits = checkFits(*impl->plan, *s.backend); !fits.ok()) return fitting(fits.error());
  TANDEM_TRY(checkCancelled(s.cancelled));
  auto session = s.backend->open(impl->plan, s.cancelled);
  if (!session.ok()) return fitting(std::move(session).error());
  impl->session = std::move(*session);
  if (std::string slower = impl->session->limitation(); !slower.empty()) s.notes.push_back(std::move(slower));
  impl->lossSlot = lossSlot(impl->plan->report)->slot;
  if (const ReportSlot* scale = findSlot(impl->plan->report, kLossScaleReport))
    impl->scaleSlot = scale->first;
  impl->monitored = *monitoredSlot(*impl->plan, training);

  BatchLoader::Options options;
  options.batch = impl->plan->batch;
  options.tensors = batchTensors(*impl->plan);
  options.seed = training.seed;
  options.depth = impl->session->depth() + kPrefetchedBatches;
  options.transform = augmenterFor(s.data, training.augment, training.seed, s.backend->prefersBytes());
  impl->trainLoader = std::make_unique<BatchLoader>(s.data, options);
  options.transform = nullptr;
  impl->batchesPerEpoch = impl->trainLoader->batchesPerEpoch();
  if (!s.data->part(SplitPart::Validation).empty()) {
    options.part = SplitPart::Validation;
    options.shuffle = options.dropLast = false;
    impl->validationLoader = std::make_unique<BatchLoader>(s.data, options);
  }

  TANDEM_TRY(checkCancelled(s.cancelled));
  impl->at.baseRate = training.optimizer.number(kLearningRate);
  if (checkpoint) {
    TANDEM_TRY(checkPosition(*checkpoint, impl->batchesPerEpoch, *s.resume));
    TANDEM_TRY(writeBlocks(*impl->plan, *impl->session, *checkpoint));
    impl->at = positionOf(*checkpoint, s.project, *impl->plan);
    if (impl->at.best.known() && checkpoint->bestParameters.empty()) {
      impl->bestParameters = std::move(checkpoint->parameters);
      impl->bestStates = std::move(checkpoint->states);
    } else if (impl->at.best.known()) {
      impl->bestParameters = std::move(checkpoint->bestParameters);
      impl->bestStates = std::move(checkpoint->bestStates);
    }
    impl->clockBase = checkpoint->wallSeconds;
    impl->trainLoader->seek(impl->at.epoch, impl->at.batchInEpoch);
  } else {
    TANDEM_TRY(writeInitialBlocks(*impl->plan, *impl->session, s.cancelled));
    if (initial) TANDEM_TRY(writeMatching(*initial, *impl->plan, *impl->session, s.notes));
    TANDEM_TRY(startAverage(*impl->plan, *impl->session));
  }
  impl->startRate = impl->at.baseRate;
  impl->at.sums.reducers = reducersOf(impl->plan->report);
  impl->at.sums.counts = countsOf(impl->plan->report);
  if (const auto begin = std::exchange(s.begin, nullptr)) TANDEM_TRY(begin(s));
  impl->checkpointFile = s.folder / kCheckpointName;
  TANDEM_TRY(prepareFolder(s.folder, impl->checkpointFile.filename().string()));
  // Readings are optional: a device without a sensor can train too.
  if (auto sensor = s.backend->sensor(training.device.device); sensor.ok())
    impl->sampler = std::make_unique<DeviceSampler>(std::move(*sensor), s.observers);
  return std::unique_ptr<Trainer>(new Trainer(std::move(impl)));
} catch (const std::bad_alloc&) {
  return Error{
      ErrorCode::OutOfMemory, "not enough memory for this run", {}, "Use a smaller batch or network"};
}

Trainer::Trainer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Trainer::~Trainer() {
  impl_->controls.stop();
  join();
}

void Trainer::start() {
  const std::lock_guard lock(impl_->threadMutex);
  TANDEM_CHECK(!impl_->thread.joinable() && state() == TrainState::Preparing,
               "a trainer can be started only once");
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

void Trainer::pause() {
  impl_->controls.pause();
}
void Trainer::resume() {
  impl_->controls.resume();
}
void Trainer::step() {
  impl_->controls.step();
}
void Trainer::stop() {
  impl_->controls.stop();
}
void Trainer::setLearningRate(double rate) {
  impl_->controls.setRate(rate);
}
double Trainer::startLearningRate() const {
  return impl_->startRate;
}
std::vector<SensorGap> Trainer::sensorGaps() const {
  if (impl_->sampler) return impl_->sampler->gaps();
  return {{"readings", "the device has no sensor"}};
}
std::string Trainer::limitation() const {
  return impl_->session->limitation();
}
TrainState Trainer::state() const {
  return impl_->state.load();
}
const Plan& Trainer::plan() const {
  return *impl_->plan;
}

TrainResult Trainer::join() {
  const std::lock_guard lock(impl_->threadMutex);
  if (impl_->thread.joinable()) impl_->thread.join();
  return impl_->result;
}

}  // namespace tandem
