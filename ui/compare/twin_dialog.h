// TwinDialog: asks what to compare, and how. It starts the twin run, shows the loading progress and errors,
// and closes once the sides run.
#pragma once

#include <QDialog>
#include <vector>

#include "ui/compare/side_row.h"
#include "ui/compare/twin_controller.h"
#include "ui/models/project_document.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QRadioButton;
class QScrollArea;
class QStackedWidget;

namespace tandem::ui {

class NumberBox;
class MessageBar;
class SideList;

// Adds to each device the kernels of its backend.
std::vector<SideDevice> sideDevices(const std::vector<DeviceInfo>& devices, const BackendLookup& lookup);

class TwinDialog : public QDialog {
  Q_OBJECT

 public:
  // The twin run uses a snapshot of the project from when Start is pressed.
  TwinDialog(TwinController& controller, ProjectDocument& document, const std::vector<DeviceInfo>& devices,
             QWidget* parent = nullptr);

 public Q_SLOTS:
  void reject() override;  // cancels loading, if in progress; closes otherwise

 private:
  void buildUi(const std::vector<DeviceInfo>& devices);
  QWidget* buildMode();
  void updateForm();
  void fit();  // adjusts the size to the contents and the screen
  void showProject();
  void askPrices();
  void start();
  void showPhase();

  TwinController& controller_;
  ProjectDocument& document_;
  bool starting_ = false;

  MessageBar* message_ = nullptr;
  QWidget* form_ = nullptr;
  SideList* sides_ = nullptr;
  QScrollArea* area_ = nullptr;  // of the sides, the only part that can be higher than the screen
  QLabel* about_ = nullptr;
  QLabel* unusable_ = nullptr;
  QRadioButton* lockStep_ = nullptr;
  QRadioButton* race_ = nullptr;
  QWidget* lockStepForm_ = nullptr;
  QWidget* raceForm_ = nullptr;
  NumberBox* steps_ = nullptr;
  NumberBox* every_ = nullptr;
  QComboBox* lengthBox_ = nullptr;
  NumberBox* length_ = nullptr;
  QComboBox* order_ = nullptr;
  QLabel* shares_ = nullptr;
  QLabel* phase_ = nullptr;
  QProgressBar* progress_ = nullptr;
  QPushButton* start_ = nullptr;
  QPushButton* cancel_ = nullptr;
};

}  // namespace tandem::ui
