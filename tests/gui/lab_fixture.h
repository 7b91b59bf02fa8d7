// What a test of the lab begins with: a record of runs of its own and, for most, the real window on it.
// A test class that derives from one of these has both, fresh, in every test function.
#pragma once

#include <memory>

#include "core/runs/run_store.h"
#include "tests/gui/gui_test.h"
#include "ui/window/main_window.h"

namespace tandem::ui {

class RunsModel;

constexpr int kRunMs = 60'000;  // far more than what a test waits for needs, on a busy machine

// An empty record of runs in a private folder, and no settings.
class RecordFixture : public QObject {
  Q_OBJECT

 protected Q_SLOTS:  // QtTest calls them around each test function, unless the test class has its own
  void init();
  void cleanup();

 protected:
  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<RunStore> store_;
};

// The lab's window, shown with that record.
class LabFixture : public RecordFixture {
  Q_OBJECT

 protected Q_SLOTS:
  void init();
  void cleanup();

 protected:
  std::unique_ptr<MainWindow> window_;

  TrainController& controller() { return window_->controller(); }
  ProjectDocument& document() { return window_->document(); }
  RunsModel& runs();
  // The widget or action of that name; there must be one.
  template <class T>
  T* child(const QString& name) {
    return test::find<T>(window_.get(), name);
  }
  void trigger(const QString& action) { child<QAction>(action)->trigger(); }
  // Opens the template, to be trained for so many epochs.
  void openTemplate(const QString& name, int epochs);
  void openMoons(int epochs) { openTemplate("Two moons", epochs); }  // trains in a blink
  // Chooses a run in the list with the mouse.
  void clickRun(int row);
  // Trains to the end, which must be a good one.
  void trainToEnd();
};

}  // namespace tandem::ui
