// SideList: the sides to compare, a row each, and the button that adds one. What the dialogs of the twin run
// and of the crossover begin with.
#pragma once

#include <QWidget>
#include <vector>

#include "core/twin/side.h"
#include "ui/compare/side_row.h"
#include "ui/models/project_document.h"

class QPushButton;
class QVBoxLayout;

namespace tandem::ui {

class SideList : public QWidget {
  Q_OBJECT

 public:
  // buttonName: of the button that adds a side. The document outlives the list: a new side begins with its
  // settings.
  SideList(const ProjectDocument& document, std::vector<SideDevice> devices, const QString& buttonName,
           QWidget* parent = nullptr);

  const std::vector<SideDevice>& devices() const { return devices_; }
  void add(const DeviceOptions& options);
  void add(const std::vector<std::string>& texts);  // as parseSide() reads them
  void setRace(bool race);                          // by every row, now and later
  // Errors: a device that cannot be used, and those of parseSides().
  Result<std::vector<SideSpec>> sides() const;

 Q_SIGNALS:
  void changed();

 private:
  void remove(SideRow* row);
  void renumber();

  const ProjectDocument& document_;
  std::vector<SideDevice> devices_;
  std::vector<SideRow*> rows_;
  bool race_ = false;
  QVBoxLayout* column_;
  QPushButton* add_;
};

}  // namespace tandem::ui
