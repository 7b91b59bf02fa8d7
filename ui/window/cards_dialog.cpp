#include "ui/window/cards_dialog.h"

#include <QDesktopServices>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QUrl>
#include <QVBoxLayout>
#include <utility>

#include "core/runtime/precisions.h"
#include "ui/models/forecast_model.h"
#include "ui/models/format.h"
#include "ui/models/project_document.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {
namespace {

constexpr int kDelayMs = 300;  // edits come in bursts

QString aboutText() {
  return CardsDialog::tr(
      "<p><b>Memory</b> decides whether a network can be trained at all: its weights, gradients, optimizer and the "
      "activations of a batch must fit. <b>Bandwidth</b> decides how fast everything is that computes little per value: "
      "activations, normalization, the optimizer. <b>Tensor cores</b> multiply matrices in tf32, bf16 and fp16: on data "
      "center cards up to 8 and 16 times as fast as in fp32, on GeForce cards as fast in tf32, and twice as fast in half "
      "precision. <b>Price</b>: where launches limit the time, a more expensive card is hardly faster; a larger batch is. "
      "Prices are list prices at the launch.</p>");
}

}  // namespace

CardsDialog::CardsDialog(ProjectDocument& document, QWidget* parent) : QDialog(parent), document_(document) {
  setObjectName("cardsDialog");
  setAttribute(Qt::WA_DeleteOnClose);
  setWindowTitle(tr("Choosing a GPU"));
  pool_.setMaxThreadCount(1);
  delay_.setSingleShot(true);
  delay_.setInterval(kDelayMs);
  buildUi();
  connect(&delay_, &QTimer::timeout, this, &CardsDialog::compute);
  const auto schedule = [this] { delay_.start(); };
  connect(&document_, &ProjectDocument::analysisChanged, this, schedule);
  connect(&document_, &ProjectDocument::trainingChanged, this, schedule);
  connect(&document_, &ProjectDocument::dataInfoChanged, this, schedule);
  readList();
  const int em = fontMetrics().horizontalAdvance('m');
  resize(em * 92, em * 46);
}

CardsDialog::~CardsDialog() {
  ++request_;
  pool_.clear();
  pool_.waitForDone();
}

void CardsDialog::buildUi() {
  auto* layout = new QVBoxLayout(this);
  message_ = new MessageBar(this);
  message_->setObjectName("cardsMessage");
  auto* about = new QLabel(aboutText(), this);
  about->setObjectName("cardsAbout");
  about->setWordWrap(true);
  about->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* row = new QHBoxLayout;
  precision_ = new ChoiceBox(this);
  describe(precision_, "cardsPrecision", tr("Precision"), tr("Precision of the forecast"));
  for (const Precision precision : kPrecisions)
    precision_->addItem(toQString(nameOf(precision)), static_cast<int>(precision));
  const Precision own = document_.training().device.precision;
  precision_->setCurrentIndex(precision_->findData(static_cast<int>(own)));
  model_.setPrecision(own);
  auto* caption = new QLabel(tr("&Precision"), this);
  caption->setBuddy(precision_);
  row->addWidget(caption);
  row->addWidget(precision_);
  row->addStretch(1);
  sorted_ = new QSortFilterProxyModel(this);
  sorted_->setSourceModel(&model_);
  sorted_->setSortRole(CardsModel::kSortRole);
  table_ = new QTableView(this);
  table_->setObjectName("cardsTable");
  table_->setAccessibleName(tr("Forecast by card"));
  table_->setModel(sorted_);
  table_->setSortingEnabled(true);
  table_->sortByColumn(CardsModel::Step, Qt::AscendingOrder);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setShowGrid(false);
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 5);
  table_->horizontalHeader()->setHighlightSections(false);
  note_ = new QLabel(this);
  note_->setObjectName("cardsNote");
  note_->setWordWrap(true);
  note_->setTextFormat(Qt::PlainText);
  note_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  auto* edit = buttons->addButton(tr("&Edit list…"), QDialogButtonBox::ActionRole);
  edit->setObjectName("cardsEdit");
  edit->setToolTip(tr("Open your own copy of the list; it replaces the built-in one"));
  auto* reload = buttons->addButton(tr("&Reload list"), QDialogButtonBox::ActionRole);
  reload->setObjectName("cardsReload");
  layout->addWidget(message_);
  layout->addWidget(about);
  layout->addLayout(row);
  layout->addWidget(table_, 1);
  layout->addWidget(note_);
  layout->addWidget(buttons);
  connect(precision_, &QComboBox::currentIndexChanged, this,
          [this] { model_.setPrecision(static_cast<Precision>(precision_->currentData().toInt())); });
  connect(edit, &QPushButton::clicked, this, &CardsDialog::editList);
  connect(reload, &QPushButton::clicked, this, &CardsDialog::readList);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

void CardsDialog::readList() {
  message_->hide();
  auto list = loadCards();
  if (!list.ok()) message_->showError(list.error());
  list_ = list.ok() ? std::move(list).value() : CardList{};
  compute();
}

void CardsDialog::editList() {
  const std::filesystem::path file = ownCardsFile();
  if (const Status created = createOwnCards(file); !created.ok()) {
    message_->showError(created.error());
    return;
  }
  QDesktopServices::openUrl(QUrl::fromLocalFile(toQString(file.string())));
  readList();
}

void CardsDialog::compute() {
  const std::uint64_t request = ++request_;
  if (!document_.dataInfo() || !document_.analysis().ok()) {
    std::vector<CardForecast> plain;
    for (const Card& card : list_.cards) plain.push_back({card, {}, {}, 0});
    showList(std::move(plain), tr("The forecast appears here once the project has no problems."));
    return;
  }
  pool_.start(
      [this, request, project = document_.snapshot(), data = *document_.dataInfo(), cards = list_.cards] {
        TrainingConfig training = project->training;
        training.batch = likelyBatch(*project);
        auto forecasts = forecastCards(project->network, training, data, cards,
                                       [this, request] { return request != request_; });
        if (!forecasts.ok()) return;  // cancelled
        QMetaObject::invokeMethod(
            this,
            [this, request, batch = training.batch, list = std::move(forecasts).value()] {
              if (request != request_) return;
              showList(list, tr("Batch size %1. ").arg(wholeCountText(batch)) + toQString(cardAssumptions()));
            },
            Qt::QueuedConnection);
      });
}

void CardsDialog::showList(std::vector<CardForecast> cards, const QString& note) {
  model_.setCards(std::move(cards));
  table_->resizeColumnsToContents();
  note_->setText(list_.file.empty() ? note
                                    : tr("%1 Cards are from %2.").arg(note, toQString(list_.file.string())));
}

}  // namespace tandem::ui
