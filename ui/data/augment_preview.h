// The first training samples as they are stored and as the augmentations of the project change them, loaded on a worker
// thread when the user asks for it.
#pragma once

#include <QThreadPool>
#include <QWidget>
#include <atomic>
#include <memory>
#include <optional>

#include "ui/models/project_document.h"

class QCheckBox;
class QLabel;
class QPushButton;

namespace tandem::ui {

class AugmentPreview : public QWidget {
  Q_OBJECT

 public:
  explicit AugmentPreview(ProjectDocument& document, QWidget* parent = nullptr);
  ~AugmentPreview() override;

 private:
  void refresh();
  void load();
  void draw();
  void say(const QString& text);

  ProjectDocument& document_;
  QCheckBox* shown_;
  QPushButton* next_;
  QLabel* samples_;
  QLabel* text_;
  QThreadPool pool_;
  std::shared_ptr<std::atomic<std::uint64_t>> request_;  // the latest request; older loads stop
  std::shared_ptr<const Dataset> data_;                  // of spec_; nullptr until it is loaded
  std::optional<DataSpec> spec_;                         // that is loaded or being loaded
  std::int64_t epoch_ = 0;
};

}  // namespace tandem::ui
