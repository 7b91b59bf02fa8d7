// The help page of a layer's type, shown by a button: formula, shapes, an example, and the names in Keras and PyTorch.
#pragma once

#include <QWidget>

class QLabel;
class QToolButton;

namespace tandem {
struct LayerDef;
}

namespace tandem::ui {

class LayerHelpBox : public QWidget {
  Q_OBJECT

 public:
  explicit LayerHelpBox(QWidget* parent = nullptr);

  void setLayer(const LayerDef& def);
  void open();

 private:
  QToolButton* button_;
  QLabel* text_;
};

}  // namespace tandem::ui
