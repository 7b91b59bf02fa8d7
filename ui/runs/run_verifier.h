// RunVerifier: repeats a recorded run on a thread of its own and tells how far it is and what came of it.
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
  ~RunVerifier() override;  // cancels, and waits for the step in progress

  bool busy() const { return busy_; }
  // One at a time.
  void start(const RunSummary& run);
  void cancel() { cancelled_ = true; }

 Q_SIGNALS:
  // of: 0 while the data is loaded.
  void progressed(qint64 done, qint64 of);
  // An Error with Cancelled where it was cancelled.
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
