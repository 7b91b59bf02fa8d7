// Shared parts of the twin run tests, which operate its dialog and its view.
#pragma once

#include "tests/gui/lab_fixture.h"

namespace tandem::ui {

class TwinDialog;

class TwinFixture : public LabFixture {
  Q_OBJECT

 protected:
  TwinController& twins() { return window_->twins(); }
  const TwinRecord& record() { return twins().viewModel()->record; }
  // Clicks a button, which must be visible and enabled.
  void click(const QString& button);
  // Replaces the value of a spin box.
  void type(const QString& field, int number);
  // A project that trains in a moment.
  void openSpirals();
  TwinDialog* openDialog();
  // Compares cpu:1 with cpu:1 without its default kernels.
  void chooseKernels();
  // In the open dialog: one thread per side and `batch` for the second side. order: an index of raceOrder.
  void chooseRace(int batch, int epochs, int order);
  // In the open dialog.
  void startLockStep(int steps, int every);
  void waitForEnd();
  void showTab(int tab);
  QString cell(const QString& table, int row, int column);
  void clickRow(const QString& table, int row);
};

}  // namespace tandem::ui
