// Augmentations in the training form and their preview in the data panel.
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QPixmap>
#include <QPushButton>

#include "tests/gui/desk.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

using test::find;

struct AugmentDesk : Desk {
  explicit AugmentDesk(const char* generator) {
    DataSpec spec;
    spec.generator = generator;
    spec.count = 60;
    document.setData(spec, "data");
    inspector->showPage(InspectorPanel::Training);
    if (!QTest::qWaitFor([this] { return document.dataInfo().has_value() && !document.probing(); }))
      qFatal("no data");
  }

  QCheckBox* box(const char* type) {
    return find<QCheckBox>(inspector, QString("training_augment_%1").arg(type));
  }
  const std::vector<AugmentConfig>& list() { return document.training().augment; }
};

class AugmentTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void theFormOffersWhatFitsTheData() {
    AugmentDesk images("shapes");
    QTRY_VERIFY(images.box("rotate")->isVisible());
    QVERIFY(images.box("noise")->isVisible() && !images.box("time_shift")->isVisible() &&
            !images.box("word_dropout")->isVisible());
    AugmentDesk texts("sentences");
    QTRY_VERIFY(texts.box("word_dropout")->isVisible());
    QVERIFY(!texts.box("rotate")->isVisible());
    AugmentDesk points("spirals");
    QVERIFY(!points.box("rotate")->isVisible() && !points.box("word_dropout")->isVisible());
  }

  void choicesReachTheDocumentAndAreUndone() {
    AugmentDesk desk("shapes");
    QTRY_VERIFY(desk.box("rotate")->isVisible());
    auto* angle = find<NumberBox>(desk.inspector, "training_augment_rotate_angle");
    QVERIFY(!angle->isVisible());
    desk.box("rotate")->click();
    QCOMPARE(desk.list(), std::vector<AugmentConfig>{"rotate"});
    QVERIFY(angle->isVisible());
    QCOMPARE(angle->accessibleName(), "Angle");
    desk.box("flip")->click();  // is applied first
    QCOMPARE(desk.list().size(), 2U);
    QCOMPARE(desk.list()[0], AugmentConfig("flip"));
    test::enter(angle, "25");
    QCOMPARE(desk.list()[1].number("angle"), 25.0);
    find<QComboBox>(desk.inspector, "training_augment_flip_direction")->setCurrentText("vertical");
    QCOMPARE(desk.list()[0].text("direction"), std::string("vertical"));
    QUndoStack* undo = desk.document.undoStack();
    undo->undo();
    QCOMPARE(desk.list()[0].text("direction"), std::string("horizontal"));
    undo->undo();
    QCOMPARE(desk.list()[1].number("angle"), 10.0);
    undo->undo();
    QVERIFY(!desk.box("flip")->isChecked());
    QCOMPARE(desk.list().size(), 1U);
    desk.box("rotate")->click();
    QVERIFY(desk.list().empty() && !angle->isVisible());
  }

  void whatDoesNotFitIsAProblemAndCanBeRemoved() {
    AugmentDesk desk("spirals");
    TrainingConfig training = desk.document.training();
    training.augment = {"rotate"};
    desk.document.setTraining(training, "Start");
    QVERIFY(desk.box("rotate")->isVisible() && desk.box("rotate")->isChecked());
    desk.box("rotate")->click();
    QVERIFY(desk.list().empty() && !desk.box("rotate")->isVisible());
  }

  void theDataPanelShowsAugmentedSamples() {
    AugmentDesk desk("shapes");
    desk.inspector->showPage(InspectorPanel::Data);
    auto* shown = find<QCheckBox>(desk.inspector, "data_augmented");
    auto* next = find<QPushButton>(desk.inspector, "data_augmented_next");
    auto* samples = find<QLabel>(desk.inspector, "augmentedSamples");
    auto* text = find<QLabel>(desk.inspector, "augmentedText");
    QVERIFY(!shown->isVisible());
    TrainingConfig training = desk.document.training();
    training.augment = {"rotate", "noise"};
    desk.document.setTraining(training, "Start");
    QVERIFY(shown->isVisible() && !shown->accessibleName().isEmpty() && !next->accessibleName().isEmpty());
    QVERIFY(!samples->isVisible() && !next->isEnabled());
    shown->click();
    QTRY_VERIFY(samples->isVisible() && next->isEnabled());
    const QImage first = samples->pixmap().toImage();
    QVERIFY(first.width() > 200 && first.height() > 90);
    test::screenshot(&desk.window, "augmented");
    // The upper row, of samples as they are stored, does not change.
    const auto upper = [](const QImage& image) {
      return image.copy(0, 0, image.width(), image.height() / 2);
    };
    QVERIFY(text->text().contains("epoch 1"));
    next->click();
    QVERIFY(text->text().contains("epoch 2"));
    const QImage second = samples->pixmap().toImage();
    QVERIFY(second != first);
    QVERIFY(upper(second) == upper(first));
    // Other settings are shown at once.
    training.augment = {"flip"};
    desk.document.setTraining(training, "Flip", {});
    QVERIFY(samples->pixmap().toImage() != second);
    shown->click();
    QVERIFY(!samples->isVisible() && !next->isEnabled());
  }

  void textsAreShownWithUnknownWords() {
    AugmentDesk desk("sentences");
    desk.inspector->showPage(InspectorPanel::Data);
    TrainingConfig training = desk.document.training();
    AugmentConfig dropout("word_dropout");
    QVERIFY(dropout.set("rate", 1.0).ok());
    training.augment = {dropout};
    desk.document.setTraining(training, "Start");
    find<QCheckBox>(desk.inspector, "data_augmented")->click();
    auto* text = find<QLabel>(desk.inspector, "augmentedText");
    QTRY_VERIFY2(text->text().contains("Augmented: <unknown> <unknown>"), qPrintable(text->text()));
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::AugmentTest)
#include "augment_test.moc"
