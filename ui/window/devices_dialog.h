// DevicesDialog: lists every backend and device of this installation with its versions, capabilities and
// current readings, and says what is missing and how to get it.
#pragma once

#include <QDialog>
#include <QTimer>
#include <memory>
#include <string>
#include <vector>

#include "core/runtime/registry.h"

class QLabel;
class QTextBrowser;

namespace tandem::ui {

class DevicesDialog : public QDialog {
  Q_OBJECT

 public:
  DevicesDialog(const std::vector<BackendSlot>& list, QWidget* parent);

 private:
  struct Reader {
    QString device;
    std::unique_ptr<Sensor> sensor;
  };
  QString pageOf(const std::vector<BackendSlot>& list);
  QString deviceHtml(Backend& backend, const DeviceInfo& device);
  void readNow();

  std::vector<Reader> readers_;
  QTextBrowser* page_;
  QLabel* now_;
  QTimer timer_;
};

}  // namespace tandem::ui
