// Models of Keras: opened from the menu and dropped on the window.
#include <QCheckBox>
#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>

#include "core/hdf5/hdf5.h"
#include "tests/gui/lab_fixture.h"
#include "ui/runs/weights_export.h"
#include "ui/widgets/message_bar.h"
#include "ui/window/import_dialog.h"

namespace tandem::ui {

using test::answer, test::chooseFile, test::find, test::whenDialog;

class OpenModelTest : public LabFixture {
  Q_OBJECT

 private:
  QString message() { return find<QLabel>(child<MessageBar>("messageBar"), "messageText")->text(); }
  std::vector<std::string> layers() {
    std::vector<std::string> types;
    for (const Layer& layer : document().network().layers()) types.push_back(layer.type);
    return types;
  }
  // The model of a trained network, which stays open.
  QString exported() {
    const QString file = folder_->filePath("points.h5");
    openMoons(1);
    trainToEnd();
    const auto written =
        exportCheckpointToKeras(controller().lastResult()->weights, file.toStdString(), Weights::Best);
    if (!written.ok()) qFatal("%s", written.error().text().c_str());
    return file;
  }
  // Waits until the dialog has read the model, then calls `look`, and opens the model.
  static void acceptImport(const std::function<void(QDialog*)>& look) {
    whenDialog("importDialog", [look](QDialog* dialog) {
      auto* open = dialog->findChild<QPushButton*>("importOpen");
      QTRY_VERIFY_WITH_TIMEOUT(open->isEnabled(), kRunMs);
      look(dialog);
      QTest::mouseClick(open, Qt::LeftButton);
    });
  }

 private Q_SLOTS:
  void fileOpenDrawsAModelThatTrainsFurther() {
    const QString file = exported();
    QTRY_VERIFY(document().dataInfo().has_value());
    chooseFile(file);
    answer("unsavedQuestion", "Discard");
    acceptImport([](QDialog* dialog) {
      auto* table = dialog->findChild<QTableWidget*>("importLayers");
      QCOMPARE(table->rowCount(), 6);  // with the normalization and the softmax
      QCOMPARE(table->item(2, 1)->text(), QString("Dense"));
      QCOMPARE(table->item(2, 2)->text(), QString("dense (dense)"));
      QVERIFY(table->item(1, 2)->text().contains("normalization of the data"));
      auto* fit = dialog->findChild<QLabel*>("importFit");
      QVERIFY2(fit->text().contains("fits the model"), qPrintable(fit->text()));
      QVERIFY(dialog->findChild<QCheckBox*>("importData")->isChecked());
      QVERIFY(dialog->findChild<QCheckBox*>("importWeights")->isChecked());
    });
    trigger("actionOpen");
    QCOMPARE(layers(), (std::vector<std::string>{"input", "dense", "dense", "dense", "activation"}));
    QCOMPARE(document().project().positions.size(), std::size_t{5});
    QVERIFY(document().filePath().isEmpty());
    QCOMPARE(document().title(), QString("points"));
    QCOMPARE(QSettings().value("files/recent").toStringList().value(0), file);
    QCOMPARE(QString::fromStdString(document().training().initialWeights), file);
    QVERIFY2(message().contains("Training starts with its weights"), qPrintable(message()));
    trainToEnd();
    QVERIFY(!controller().lastResult()->error);
    bool stated = false;
    const RunCurves curves = store_->curves(controller().runId()).value();
    for (const RunEvent& event : curves.events)
      stated = stated || event.text.find("Starts with the weights of 3 layers") != std::string::npos;
    QVERIFY(stated);
  }

  void aModelIsDroppedAndStartsFresh() {
    const QString file = exported();
    document().newEmpty();
    acceptImport([](QDialog* dialog) {
      QVERIFY(dialog->findChild<QLabel*>("importFit")->text().contains("No data is chosen"));
      QVERIFY(dialog->findChild<QCheckBox*>("importData")->isHidden());
    });
    QMimeData content;
    content.setUrls({QUrl::fromLocalFile(file)});
    test::drop(window_.get(), window_->rect().center(), content);
    QTRY_COMPARE_WITH_TIMEOUT(layers().size(), std::size_t{5}, kRunMs);
    QVERIFY(document().data().path.empty());
    QCOMPARE(QString::fromStdString(document().training().initialWeights), file);
    auto* fresh = child<MessageBar>("messageBar")->findChild<QPushButton*>();
    QCOMPARE(fresh->text(), QString("Start fresh"));
    QTest::mouseClick(fresh, Qt::LeftButton);
    QVERIFY(document().training().initialWeights.empty());
    document().undoStack()->undo();
    QVERIFY(!document().training().initialWeights.empty());
  }

  void arraysInAFileLikeThatOfAModelAreData() {
    const QString name = folder_->filePath("arrays.h5");
    auto file = Hdf5File::create(name.toStdString());
    QVERIFY(file.ok());
    std::vector<float> x;
    std::vector<std::int32_t> y;
    for (int i = 0; i < 40; ++i) {
      x.push_back(static_cast<float>(i));
      x.push_back(static_cast<float>(i % 3));
      y.push_back(i % 2);
    }
    QVERIFY(file->root().write<float>("x", Shape{40, 2}, x).ok());
    QVERIFY(file->root().write<std::int32_t>("y", Shape{40}, y).ok());
    QVERIFY(file->commit().ok());
    QMimeData content;
    content.setUrls({QUrl::fromLocalFile(name)});
    test::drop(window_.get(), window_->rect().center(), content);
    QTRY_VERIFY_WITH_TIMEOUT(document().data().kind == DataKind::Numpy, kRunMs);
    QVERIFY(!layers().empty());
  }

  void aModelIsOpenedWithoutItsWeights() {
    const QString file = exported();
    document().newEmpty();
    acceptImport([](QDialog* dialog) { dialog->findChild<QCheckBox*>("importWeights")->setChecked(false); });
    QVERIFY(window_->openFile(file));
    QVERIFY(document().training().initialWeights.empty());
    QVERIFY(message().contains("without its weights"));
  }

  void cancellingKeepsTheProject() {
    const QString file = exported();
    answer("unsavedQuestion", "Discard");
    whenDialog("importDialog", [](QDialog* dialog) {
      QTest::mouseClick(dialog->findChild<QPushButton*>("importCancel"), Qt::LeftButton);
    });
    QVERIFY(!window_->openFile(file));
    QCOMPARE(layers().size(), std::size_t{4});
    QVERIFY(document().isDirty());
  }

  void aCheckpointIsNoProject() {
    exported();
    const QString checkpoint = QString::fromStdString(controller().lastResult()->weights.string());
    QVERIFY(!window_->openFile(checkpoint));
    QVERIFY2(message().contains("this is a checkpoint of a run"), qPrintable(message()));
    QCOMPARE(layers().size(), std::size_t{4});
  }

  void aDamagedModelIsNamed() {
    QFile file(folder_->filePath("cut.keras"));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("PK") == 2);
    file.close();
    whenDialog("importDialog", [](QDialog* dialog) {
      auto* shown = dialog->findChild<MessageBar*>("importMessage");
      QTRY_VERIFY_WITH_TIMEOUT(shown->text().contains("cut.keras"), kRunMs);
      QVERIFY(!dialog->findChild<QPushButton*>("importOpen")->isEnabled());
      QTest::mouseClick(dialog->findChild<QPushButton*>("importCancel"), Qt::LeftButton);
    });
    QVERIFY(!window_->openFile(file.fileName()));
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::OpenModelTest)
#include "open_model_test.moc"
