// SideList: a row for each side to compare and a button that adds one. The dialogs of twin run and crossover
// start with it.
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
  // The document provides the settings of new sides and must outlive the list. buttonName: object name of the
  // button that adds a side.
  SideList(const ProjectDocument& document, std::vector<SideDevice> devices, const QString& buttonName,
           QWidget* parent = nullptr);

  const std::vector<SideDevice>& devices() const { return devices_; }
  void add(const DeviceOptions& options);
  void add(const std::vector<std::string>& texts);  // in the syntax of parseSide()
  void setRace(bool race);                          // for all rows, including later ones
  // Errors: an unavailable device, and those of parseSides().
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
