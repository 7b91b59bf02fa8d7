// Reads the metadata of a dataset (shape, classes) on a worker thread. The latest request wins.
#pragma once

#include <QObject>
#include <QThreadPool>
#include <atomic>

#include "core/data/dataset.h"

namespace tandem::ui {

class DataProbe : public QObject {
  Q_OBJECT

 public:
  explicit DataProbe(QObject* parent = nullptr);
  ~DataProbe() override;  // waits for a read in progress

  void start(const DataSpec& spec);
  bool running() const { return done_ != requested_; }

 Q_SIGNALS:
  void finished(const tandem::Result<tandem::DatasetInfo>& info);

 private:
  QThreadPool pool_;
  std::uint64_t requested_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace tandem::ui
