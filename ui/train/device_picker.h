// DevicePicker: where the project trains. Every device by name; one that cannot be used stands there
// disabled and says why. Beside it, in which precision; one that the device emulates, or has not, says so.
// Writes TrainingConfig::device of the document.
#pragma once

#include <QWidget>
#include <vector>

#include "core/runtime/backend.h"

class QComboBox;
class QSpinBox;

namespace tandem::ui {

class ProjectDocument;

class DevicePicker : public QWidget {
  Q_OBJECT

 public:
  DevicePicker(ProjectDocument& document, QWidget* parent = nullptr);

  // Devices as given: from the registry in the lab, made up in tests.
  void setDevices(std::vector<DeviceInfo> devices);

 Q_SIGNALS:
  void opened();  // its list is about to be shown

 private:
  void showDocument();
  void writeDocument();
  void showPrecisions(const DeviceInfo* device, Precision chosen);
  const DeviceInfo* current() const;

  ProjectDocument& document_;
  std::vector<DeviceInfo> devices_;
  QComboBox* devicesBox_;  // a line a device; closed, no wider than the tool bar has room for
  QComboBox* precisionBox_;
  QSpinBox* threads_;
};

}  // namespace tandem::ui
