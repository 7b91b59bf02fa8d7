// Fixtures for tests of the lab: a private run store and, for most tests, a real window that uses it. A test
// class that derives from one of them gets new ones for every test function.
#pragma once

#include <memory>

#include "core/runs/run_store.h"
#include "tests/gui/gui_test.h"
#include "ui/window/main_window.h"

namespace tandem::ui {

class RunsModel;

constexpr int kRunMs = 60'000;  // generous, for busy machines

// An empty run store in a private folder, without settings.
class RecordFixture : public QObject {
  Q_OBJECT

 protected Q_SLOTS:  // called by QtTest around each test function, unless the test class overrides them
  void init();
  void cleanup();

 protected:
  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<RunStore> store_;
};

// The lab's window, shown with that run store.
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
  // Returns the widget or action with this name, which must exist.
  template <class T>
  T* child(const QString& name) {
    return test::find<T>(window_.get(), name);
  }
  void trigger(const QString& action) { child<QAction>(action)->trigger(); }
  // Opens the template and sets the number of epochs.
  void openTemplate(const QString& name, int epochs);
  void openMoons(int epochs) { openTemplate("Two moons", epochs); }  // trains very fast
  // Selects a run in the list by a mouse click.
  void clickRun(int row);
  // Trains until the run has finished successfully.
  void trainToEnd();
};

}  // namespace tandem::ui
