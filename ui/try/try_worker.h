// TryWorker: opens models and predicts on a thread of its own, so that the window never waits. At most one prediction is in
// progress; of the inputs that arrive meanwhile, only the newest one is predicted.
#pragma once

#include <QObject>
#include <QStringList>
#include <QThreadPool>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "core/report/trial.h"
#include "core/train/continue_text.h"

namespace tandem::ui {

class TryWorker : public QObject {
  Q_OBJECT

 public:
  explicit TryWorker(QObject* parent = nullptr);
  ~TryWorker() override;  // stops and waits

  // Opens the model on each of the devices. Replaces the previous models and samples.
  void open(const std::filesystem::path& file, Weights which, const QStringList& devices);
  void predict(std::vector<TrialInput> inputs);              // on all devices, one after the other
  void continueText(std::string text, Continuation wanted);  // on the first device
  void stopWriting() { stopWriting_ = true; }
  void loadSamples(const std::optional<std::filesystem::path>& data);

  // While it is open, else empty: of each device.
  const std::vector<std::shared_ptr<OpenModel>>& models() const { return models_; }
  const std::vector<TrialPrediction>& predictions() const { return predictions_; }  // the last ones
  std::shared_ptr<const LabelledSamples> samples() const { return samples_; }       // nullptr: not loaded
  bool busy() const { return opening_ || predicting_ || writing_ || loading_; }
  bool writing() const { return writing_; }
  bool loading() const { return loading_; }

 Q_SIGNALS:
  void opened();
  void openFailed(const tandem::Error& error);
  void predicted();
  void predictionFailed(const tandem::Error& error);
  void written(const QString& text);  // all of it so far
  void writingEnded();
  void writingFailed(const tandem::Error& error);
  void samplesLoaded();
  void samplesFailed(const tandem::Error& error);

 private:
  using Models = std::vector<std::shared_ptr<OpenModel>>;
  using Predictions = std::vector<TrialPrediction>;

  void predictWaiting();

  std::filesystem::path file_;
  Models models_;
  Predictions predictions_;
  std::shared_ptr<const LabelledSamples> samples_;
  std::optional<std::vector<TrialInput>> waiting_;
  std::atomic<int> generation_{0};  // of the models; results of older ones are dropped
  std::atomic<bool> stopWriting_{false};
  int loads_ = 0;  // so that the samples of an older choice are dropped
  bool opening_ = false, predicting_ = false, writing_ = false, loading_ = false;
  // Last members: their destructors wait for tasks that use the others.
  QThreadPool predictors_, readers_;
};

}  // namespace tandem::ui
