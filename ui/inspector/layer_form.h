// Properties of one layer: name, the fields of its schema, shape and cost.
#pragma once

#include <QWidget>

#include "ui/models/project_document.h"

class QCheckBox;
class QFormLayout;
class QLabel;
class QPushButton;

namespace tandem::ui {

class LayerHelpBox;
class PropertyRows;
class TextField;

class LayerForm : public QWidget {
  Q_OBJECT

 public:
  explicit LayerForm(ProjectDocument& document, QWidget* parent = nullptr);

  void setLayer(LayerId id);  // must exist
  void refresh();             // the document changed
  void showHelp();

 private:
  void build(const LayerDef& def);
  void refreshFacts();
  void refreshProblem();
  void showError(const Status& status);

  ProjectDocument& document_;
  LayerId id_ = 0;
  std::string builtType_;
  QLabel* icon_;
  QLabel* title_;
  QLabel* summary_;
  LayerHelpBox* help_;
  QWidget* problem_;
  QLabel* problemText_;
  QPushButton* fix_;
  QFormLayout* nameForm_;
  TextField* name_;
  QCheckBox* trainable_;
  QLabel* error_;
  PropertyRows* fields_ = nullptr;
  QFormLayout* facts_;
  QLabel* output_;
  QLabel* parameters_;
  QLabel* flops_;
  QLabel* activations_;
  QLabel* repeats_;
};

}  // namespace tandem::ui
