// ParityView: shows layer by layer how far a side differs from the reference, where the two first diverge,
// why, and the tensors' values. While it is visible, each layer on the canvas is marked with its largest
// difference.
#pragma once

#include <QWidget>
#include <map>

#include "ui/compare/parity_model.h"
#include "ui/compare/twin_controller.h"
#include "ui/editor/node_item.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;
class QStackedWidget;
class QTableView;
class QTextBrowser;

namespace tandem::ui {

class ValuesView;

class ParityView : public QWidget {
  Q_OBJECT

 public:
  ParityView(TwinController& controller, ProjectDocument& document, QWidget* parent = nullptr);

  void setViewModel(std::shared_ptr<TwinViewModel> viewModel);
  void comparisonsChanged();  // the record has new comparisons or causes
  void updateActions();

 Q_SIGNALS:
  void marksChanged(const std::map<tandem::LayerId, tandem::ui::NodeMark>& marks);

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  // parity_view.cpp
  void buildUi();
  QWidget* buildDetail();
  void fillSides();
  void fillComparisons();
  void showComparison();
  void showMarks();
  void jumpToDivergence();
  std::size_t side() const;
  std::optional<LayerId> drawn(const std::string& layer) const;  // see TwinViewModel::drawn()
  // parity_answers.cpp
  int selectedTensor() const;  // -1: none
  void selectionChanged();
  const Cause* recordedCause(const TensorParity& tensor) const;
  void askWhy();
  void askValues();
  void showCause(const Cause& cause, const QString& weights);
  void showHint(const QString& text);
  QString weightsNote() const;  // says that an answer is for other weights than the shown comparison

  TwinController& controller_;
  ProjectDocument& document_;
  std::shared_ptr<TwinViewModel> viewModel_;
  ParityModel model_;
  QSortFilterProxyModel* sorted_ = nullptr;
  QString shown_;  // "layer/tensor" of the selected row

  QComboBox* sideBox_ = nullptr;
  QComboBox* stepBox_ = nullptr;
  QPushButton* divergence_ = nullptr;
  QPushButton* why_ = nullptr;
  QPushButton* values_ = nullptr;
  QLineEdit* filter_ = nullptr;
  QLabel* facts_ = nullptr;
  QTableView* table_ = nullptr;
  QStackedWidget* detail_ = nullptr;
  QLabel* hint_ = nullptr;
  QTextBrowser* cause_ = nullptr;
  ValuesView* valuesView_ = nullptr;
};

}  // namespace tandem::ui
