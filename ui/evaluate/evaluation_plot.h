// EvaluationPlot: ROC and precision-recall curves, a reliability diagram, or predicted against given values.
#pragma once

#include <functional>
#include <optional>

#include "core/report/answer_analysis.h"
#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {

class EvaluationPlot : public QCustomPlot {
  Q_OBJECT

 public:
  struct Named {
    QString name;
    ScoreCurve curve;
  };

  EvaluationPlot(const QString& name, const QString& title, QWidget* parent = nullptr);

  // diagonal: the line of random answers. threshold: marks the point of each curve at it.
  void showCurves(const QString& x, const QString& y, std::vector<Named> curves, bool diagonal);
  void setThreshold(std::optional<double> threshold);
  void showReliability(const Reliability& calibration);
  void showValues(const ValueAnswers& answers);

 private:
  void rebuild();
  QCPGraph* addLine(const QVector<double>& x, const QVector<double>& y, const QColor& color,
                    const QString& name);
  void addDiagonal(double low, double high);

  std::function<void()> content_;  // draws it again, in the colours of the theme
  std::optional<double> threshold_;
};

}  // namespace tandem::ui
