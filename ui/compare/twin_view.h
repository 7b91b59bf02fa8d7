// TwinView: shows a twin run: the findings in sentences, the race, parity, time by layer, and the saved twin
// runs. It takes no time while it is closed.
#pragma once

#include <QElapsedTimer>
#include <QWidget>
#include <map>

#include "ui/compare/twin_controller.h"
#include "ui/editor/node_item.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QTabWidget;
class QTextBrowser;

namespace tandem::ui {

class LayerBars;
class ParityView;
class RaceView;
class TwinsPanel;

class TwinView : public QWidget {
  Q_OBJECT

 public:
  TwinView(TwinController& controller, ProjectDocument& document, QWidget* parent = nullptr);

 public Q_SLOTS:
  void openRecord();  // asks for the file

 Q_SIGNALS:
  void newRequested();
  void marksChanged(const std::map<tandem::LayerId, tandem::ui::NodeMark>& marks);
  void failed(const tandem::Error& error);
  void written(const QString& file);

 protected:
  void showEvent(QShowEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void buildUi();
  void showViewModel();
  void showFindings();
  void fitFindings();  // gives them the height they need, up to a fraction of the view's
  void updateActions();
  void catchUp();
  void showMarks();
  void askPrices();
  void saveReport();
  void saveRecord();
  QString askFile(const QString& title, const QString& suffix, const QString& filter);

  TwinController& controller_;
  std::shared_ptr<TwinViewModel> viewModel_;
  using Marks = std::map<LayerId, NodeMark>;
  Marks parityMarks_, timeMarks_;  // empty while their tab is hidden
  QElapsedTimer sinceFindings_;
  qint64 findingsMs_ = 0;
  int findingsHeight_ = 0;  // largest so far for this view model, so that the tabs below do not jump

  QLabel* title_ = nullptr;
  QLabel* facts_ = nullptr;
  QProgressBar* progress_ = nullptr;
  QPushButton* pause_ = nullptr;
  QPushButton* stop_ = nullptr;
  QPushButton* new_ = nullptr;
  QPushButton* report_ = nullptr;
  QPushButton* record_ = nullptr;
  QPushButton* open_ = nullptr;
  QTextBrowser* findings_ = nullptr;
  QTabWidget* tabs_ = nullptr;
  RaceView* race_ = nullptr;
  ParityView* parity_ = nullptr;
  LayerBars* layers_ = nullptr;
  TwinsPanel* saved_ = nullptr;
};

}  // namespace tandem::ui
