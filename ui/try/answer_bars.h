// AnswerBars: what a network says about a sample, as bars of its classes or as numbers.
#pragma once

#include <QFrame>
#include <QPixmap>
#include <vector>

#include "core/report/trial.h"

class QLabel;
class QVBoxLayout;

namespace tandem::ui {

// One answer: of one target.
class AnswerBars : public QWidget {
  Q_OBJECT

 public:
  struct Bar {
    QString label, text;  // "7", "91.2%"
    double share = 0;     // of the width, from 0 to 1; below 0: no bar
    bool best = false;
  };

  explicit AnswerBars(QWidget* parent = nullptr);

  // title: with the name of the output, which a network with one output does not need.
  void setAnswer(const TrialAnswer& answer, bool sorted, bool title);
  const std::vector<Bar>& bars() const { return bars_; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  int lineHeight() const;
  int barsBottom() const;

  QString title_;
  std::vector<Bar> bars_;
  QPixmap picture_;
};

// All answers of one device.
class AnswerView : public QFrame {
  Q_OBJECT

 public:
  explicit AnswerView(const QString& device, QWidget* parent = nullptr);

  void setPrediction(const TrialPrediction& prediction, bool sorted);
  const std::vector<AnswerBars*>& answers() const { return answers_; }

 private:
  QString device_;
  QLabel* heading_;
  QWidget* page_;
  QVBoxLayout* column_;
  std::vector<AnswerBars*> answers_;
};

}  // namespace tandem::ui
