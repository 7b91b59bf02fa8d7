// RunVerifier: repeats a recorded run on a separate thread and reports its progress and the result.
#pragma once

#include <QObject>
#include <QTimer>
#include <atomic>
#include <memory>
#include <thread>

#include "core/runs/verify.h"

namespace tandem::ui {

class RunVerifier : public QObject {
  Q_OBJECT

 public:
  explicit RunVerifier(RunStore& store, QObject* parent = nullptr);
  ~RunVerifier() override;  // cancels and waits for the current step

  bool busy() const { return busy_; }
  // Does nothing while busy().
  void start(const RunSummary& run);
  void cancel() { cancelled_ = true; }

 Q_SIGNALS:
  // of: 0 while the data is being loaded.
  void progressed(qint64 done, qint64 of);
  // verdict: an Error with code Cancelled after cancel().
  void finished(const tandem::RunSummary& run, const tandem::Result<tandem::Verdict>& verdict);

 private:
  RunStore& store_;
  QTimer timer_;
  bool busy_ = false;
  std::atomic<bool> cancelled_{false};
  std::atomic<qint64> done_{0}, of_{0};
  std::thread thread_;
};

}  // namespace tandem::ui
