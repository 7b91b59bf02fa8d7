#include "core/train/trainer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "core/base/file.h"
#include "core/ops/loss_scale.h"
#include "core/train/blocks.h"
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

Status checkSetup(const TrainerSetup& setup) {
  TANDEM_CHECK(setup.data && setup.backend, "a trainer needs data and a backend");
  const TrainingConfig& training = setup.project.training;
  if (training.epochs < 1) return invalid("the number of epochs must be at least 1", "training.epochs");
  if (training.batch < 1) return invalid("the batch size must be at least 1", "training.batch");
  if (!(training.optimizer.learningRate > 0) || !std::isfinite(training.optimizer.learningRate))
    return invalid("the learning rate must be a positive number", "training.optimizer.learning_rate");
  // Checkpoints contain the project; if it cannot be read back, they are useless.
  TANDEM_TRY(projectFromJson(toJson(setup.project), "settings"));
  if (setup.data->part(SplitPart::Train).empty())
    return invalid("no samples are left for training", setup.data->info.name,
                   "Reduce the validation and test fractions");
  return success();
}

RunPosition positionOf(const Checkpoint& checkpoint, const Project& requested) {
  RunPosition at;
  at.step = checkpoint.step;
  at.epoch = checkpoint.epoch;
  at.batchInEpoch = checkpoint.batchInEpoch;
  // A rate changed manually during training remains in effect, unless the rate in the project has changed.
  const bool sameRate =
      checkpoint.project.training.optimizer.learningRate == requested.training.optimizer.learningRate;
  at.baseRate = sameRate ? checkpoint.baseLearningRate : requested.training.optimizer.learningRate;
  at.watch = {checkpoint.bestLoss, checkpoint.badEpochs, checkpoint.stoppingEpochs, checkpoint.plateauScale};
  std::copy(checkpoint.epochSums.begin(), checkpoint.epochSums.end(), at.sums.sums.begin());
  at.sums.rows = checkpoint.epochRows;
  at.epochTrainSeconds = checkpoint.epochTrainSeconds;
  return at;
}

Status checkPosition(const Checkpoint& checkpoint, std::int64_t batchesPerEpoch, const fs::path& file) {
  if (checkpoint.batchInEpoch > batchesPerEpoch || checkpoint.epochSums.size() > kReportSlots)
    return invalid("the checkpoint is at batch " + std::to_string(checkpoint.batchInEpoch) +
                       " of an epoch, but this data has " + std::to_string(batchesPerEpoch),
                   file.string(), "Resume with the checkpoint's own data");
  return success();
}

}  // namespace

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
  TANDEM_TRY(checkSetup(setup));
  auto impl = std::make_unique<Impl>();
  impl->setup = std::move(setup);
  const TrainerSetup& s = impl->setup;
  const TrainingConfig& training = s.project.training;
  impl->checkpointFile = s.folder / kCheckpointName;
  TANDEM_TRY(prepareFolder(s.folder, impl->checkpointFile.filename().string()));
  std::optional<Checkpoint> checkpoint;
  if (s.resume) {
    TANDEM_ASSIGN(checkpoint, loadCheckpoint(*s.resume));
    TANDEM_TRY(checkResumable(checkpoint->project, s.project, *s.resume));
  }

  TANDEM_ASSIGN(impl->plan, compile(s.project.network, training, s.data->info, *s.backend));
  const auto fitting = [&](Error error) {
    return withFittingBatch(std::move(error), s.project.network, training, s.data->info, *s.backend);
  };
  if (const Status fits = checkFits(*impl->plan, *s.backend); !fits.ok()) return fitting(fits.error());
  auto session = s.backend->open(impl->plan);
  if (!session.ok()) return fitting(std::move(session).error());
  impl->session = std::move(*session);
  for (const ReportSlot& slot : impl->plan->report)
    if (slot.name == "loss")
      impl->lossSlot = slot.slot;
    else if (slot.name == kLossScaleReport)
      impl->scaleSlot = slot.slot;

  BatchLoader::Options options;
  options.batch = training.batch;
  options.bytes = impl->plan->takesBytes();
  options.seed = training.seed;
  options.depth = impl->session->depth() + 2;
  impl->trainLoader = std::make_unique<BatchLoader>(s.data, options);
  impl->batchesPerEpoch = impl->trainLoader->batchesPerEpoch();
  if (!s.data->part(SplitPart::Validation).empty()) {
    options.part = SplitPart::Validation;
    options.shuffle = options.dropLast = false;
    impl->validationLoader = std::make_unique<BatchLoader>(s.data, options);
  }

  impl->at.baseRate = training.optimizer.learningRate;
  if (checkpoint) {
    TANDEM_TRY(checkPosition(*checkpoint, impl->batchesPerEpoch, *s.resume));
    TANDEM_TRY(writeBlocks(*impl->plan, *impl->session, *checkpoint));
    impl->at = positionOf(*checkpoint, s.project);
    impl->clockBase = checkpoint->wallSeconds;
    impl->trainLoader->seek(impl->at.epoch, impl->at.batchInEpoch);
  } else {
    TANDEM_TRY(writeInitialBlocks(*impl->plan, *impl->session));
  }
  impl->startRate = impl->at.baseRate;
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
