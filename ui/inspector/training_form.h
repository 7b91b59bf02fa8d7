// Training settings. Every change is an undoable edit; fields that do not apply to the choices are hidden.
#pragma once

#include <QWidget>
#include <functional>
#include <vector>

#include "ui/models/project_document.h"

class QFormLayout;
class QLabel;
class QVBoxLayout;

namespace tandem::ui {

class HeadsForm;
class TypedForm;

class TrainingForm : public QWidget {
  Q_OBJECT

 public:
  explicit TrainingForm(ProjectDocument& document, QWidget* parent = nullptr);

  // Disables the settings during a run.
  void setLocked(bool locked);

 private:
  using Config = TrainingConfig;
  using Applies = std::function<bool(const Config&)>;
  struct Field {
    std::function<void()> show;   // reads the value from the document
    Applies applies;              // absent: always
    QFormLayout* form = nullptr;  // absent: the widget is no row of a form
    QWidget* widget = nullptr;
  };
  struct Text {
    const char* name;
    QString label, tooltip;
  };

  void addFit();
  void addRegularization();
  QLabel* section(const QString& title);
  // member: the number in a Config; its range is that of the project file. zero: shown instead of 0.
  template <class Member>
  void addNumber(const Text& text, Member member, Applies applies = {}, const QString& zero = {});
  void addForm(QWidget* form, std::function<void()> refresh, Applies applies = {});
  void addTyped(TypedForm* form, Applies applies = {});
  Applies onlyHead();  // whether there is one head without particulars, which needs no section
  void addMonitor();
  void addInitialWeights();
  void addChoice(const Text& text, const QStringList& choices, const std::function<int(const Config&)>& read,
                 std::function<void(Config&, int)> write);
  void edit(const QString& label, const std::function<void(Config&)>& change);
  void refresh();

  ProjectDocument& document_;
  QVBoxLayout* column_;
  QFormLayout* form_ = nullptr;  // of the section being built
  std::vector<Field> fields_;
  HeadsForm* heads_ = nullptr;
};

}  // namespace tandem::ui
