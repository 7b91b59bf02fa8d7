#include "ui/data/series_form.h"

#include <QCheckBox>
#include <QFormLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <memory>

#include "core/network/setting_range.h"
#include "ui/models/format.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr std::int64_t kUsualSteps = 24;

}  // namespace

SeriesForm::Samples SeriesForm::samplesOf(const SeriesSpec& series) {
  if (series.whole) return Samples::Sequences;
  return series.isSet() ? Samples::Windows : Samples::Rows;
}

SeriesForm::SeriesForm(ProjectDocument& document, QWidget* parent)
    : QWidget(parent), document_(document), form_(makeForm()), samples_(new ChoiceBox) {
  setObjectName("seriesForm");
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  column->addWidget(sectionLabel(tr("Series")));
  column->addLayout(form_);

  samples_->addItems({tr("Single rows"), tr("Windows of rows"), tr("Whole sequences")});
  addField(form_, samples_, "series_samples", tr("Each sample"),
           tr("Single rows: rows are independent of each other. Windows: the rows are a time series, and the "
              "target is in a later row. Whole sequences: all rows with the same value in the group column"));
  inputs_.push_back(samples_);
  connect(samples_, &QComboBox::activated, this, [this](int index) { choose(static_cast<Samples>(index)); });
  show_.emplace_back(
      [this](const SeriesSpec& s) { samples_->setCurrentIndex(static_cast<int>(samplesOf(s))); });

  steps_ = addNumber(
      "series_steps", tr("Rows"),
      tr("Rows of a window, or of the longest sequence: longer ones are cut, and 0 is as many as the "
         "longest has"),
      &SeriesSpec::steps);
  ofWindows_.push_back(
      addNumber("series_horizon", tr("Horizon"),
                tr("How many rows after the last of the window the target is; 1 is the next row"),
                &SeriesSpec::horizon));
  ofWindows_.push_back(addNumber("series_ahead", tr("Rows ahead"),
                                 tr("The number of consecutive rows to predict, from the horizon on"),
                                 &SeriesSpec::ahead));
  ofWindows_.push_back(addNumber("series_stride", tr("Stride"),
                                 tr("How many rows later the next window begins"), &SeriesSpec::stride));
  auto* past = new QCheckBox(tr("are features"));
  addField(form_, past, "series_past_targets", tr("Past targets"),
           tr("On: a window contains the values of the targets in its own rows"));
  inputs_.push_back(past);
  ofWindows_.push_back(past);
  connect(past, &QCheckBox::toggled, this,
          [this](bool on) { edit(tr("Change past targets"), [&](SeriesSpec& s) { s.pastTargets = on; }); });
  show_.emplace_back([past](const SeriesSpec& s) { past->setChecked(s.pastTargets); });
  eachRow_ = new QCheckBox(tr("for each row"));
  addField(form_, eachRow_, "series_each_step", tr("Targets"),
           tr("On: each row of a sequence has a target. Off: a sequence has the target of its last row"));
  inputs_.push_back(eachRow_);
  connect(eachRow_, &QCheckBox::toggled, this, [this](bool on) {
    edit(tr("Change targets of sequences"), [&](SeriesSpec& s) { s.eachStep = on; });
  });
  show_.emplace_back([this](const SeriesSpec& s) { eachRow_->setChecked(s.eachStep); });
  group_ = addColumn(
      "series_group", tr("Group"),
      tr("The column that names the series of each row, such as a sensor; windows do not reach from one "
         "series into another. Empty: all rows are one series"),
      &SeriesSpec::group);
  order_ = addColumn(
      "series_order", tr("Order"),
      tr("The column of time stamps or numbers that must not decrease. Empty: the rows are taken as they "
         "are"),
      &SeriesSpec::order);
  refresh();
}

void SeriesForm::choose(Samples samples) {
  if (samples == samplesOf(document_.data().series)) return;
  edit(tr("Change samples"), [&](SeriesSpec& s) {
    if (samples == Samples::Rows) {
      s = {};
      return;
    }
    s.whole = samples == Samples::Sequences;
    if (!s.whole) s.eachStep = false;
    if (s.whole)
      s.steps = 0;
    else if (s.steps == 0)
      s.steps = kUsualSteps;
    if (s.whole) s.horizon = s.ahead = s.stride = 1;
  });
}

NumberBox* SeriesForm::addNumber(const char* name, const QString& label, const QString& tooltip,
                                 std::int64_t SeriesSpec::*member) {
  auto* box = new NumberBox(NumberBox::Whole);
  DataSpec spec;
  spec.series.steps = 1;  // the project file describes only series that are set
  const ValueRange range = rangeOf(spec, &(spec.series.*member));
  box->setRange(range.minimum, range.maximum);
  addField(form_, box, name, label, tooltip);
  inputs_.push_back(box);
  connect(box, &NumberBox::valueChanged, this, [this, label, member](double value) {
    edit(tr("Change series: %1").arg(label),
         [&](SeriesSpec& s) { s.*member = static_cast<std::int64_t>(value); });
  });
  show_.emplace_back([box, member](const SeriesSpec& s) { box->setValue(static_cast<double>(s.*member)); });
  return box;
}

TextField* SeriesForm::addColumn(const char* name, const QString& label, const QString& tooltip,
                                 std::string SeriesSpec::*member) {
  auto* line = new TextField([this, label, member](const QString& text) -> Status {
    edit(tr("Change series: %1").arg(label),
         [&](SeriesSpec& s) { s.*member = text.trimmed().toStdString(); });
    return success();
  });
  line->setPlaceholderText(tr("none"));
  addField(form_, line, name, label, tooltip);
  inputs_.push_back(line);
  show_.emplace_back([line, member](const SeriesSpec& s) { line->setStored(toQString(s.*member)); });
  return line;
}

void SeriesForm::edit(const QString& label, const std::function<void(SeriesSpec&)>& change) {
  DataSpec spec = document_.data();
  change(spec.series);
  document_.setData(spec, label);
}

void SeriesForm::refresh() {
  const SeriesSpec& series = document_.data().series;
  std::vector<std::unique_ptr<QSignalBlocker>> quiet;
  for (QWidget* widget : inputs_) quiet.push_back(std::make_unique<QSignalBlocker>(widget));
  for (const auto& show : show_) show(series);
  const Samples samples = samplesOf(series);
  for (QWidget* widget :
       {static_cast<QWidget*>(steps_), static_cast<QWidget*>(group_), static_cast<QWidget*>(order_)})
    form_->setRowVisible(widget, samples != Samples::Rows);
  form_->setRowVisible(eachRow_, samples == Samples::Sequences);
  for (QWidget* widget : ofWindows_) form_->setRowVisible(widget, samples == Samples::Windows);
}

void SeriesForm::setLocked(bool locked) {
  for (QWidget* widget : inputs_) widget->setEnabled(!locked);
}

}  // namespace tandem::ui
