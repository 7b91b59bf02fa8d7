// The heads of a network with several outputs: one of them is edited at a time. Every change is an undoable edit.
#pragma once

#include <QWidget>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ui/inspector/head_access.h"
#include "ui/models/project_document.h"

class QPushButton;
class QVBoxLayout;

namespace tandem::ui {

class ChoiceBox;
class MetricsForm;
class NumberBox;
class TargetPicker;
class TypedForm;

class HeadsForm : public QWidget {
  Q_OBJECT

 public:
  explicit HeadsForm(ProjectDocument& document, QWidget* parent = nullptr);

  // Whether a loss, targets and metrics do not suffice: there are several heads or outputs, or the only head has a
  // weight or is not trained on the only output.
  static bool isNeeded(const ProjectDocument& document);
  void refresh();               // the document changed
  void setLocked(bool locked);  // heads can be looked at during a run, but not changed

 private:
  using Config = TrainingConfig;
  void buildHead(QVBoxLayout* column);
  std::size_t index() const;  // of the chosen head
  const Head& head() const { return document_.training().heads[index()]; }
  QString nameOf(const Head& head) const;  // empty: it does not name one of several outputs
  void choose(std::size_t index);
  void add();
  void remove();
  void edit(const QString& label, const std::function<void(Config&)>& change);
  void refreshChoice();
  void refreshButtons();
  void refreshOutputs();

  ProjectDocument& document_;
  HeadAccess access_;
  std::size_t chosen_ = 0;  // the number of heads may have become smaller
  bool locked_ = false;
  ChoiceBox* choice_;
  QPushButton* add_;
  QPushButton* remove_;
  ChoiceBox* output_;
  // The entries of `output_`: layers that may have a head, and which of them are outputs.
  std::optional<std::pair<std::vector<std::string>, std::vector<std::string>>> shownOutputs_;
  TargetPicker* target_;
  TypedForm* loss_;
  NumberBox* weight_;
  MetricsForm* metrics_;
};

}  // namespace tandem::ui
