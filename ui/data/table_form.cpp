#include "ui/data/table_form.h"

#include <QCheckBox>
#include <QFormLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/data/name_list.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

TableForm::TableForm(ProjectDocument& document, QWidget* parent)
    : QWidget(parent), document_(document), form_(makeForm()) {
  setObjectName("tableForm");
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  column->addWidget(sectionLabel(tr("Table")));
  column->addLayout(form_);

  auto* header = new ChoiceBox;
  header->addItems({tr("Automatic"), tr("In line 1"), tr("None")});
  addField(form_, header, "table_header", tr("He&ader"),
           tr("Whether line 1 names the columns. Automatic: it is compared with the columns below"));
  inputs_.push_back(header);
  connect(header, &QComboBox::activated, this, [this](int index) {
    edit(tr("Change header"), [&](DataSpec& d) { d.table.header = static_cast<HeaderChoice>(index); });
  });
  show_.emplace_back(
      [header](const DataSpec& d) { header->setCurrentIndex(static_cast<int>(d.table.header)); });

  const Choice automatic{tr("Automatic"), ""}, none{tr("None"), ""};
  addChoice("table_delimiter", tr("&Delimiter"), tr("The character between columns"),
            {automatic,
             {tr("Comma"), ","},
             {tr("Semicolon"), ";"},
             {tr("Tab"), "\t"},
             {tr("Vertical bar"), "|"},
             {tr("Spaces or tabs"), " "}},
            &TableFormat::delimiter);
  addChoice("table_decimal", tr("Deci&mal"), tr("The decimal separator of all numbers"),
            {automatic, {tr("Point"), "."}, {tr("Comma"), ","}}, &TableFormat::decimal);
  addChoice("table_thousands", tr("Th&ousands"), tr("The character between groups of three digits"),
            {automatic,
             {tr("None"), "none"},
             {tr("Point"), "."},
             {tr("Comma"), ","},
             {tr("Space"), " "},
             {tr("Apostrophe"), "'"}},
            &TableFormat::thousands);
  addChoice("table_quote", tr("&Quote"), tr("Encloses values that contain the delimiter"),
            {{tr("Double \" \""), "\""}, {tr("Single ' '"), "'"}, none}, &TableFormat::quote);
  addChoice("table_comment", tr("Comments"), tr("Lines that begin with this character are ignored"),
            {none, {"#", "#"}, {"%", "%"}, {"!", "!"}}, &TableFormat::comment);
  addChoice("table_encoding", tr("Encoding"), tr("Automatic: UTF-8, or UTF-16 with a byte order mark"),
            {automatic,
             {"UTF-8", "utf-8"},
             {"Windows-1252", "windows-1252"},
             {"ISO-8859-1", "iso-8859-1"},
             {"UTF-16", "utf-16"}},
            &TableFormat::encoding);
  addList(
      "table_missing", tr("Missi&ng"), tr("NA, ?, …"),
      tr("Values that stand for a missing one in every column, separated by commas. Rows with missing values are "
         "skipped"),
      [](DataSpec& d) -> std::vector<std::string>& { return d.table.missing; });
  addList("table_numbers", tr("Num&bers"), tr("automatic"),
          tr("Columns that contain numbers, separated by commas; anything else in them is refused"),
          [](DataSpec& d) -> std::vector<std::string>& { return d.numbers; });
  addList("table_categories", tr("&Categories"), tr("automatic"),
          tr("Columns that contain categories even if these are numbers, separated by commas"),
          [](DataSpec& d) -> std::vector<std::string>& { return d.categories; });
  addList("table_texts", tr("Texts"), tr("none"), tr("Columns that are read as text, separated by commas"),
          [](DataSpec& d) -> std::vector<std::string>& { return d.texts; });
  standardize_ = new QCheckBox(tr("zero mean, unit variance"));
  addField(
      form_, standardize_, "standardize_targets", tr("Scale"),
      tr("Of the numbers to predict. Predictions, MAE and RMSE remain in their unit; networks that end in an "
         "activation keep the numbers as they are"));
  inputs_.push_back(standardize_);
  connect(standardize_, &QCheckBox::toggled, this, [this](bool on) {
    edit(tr("Change standardization of targets"), [&](DataSpec& d) { d.standardizeTargets = on; });
  });
  refresh();
}

void TableForm::addChoice(const char* name, const QString& label, const QString& tooltip,
                          const std::vector<Choice>& choices, std::string TableFormat::*member) {
  auto* box = new ChoiceBox;
  for (const Choice& choice : choices) box->addItem(choice.text, QString::fromStdString(choice.value));
  addField(form_, box, name, label, tooltip);
  inputs_.push_back(box);
  connect(box, &QComboBox::activated, this, [this, box, member, label](int index) {
    edit(tr("Change table format"),
         [&](DataSpec& d) { d.table.*member = box->itemData(index).toString().toStdString(); });
  });
  show_.emplace_back([box, member](const DataSpec& d) {
    const QString value = QString::fromStdString(d.table.*member);
    if (box->findData(value) < 0) box->addItem(value, value);
    box->setCurrentIndex(box->findData(value));
  });
}

void TableForm::addList(const char* name, const QString& label, const QString& placeholder,
                        const QString& tooltip, std::function<std::vector<std::string>&(DataSpec&)> list) {
  auto* line = new TextField([this, list](const QString& text) -> Status {
    TANDEM_ASSIGN(const std::vector<std::string> names, namesIn(text));
    edit(tr("Change columns"), [&](DataSpec& d) { list(d) = names; });
    return success();
  });
  line->setPlaceholderText(placeholder);
  addField(form_, line, name, label, tooltip);
  inputs_.push_back(line);
  show_.emplace_back([line, list](const DataSpec& d) {
    DataSpec copy = d;
    line->setStored(namesText(list(copy)));
  });
}

void TableForm::edit(const QString& label, const std::function<void(DataSpec&)>& change) {
  DataSpec spec = document_.data();
  change(spec);
  document_.setData(spec, label);
}

void TableForm::refresh() {
  const DataSpec& spec = document_.data();
  std::vector<std::unique_ptr<QSignalBlocker>> quiet;
  for (QWidget* widget : inputs_) quiet.push_back(std::make_unique<QSignalBlocker>(widget));
  for (const auto& show : show_) show(spec);
  standardize_->setChecked(spec.standardizeTargets);
  // Of several targets, some may be numbers.
  const bool numbers = std::ranges::any_of(spec.targets, [&](const std::string& target) {
    return std::ranges::find(spec.numbers, target) != spec.numbers.end();
  });
  form_->setRowVisible(standardize_, !spec.classification || numbers);
}

void TableForm::setLocked(bool locked) {
  for (QWidget* widget : inputs_) widget->setEnabled(!locked);
}

}  // namespace tandem::ui
