// CardsDialog: how the project would train on GPUs that are not in this machine, for who chooses one. It follows edits of
// the project; forecasts are computed in the background.
#pragma once

#include <QDialog>
#include <QThreadPool>
#include <QTimer>
#include <atomic>
#include <cstdint>
#include <vector>

#include "core/twin/cards.h"
#include "ui/models/cards_model.h"

class QComboBox;
class QLabel;
class QSortFilterProxyModel;
class QTableView;

namespace tandem::ui {

class MessageBar;
class ProjectDocument;

class CardsDialog : public QDialog {
  Q_OBJECT

 public:
  explicit CardsDialog(ProjectDocument& document, QWidget* parent = nullptr);
  ~CardsDialog() override;  // stops and waits

 private:
  void buildUi();
  void readList();
  void editList();
  void compute();
  void showList(std::vector<CardForecast> cards, const QString& note);

  ProjectDocument& document_;
  CardList list_;
  CardsModel model_;
  QTimer delay_;
  QThreadPool pool_;
  std::atomic<std::uint64_t> request_{0};

  MessageBar* message_ = nullptr;
  QComboBox* precision_ = nullptr;
  QLabel* note_ = nullptr;
  QSortFilterProxyModel* sorted_ = nullptr;
  QTableView* table_ = nullptr;
};

}  // namespace tandem::ui
