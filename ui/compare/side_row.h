// SideRow: one side of a twin in the dialog: device, threads, precision, batch, and under "More" the kernels
// to do without and another network.
#pragma once

#include <QWidget>
#include <vector>

#include "core/twin/side.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QToolButton;
class QVBoxLayout;

namespace tandem::ui {

class ChoiceBox;
class IntegerBox;

// A device with what a side on it can be asked for.
struct SideDevice {
  DeviceInfo info;
  std::vector<std::string> kernels;  // that it can do without
};

class SideRow : public QWidget {
  Q_OBJECT

 public:
  explicit SideRow(std::vector<SideDevice> devices, QWidget* parent = nullptr);

  // From 0: the reference. Its widgets are then called "side0Device", "side0Avoid:onednn", ...
  void setNumber(int number, bool removable);
  void setDevice(const DeviceOptions& options);
  // A race may differ in batch and network, lock-step cannot.
  void setRace(bool race);
  std::string text() const;  // as parseSide() reads it
  // Why the device cannot be used; empty: it can.
  QString refusal() const;

 Q_SIGNALS:
  void changed();
  void removeRequested();

 private:
  const SideDevice* device() const;
  void showDevice();
  void showMore();
  void chooseNetwork();

  std::vector<SideDevice> devices_;
  bool race_ = false;
  QLabel* number_;
  ChoiceBox* device_;
  IntegerBox* threads_;
  ChoiceBox* precision_;
  IntegerBox* batch_;
  QToolButton* more_;
  QToolButton* remove_;
  QWidget* extra_;
  QVBoxLayout* lines_;
  QWidget* kernels_ = nullptr;
  std::vector<QCheckBox*> avoid_;
  QCheckBox* fast_;
  QWidget* networkRow_;
  QLineEdit* network_;
  QToolButton* browse_;
};

}  // namespace tandem::ui
