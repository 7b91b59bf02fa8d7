// SideRow: edits one side of a twin run: device, threads, precision, batch size, and under "More" the kernels
// to avoid and another network.
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
class NumberBox;

// A device with the options of a side on it.
struct SideDevice {
  DeviceInfo info;
  std::vector<std::string> kernels;  // that can be avoided
};

class SideRow : public QWidget {
  Q_OBJECT

 public:
  explicit SideRow(std::vector<SideDevice> devices, QWidget* parent = nullptr);

  // number: from 0, which is the reference. Names the widgets "side0Device", "side0Avoid:onednn", ...
  void setNumber(int number, bool removable);
  void setDevice(const DeviceOptions& options);
  // Only the sides of a race may differ in batch size and network.
  void setRace(bool race);
  std::string text() const;  // in the syntax of parseSide()
  // Why the device is unavailable; empty: it is available.
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
  NumberBox* threads_;
  ChoiceBox* precision_;
  NumberBox* batch_;
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
