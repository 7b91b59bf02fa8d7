// TwinDialog: what to compare, and how. Starts the twin and shows loading and what the engine refuses; it
// closes when the twin goes.
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

class IntegerBox;
class MessageBar;
class SideList;

// The devices with the kernels of their backends.
std::vector<SideDevice> sideDevices(const std::vector<DeviceInfo>& devices, const BackendLookup& lookup);

class TwinDialog : public QDialog {
  Q_OBJECT

 public:
  // The twin takes the project as it is when Start is pressed.
  TwinDialog(TwinController& controller, ProjectDocument& document, const std::vector<DeviceInfo>& devices,
             QWidget* parent = nullptr);

 public Q_SLOTS:
  void reject() override;  // cancels what is under way

 private:
  void buildUi(const std::vector<DeviceInfo>& devices);
  QWidget* buildMode();
  void updateForm();
  void fit();  // to what it shows and to the screen
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
  QScrollArea* area_ = nullptr;  // of the sides: the only part that can be longer than a screen
  QLabel* about_ = nullptr;
  QLabel* unusable_ = nullptr;
  QRadioButton* lockStep_ = nullptr;
  QRadioButton* race_ = nullptr;
  QWidget* lockStepForm_ = nullptr;
  QWidget* raceForm_ = nullptr;
  IntegerBox* steps_ = nullptr;
  IntegerBox* every_ = nullptr;
  QComboBox* lengthBox_ = nullptr;
  IntegerBox* length_ = nullptr;
  QComboBox* order_ = nullptr;
  QLabel* shares_ = nullptr;
  QLabel* phase_ = nullptr;
  QProgressBar* progress_ = nullptr;
  QPushButton* start_ = nullptr;
  QPushButton* cancel_ = nullptr;
};

}  // namespace tandem::ui
