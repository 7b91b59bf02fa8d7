// Choosing a GPU: the table of cards with the forecast of the open project.
#include <QAbstractItemModel>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <filesystem>

#include "core/base/file.h"
#include "core/twin/cards.h"
#include "tests/gui/lab_fixture.h"
#include "ui/models/cards_model.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

using test::find;

class CardsTest : public LabFixture {
  Q_OBJECT

 private:
  QDialog* dialog() { return child<QDialog>("cardsDialog"); }
  const QAbstractItemModel& table() { return *find<QTableView>(dialog(), "cardsTable")->model(); }
  QString cell(int row, int column, int role = Qt::DisplayRole) {
    return table().index(row, column).data(role).toString();
  }
  int rowOf(const QString& card) {
    for (int row = 0; row < table().rowCount(); ++row)
      if (cell(row, CardsModel::Name) == card) return row;
    return -1;
  }
  void choosePrecision(Precision precision) {
    auto* box = find<QComboBox>(dialog(), "cardsPrecision");
    box->setCurrentIndex(box->findData(static_cast<int>(precision)));
  }
  bool forecast() { return table().rowCount() > 0 && cell(0, CardsModel::Step).contains(" – "); }

 private Q_SLOTS:
  void cleanup() {
    std::error_code ignored;
    std::filesystem::remove(ownCardsFile(), ignored);
    LabFixture::cleanup();
  }

  void theTableShowsTheForecastOfTheProjectOnEachCard() {
    openMoons(1);
    trigger("actionCards");
    QVERIFY(dialog()->isVisible() && !dialog()->isModal());
    QTRY_VERIFY(forecast());
    const std::vector<Card> cards = cardsFromJson(builtinCards(), "built in").value();
    QCOMPARE(table().rowCount(), static_cast<int>(cards.size()));
    QCOMPARE(table().columnCount(), static_cast<int>(CardsModel::ColumnCount));
    for (int row = 0; row < table().rowCount(); ++row) {
      QVERIFY2(cell(row, CardsModel::Step).contains(" – "), qPrintable(cell(row, CardsModel::Name)));
      QCOMPARE(cell(row, CardsModel::Bound), QString("launches"));  // of so small a network
      QVERIFY(cell(row, CardsModel::Needed).contains("MB"));
    }
    const int row = rowOf("GeForce RTX 4090");
    QVERIFY(row >= 0);
    QCOMPARE(cell(row, CardsModel::Memory), QString("24 GB"));
    QVERIFY2(cell(row, CardsModel::Price).contains("2022-10"), qPrintable(cell(row, CardsModel::Price)));
    QCOMPARE(cell(row, CardsModel::Year), QString("2022"));
    QVERIFY(find<QLabel>(dialog(), "cardsAbout")->text().contains("Bandwidth"));
    const QString note = find<QLabel>(dialog(), "cardsNote")->text();
    QVERIFY2(note.startsWith("Batch size") && note.contains("not measurements"), qPrintable(note));
    test::screenshot(dialog(), "cards");
    // The action shows the same window again.
    QDialog* const first = dialog();
    trigger("actionCards");
    QCOMPARE(dialog(), first);
  }

  void theTableCanBeSorted() {
    openMoons(1);
    trigger("actionCards");
    QTRY_VERIFY(forecast());
    auto* view = find<QTableView>(dialog(), "cardsTable");
    const auto isSorted = [&](int column, Qt::SortOrder order) {
      view->sortByColumn(column, order);
      for (int row = 1; row < table().rowCount(); ++row) {
        const double above = table().index(row - 1, column).data(CardsModel::kSortRole).toDouble();
        const double below = table().index(row, column).data(CardsModel::kSortRole).toDouble();
        if (order == Qt::AscendingOrder ? above > below : above < below) return false;
      }
      return true;
    };
    for (const int column : {CardsModel::Step, CardsModel::Throughput, CardsModel::Needed, CardsModel::Memory,
                             CardsModel::Bandwidth, CardsModel::Rate, CardsModel::Price, CardsModel::Year})
      QVERIFY2(isSorted(column, Qt::AscendingOrder) && isSorted(column, Qt::DescendingOrder),
               qPrintable(QString::number(column)));
    view->sortByColumn(CardsModel::Price, Qt::AscendingOrder);
    QVERIFY2(cell(0, CardsModel::Price).startsWith("$"), qPrintable(cell(0, CardsModel::Price)));
    QCOMPARE(cell(table().rowCount() - 1, CardsModel::Price), QString("–"));  // unknown ones come last
  }

  void aPrecisionThatACardLacksSaysWhatToUse() {
    openMoons(1);
    trigger("actionCards");
    QTRY_VERIFY(forecast());
    choosePrecision(Precision::Bf16);
    const int row = rowOf("T4");
    QCOMPARE(cell(row, CardsModel::Step), QString("unavailable"));
    const QString tip = cell(row, CardsModel::Step, Qt::ToolTipRole);
    QVERIFY2(tip.startsWith("bf16: not on this GPU, use fp16"), qPrintable(tip));
    QCOMPARE(cell(row, CardsModel::Rate), QString("–"));
    QVERIFY(cell(rowOf("L4"), CardsModel::Step).contains(" – "));
    QCOMPARE(cell(rowOf("L4"), CardsModel::Rate), QString("121"));
    choosePrecision(Precision::Fp16);
    QVERIFY(cell(rowOf("T4"), CardsModel::Step).contains(" – "));
  }

  void theForecastFollowsEdits() {
    openMoons(1);
    trigger("actionCards");
    QTRY_VERIFY(forecast());
    const auto step = [&] { return cell(rowOf("GeForce RTX 4060"), CardsModel::Step); };
    const QString narrow = step();
    const LayerId dense = document().network().findByName("dense")->id;
    QVERIFY(document().setProperty(dense, "units", std::int64_t{16384}).ok());
    QTRY_VERIFY(forecast() && step() != narrow);
    // A network that cannot be trained has no forecast, but the cards remain.
    QVERIFY(document().removeLayers({dense, document().network().findByName("input")->id}).ok());
    QTRY_VERIFY(!forecast());
    QCOMPARE(step(), QString("–"));
    QVERIFY(find<QLabel>(dialog(), "cardsNote")->text().contains("no problems"));
  }

  void aDamagedListIsReportedWithItsPlace() {
    openMoons(1);
    const std::filesystem::path own = ownCardsFile();
    QVERIFY(createOwnCards(own).ok());
    QVERIFY(writeFileAtomically(own, R"({"cards": [{"name": "Mine", "capability": "x"}]})").ok());
    trigger("actionCards");
    auto* message = find<MessageBar>(dialog(), "cardsMessage");
    QVERIFY(message->isVisible());
    QVERIFY2(message->text().contains("cards[0].capability"), qPrintable(message->text()));
    QCOMPARE(table().rowCount(), 0);
    QVERIFY(
        writeFileAtomically(
            own,
            R"({"cards": [{"name": "Mine", "capability": 8.9, "memory_gb": 8, "bandwidth_gb_s": 9, "fp32_tflops": 1}]})")
            .ok());
    QTest::mouseClick(find<QPushButton>(dialog(), "cardsReload"), Qt::LeftButton);
    QVERIFY(!message->isVisible());
    QTRY_VERIFY(forecast());
    QCOMPARE(cell(0, CardsModel::Name), QString("Mine"));
    QVERIFY(find<QLabel>(dialog(), "cardsNote")->text().contains("cards.json"));
    // Its rate in tf32 is not stated.
    choosePrecision(Precision::Tf32);
    QCOMPARE(cell(0, CardsModel::Step), QString("unavailable"));
    QVERIFY(cell(0, CardsModel::Step, Qt::ToolTipRole).contains("does not state its rate"));
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::CardsTest)
#include "cards_test.moc"
