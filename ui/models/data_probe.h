// Reads the metadata of a dataset (shape, classes, first rows) on a worker thread. The latest request wins.
#pragma once

#include <QObject>
#include <QThreadPool>
#include <atomic>

#include "core/data/dataset.h"
#include "core/data/table_preview.h"

namespace tandem::ui {

class DataProbe : public QObject {
  Q_OBJECT

 public:
  explicit DataProbe(QObject* parent = nullptr);
  ~DataProbe() override;  // waits for a read in progress

  void start(const DataSpec& spec);
  // The answer to earlier requests is no longer wanted.
  void drop();
  bool running() const { return done_ != requested_; }

 Q_SIGNALS:
  // preview: empty unless the data is a table; also of most tables that cannot be read.
  void finished(const tandem::Result<tandem::DatasetInfo>& info, const tandem::TablePreview& preview);

 private:
  QThreadPool pool_;
  std::uint64_t requested_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace tandem::ui
