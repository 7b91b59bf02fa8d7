// A scatter plot of a generated 2-D dataset, computed on a worker thread.
#pragma once

#include <QThreadPool>
#include <QWidget>
#include <atomic>
#include <memory>

#include "core/data/dataset.h"

class QCustomPlot;

namespace tandem::ui {

class DataPreview : public QWidget {
  Q_OBJECT

 public:
  explicit DataPreview(QWidget* parent = nullptr);
  ~DataPreview() override;

  void show2d(const DataSpec& spec);  // spec.kind: Generated
  int points() const { return points_; }

 Q_SIGNALS:
  void drawn();

 private:
  void draw(const Dataset& set);
  void restyle();

  QCustomPlot* plot_;
  QThreadPool pool_;
  std::shared_ptr<std::atomic<std::uint64_t>> request_;  // the latest request; older loads stop
  int points_ = 0;
};

}  // namespace tandem::ui
