// What tests of the twin run share: the hands that work its dialog and its room.
#pragma once

#include "tests/gui/lab_fixture.h"

namespace tandem::ui {

class TwinDialog;

class TwinFixture : public LabFixture {
  Q_OBJECT

 protected:
  TwinController& twins() { return window_->twins(); }
  const TwinRecord& record() { return twins().viewModel()->record; }
  // A button that can be seen and clicked.
  void click(const QString& button);
  // Replaces what is in a spin box.
  void type(const QString& field, int number);
  // Small enough to train in a moment.
  void openSpirals();
  TwinDialog* openDialog();
  // cpu:1 against cpu:1 without the usual kernels.
  void chooseKernels();
  // In the open dialog: one thread a side, the second with a batch of its own. order: an index of raceOrder.
  void chooseRace(int batch, int epochs, int order);
  // In the open dialog.
  void startLockStep(int steps, int every);
  void waitForEnd();
  void showTab(int tab);
  QString cell(const QString& table, int row, int column);
  void clickRow(const QString& table, int row);
};

}  // namespace tandem::ui
