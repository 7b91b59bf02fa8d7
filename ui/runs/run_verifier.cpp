#include "ui/runs/run_verifier.h"

namespace tandem::ui {
namespace {
constexpr int kProgressMs = 100;
}

RunVerifier::RunVerifier(RunStore& store, QObject* parent) : QObject(parent), store_(store) {
  timer_.setInterval(kProgressMs);
  connect(&timer_, &QTimer::timeout, this, [this] { Q_EMIT progressed(done_, of_); });
}

RunVerifier::~RunVerifier() {
  cancelled_ = true;
  if (thread_.joinable()) thread_.join();
}

void RunVerifier::start(const RunSummary& run) {
  if (busy_) return;
  if (thread_.joinable()) thread_.join();  // returns at once, since the result has been posted
  busy_ = true;
  cancelled_ = false;
  done_ = of_ = 0;
  timer_.start();
  thread_ = std::thread([this, run] {
    const auto verify = [&]() -> Result<Verdict> {
      RecordedRun record;
      TANDEM_ASSIGN(record.info, store_.info(run.id));
      TANDEM_ASSIGN(record.curves, store_.curves(run.id));
      VerifyOptions options;
      options.progress = [this](std::int64_t done, std::int64_t of) {
        done_ = done;
        of_ = of;
        return !cancelled_;
      };
      return verifyRun(record, options);
    };
    auto verdict = std::make_shared<Result<Verdict>>(verify());
    QMetaObject::invokeMethod(
        this,
        [this, run, verdict] {
          busy_ = false;
          timer_.stop();
          Q_EMIT finished(run, *verdict);
        },
        Qt::QueuedConnection);
  });
}

}  // namespace tandem::ui
