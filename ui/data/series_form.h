// How the rows of a table form samples: each row, windows of a time series, or whole sequences.
#pragma once

#include <QWidget>
#include <functional>
#include <string>
#include <vector>

#include "ui/models/project_document.h"

class QCheckBox;
class QFormLayout;

namespace tandem::ui {

class ChoiceBox;
class NumberBox;
class TextField;

class SeriesForm : public QWidget {
  Q_OBJECT

 public:
  explicit SeriesForm(ProjectDocument& document, QWidget* parent = nullptr);

  void refresh();
  void setLocked(bool locked);  // disables the fields during a run

 private:
  // The entries of the box.
  enum class Samples { Rows, Windows, Sequences };
  static Samples samplesOf(const SeriesSpec& series);

  void choose(Samples samples);
  NumberBox* addNumber(const char* name, const QString& label, const QString& tooltip,
                       std::int64_t SeriesSpec::*member);
  TextField* addColumn(const char* name, const QString& label, const QString& tooltip,
                       std::string SeriesSpec::*member);
  void edit(const QString& label, const std::function<void(SeriesSpec&)>& change);

  ProjectDocument& document_;
  QFormLayout* form_;
  std::vector<QWidget*> inputs_;
  std::vector<std::function<void(const SeriesSpec&)>> show_;  // each field
  std::vector<QWidget*> ofWindows_;                           // what only windows have
  ChoiceBox* samples_;
  NumberBox* steps_;
  QCheckBox* eachRow_;
  TextField* group_;
  TextField* order_;
};

}  // namespace tandem::ui
