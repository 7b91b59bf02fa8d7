#include "ui/try/try_worker.h"

#include <chrono>

#include "ui/models/format.h"

namespace tandem::ui {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kShowEvery{33};

using Models = std::vector<std::shared_ptr<OpenModel>>;

Result<Models> openAll(const std::filesystem::path& file, Weights which, const QStringList& devices) {
  Models models;
  for (const QString& device : devices) {
    TANDEM_ASSIGN(auto model, openTrial(file, device.toStdString(), which));
    models.push_back(std::move(model));
  }
  return models;
}

Result<std::vector<TrialPrediction>> predictAll(const Models& models, const std::vector<TrialInput>& inputs) {
  std::vector<TrialPrediction> predictions;
  for (const auto& model : models) {
    TANDEM_ASSIGN(TrialPrediction one, predictTrial(*model, inputs));
    predictions.push_back(std::move(one));
  }
  return predictions;
}

}  // namespace

TryWorker::TryWorker(QObject* parent) : QObject(parent) {
  predictors_.setMaxThreadCount(1);
  predictors_.setExpiryTimeout(-1);  // a new thread would have to create its team of OpenMP threads again
  readers_.setMaxThreadCount(1);
}

TryWorker::~TryWorker() {
  ++generation_;
  stopWriting_ = true;
  predictors_.clear();
  readers_.clear();
  predictors_.waitForDone();
  readers_.waitForDone();
}

void TryWorker::open(const std::filesystem::path& file, Weights which, const QStringList& devices) {
  const int generation = ++generation_;
  stopWriting_ = true;
  file_ = file;
  predictions_.clear();
  samples_.reset();
  waiting_.reset();
  loading_ = false;
  opening_ = true;
  // The previous models make room first.
  predictors_.start([this, file, which, devices, generation, before = std::move(models_)]() mutable {
    before.clear();
    const auto result = std::make_shared<Result<Models>>(openAll(file, which, devices));
    QMetaObject::invokeMethod(
        this,
        [this, result, generation] {
          if (generation != generation_) return;
          opening_ = false;
          if (!result->ok()) {
            Q_EMIT openFailed(result->error());
            return;
          }
          models_ = std::move(**result);
          Q_EMIT opened();
        },
        Qt::QueuedConnection);
  });
  models_.clear();
}

void TryWorker::predict(std::vector<TrialInput> inputs) {
  if (models_.empty()) return;
  if (predicting_ || writing_) {
    waiting_ = std::move(inputs);
    return;
  }
  predicting_ = true;
  predictors_.start([this, models = models_, inputs = std::move(inputs), generation = generation_.load()] {
    const auto result = std::make_shared<Result<Predictions>>(predictAll(models, inputs));
    QMetaObject::invokeMethod(
        this,
        [this, result, generation] {
          predicting_ = false;
          predictWaiting();
          if (generation != generation_) return;
          predictions_.clear();
          if (!result->ok()) {
            Q_EMIT predictionFailed(result->error());
            return;
          }
          predictions_ = std::move(**result);
          Q_EMIT predicted();
        },
        Qt::QueuedConnection);
  });
}

void TryWorker::predictWaiting() {
  if (!waiting_) return;
  std::vector<TrialInput> inputs = std::move(*waiting_);
  waiting_.reset();
  predict(std::move(inputs));
}

void TryWorker::continueText(std::string text, Continuation wanted) {
  if (models_.empty() || writing_) return;
  writing_ = true;
  stopWriting_ = false;
  const int generation = generation_;
  // Not more often than the window can show it.
  wanted.progress = [this, generation, shownAt = Clock::time_point()](const std::string& soFar) mutable {
    if (generation != generation_ || stopWriting_) return false;
    const Clock::time_point now = Clock::now();
    if (now - shownAt < kShowEvery) return true;
    shownAt = now;
    QMetaObject::invokeMethod(
        this,
        [this, generation, shown = toQString(soFar)] {
          if (generation == generation_) Q_EMIT written(shown);
        },
        Qt::QueuedConnection);
    return true;
  };
  predictors_.start([this, model = models_.front(), text = std::move(text), wanted, generation] {
    const auto result = std::make_shared<Result<std::string>>(writeTrial(*model, text, wanted));
    QMetaObject::invokeMethod(
        this,
        [this, result, generation] {
          writing_ = false;
          predictWaiting();
          if (generation == generation_ && result->ok()) Q_EMIT written(toQString(**result));
          if (generation == generation_ && !result->ok()) Q_EMIT writingFailed(result->error());
          Q_EMIT writingEnded();
        },
        Qt::QueuedConnection);
  });
}

void TryWorker::loadSamples(const std::optional<std::filesystem::path>& data) {
  if (models_.empty()) return;
  loading_ = true;
  const int load = ++loads_;
  const int generation = generation_;
  const LoadProgress progress = [this, generation](double) { return generation == generation_; };
  readers_.start([this, model = models_.front(), file = file_, data, load, progress, generation] {
    const auto result = std::make_shared<Result<LabelledSamples>>(trialSamples(*model, file, data, progress));
    QMetaObject::invokeMethod(
        this,
        [this, result, load, generation] {
          if (generation != generation_ || load != loads_) return;
          loading_ = false;
          if (result->ok()) {
            samples_ = std::make_shared<const LabelledSamples>(std::move(**result));
            Q_EMIT samplesLoaded();
          } else {
            Q_EMIT samplesFailed(result->error());
          }
        },
        Qt::QueuedConnection);
  });
}

}  // namespace tandem::ui
