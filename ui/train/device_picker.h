// DevicePicker: chooses the device, precision and thread count of the training. It lists every device by
// name; an unusable one is disabled and its tooltip says why. Precisions that the device emulates or lacks
// are marked. It writes TrainingConfig::device of the document.
#pragma once

#include <QWidget>
#include <vector>

#include "core/runtime/backend.h"

class QComboBox;

namespace tandem::ui {

class NumberBox;
class ProjectDocument;

class DevicePicker : public QWidget {
  Q_OBJECT

 public:
  DevicePicker(ProjectDocument& document, QWidget* parent = nullptr);

  // The devices to list: from the registry in the lab, invented ones in tests.
  void setDevices(std::vector<DeviceInfo> devices);

 Q_SIGNALS:
  void opened();  // the list is about to be shown

 private:
  void showDocument();
  void writeDocument();
  void showPrecisions(const DeviceInfo* device, Precision chosen);
  const DeviceInfo* current() const;

  ProjectDocument& document_;
  std::vector<DeviceInfo> devices_;
  QComboBox* devicesBox_;  // one line per device; closed, as narrow as the tool bar needs
  QComboBox* precisionBox_;
  NumberBox* threads_;
};

}  // namespace tandem::ui
