#include "ui/models/data_probe.h"

namespace tandem::ui {

DataProbe::DataProbe(QObject* parent) : QObject(parent) {
  pool_.setMaxThreadCount(1);
}

DataProbe::~DataProbe() {
  pool_.clear();
  pool_.waitForDone();
}

void DataProbe::start(const DataSpec& spec) {
  drop();
  const std::uint64_t request = ++requested_;
  pool_.start([this, spec, request] {
    TablePreview preview;
    auto info = probeDataset(spec, &preview);
    // `this` outlives the pool's threads, because the destructor waits for them.
    QMetaObject::invokeMethod(
        this,
        [this, request, info = std::move(info), preview = std::move(preview)] {
          if (request != requested_) return;
          done_ = request;
          Q_EMIT finished(info, preview);
        },
        Qt::QueuedConnection);
  });
}

void DataProbe::drop() {
  pool_.clear();  // those that have not started
  done_ = ++requested_;
}

}  // namespace tandem::ui
