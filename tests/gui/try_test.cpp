// The window in which a model is tried: drawing, images, rows, texts, samples, devices, and what cannot be tried.
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QImage>
#include <QLabel>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QSlider>
#include <QUrl>
#include <fstream>

#include "core/data/encode.h"
#include "core/data/encode_image.h"
#include "core/network/propose.h"
#include "tests/gui/lab_fixture.h"
#include "ui/models/format.h"
#include "ui/models/runs_model.h"
#include "ui/runs/runs_panel.h"
#include "ui/runs/weights_export.h"
#include "ui/try/answer_bars.h"
#include "ui/try/drawing_pad.h"
#include "ui/try/picture_editor.h"
#include "ui/try/row_editor.h"
#include "ui/try/text_editor.h"
#include "ui/try/try_dialog.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

class TryTest : public LabFixture {
  Q_OBJECT

 private:
  template <class T>
  static T* in(const QWidget* root, const QString& name) {
    return test::find<T>(root, name);
  }
  // Strokes that lie and that stand, as they are drawn in the window.
  QString pictures() {
    for (const bool standing : {false, true}) {
      const QString folder = folder_->filePath(standing ? "pictures/standing" : "pictures/lying");
      QDir().mkpath(folder);
      for (int i = 0; i < 60; ++i) {
        const double slant = 0.01 * (i % 11 - 5), pen = 0.04 + 0.008 * (i % 20);
        const std::vector<Stroke> stroke{
            {pen, standing ? std::vector<Stroke::Point>{{0.5 - slant, 0.1}, {0.5 + slant, 0.9}}
                           : std::vector<Stroke::Point>{{0.1, 0.5 - slant}, {0.9, 0.5 + slant}}}};
        const Image drawn = renderDrawing(stroke, 28, 28, {.centered = true, .lightOnDark = true});
        const QImage image(drawn.pixels.data(), 28, 28, 28, QImage::Format_Grayscale8);
        if (!image.save(QString("%1/%2.png").arg(folder).arg(i))) qFatal("cannot write");
      }
    }
    return folder_->filePath("pictures");
  }
  // A LeNet that tells them apart.
  void openPictures() {
    Project project = *projectFromTemplate("Fashion-MNIST CNN");
    project.data = {};
    project.data.kind = DataKind::ImageFolder;
    project.data.path = pictures().toStdString();
    project.data.imageHeight = project.data.imageWidth = 28;
    project.data.imageChannels = 1;
    QVERIFY(project.network.setProperty(project.network.outputs()[0].layer, "units", std::int64_t{2}).ok());
    project.training.batch = 16;
    project.training.epochs = 20;
    openProject(project);
  }
  void openProject(const Project& project) {
    const QString file = folder_->filePath("project.tandem");
    QVERIFY(saveProject(project, file.toStdString()).ok());
    QVERIFY(window_->openFile(file));
    QTest::qWait(20);  // the default layout is applied by the first events
  }
  // From the menu.
  TryDialog* tryIt() {
    trigger("actionTry");
    auto* dialog = child<TryDialog>("tryDialog");
    dialog->activateWindow();  // keys are shortcuts of the active window
    (void)QTest::qWaitForWindowActive(dialog);
    settle(dialog);
    return dialog;
  }
  static void settle(const TryDialog* dialog) {
    QTRY_VERIFY_WITH_TIMEOUT(!dialog->worker().busy(), kRunMs);
    QTest::qWait(1);
  }
  static const TrialAnswer& answer(const TryDialog* dialog) {
    return dialog->worker().predictions().at(0).answers.at(0);
  }
  static const std::vector<AnswerBars::Bar>& bars(const TryDialog* dialog) {
    return dialog->views().at(0)->answers().at(0)->bars();
  }
  // Whether the bars show these probabilities, in the order of the classes.
  static void verifyBars(const TryDialog* dialog, const std::vector<float>& probabilities) {
    QCOMPARE(bars(dialog).size(), probabilities.size());
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
      const double p = static_cast<double>(probabilities[i]);
      QVERIFY2(std::abs(bars(dialog)[i].share - p) < 1e-6,
               qPrintable(QString("%1 instead of %2").arg(bars(dialog)[i].share).arg(p)));
      QCOMPARE(bars(dialog)[i].text, QLocale().toString(100 * answer(dialog).values[i], 'f', 1) + '%');
    }
  }
  std::vector<float> predicted(const std::vector<std::vector<float>>& inputs,
                               const std::vector<std::vector<std::int32_t>>& lengths = {}) {
    auto model = openModel(controller().lastResult()->weights, "cpu", Weights::Best);
    if (!model.ok()) qFatal("%s", model.error().text().c_str());
    const auto values = model->predictor.predict(inputs, lengths);
    if (!values.ok()) qFatal("%s", values.error().text().c_str());
    return (*values)[0];
  }

 private Q_SLOTS:
  void aDrawingIsPredictedWhileItIsDrawn() {
    openPictures();
    trainToEnd();
    auto* offer = in<QPushButton>(child<MessageBar>("messageBar"), "messageAction");
    QCOMPARE(offer->text(), QString("Try it…"));
    QTest::mouseClick(offer, Qt::LeftButton);
    auto* dialog = child<TryDialog>("tryDialog");
    QVERIFY(dialog->isVisible() && !dialog->isModal());
    dialog->activateWindow();
    (void)QTest::qWaitForWindowActive(dialog);
    settle(dialog);
    QCOMPARE(dialog->views().size(), std::size_t{1});
    QVERIFY(in<QLabel>(dialog, "tryTime")->text().startsWith("CPU · "));
    QVERIFY(in<QLabel>(dialog, "tryTime")->text().endsWith(" ms"));
    QVERIFY(in<QCheckBox>(dialog, "tryCenter")->isChecked());  // as the training images are
    QVERIFY(in<QCheckBox>(dialog, "tryLight")->isChecked());
    const std::vector<double> blank = answer(dialog).values;

    auto* pad = in<DrawingPad>(dialog, "tryPad");
    const QPoint middle = pad->rect().center();
    test::drag(pad, middle - QPoint(20, 60), middle - QPoint(20, -60));
    QCOMPARE(pad->strokes().size(), std::size_t{1});
    settle(dialog);
    QVERIFY(answer(dialog).values != blank);
    QCOMPARE(answer(dialog).labels, (std::vector<std::string>{"lying", "standing"}));
    QVERIFY(bars(dialog)[1].best && bars(dialog)[1].share > 0.5);
    // The tensor follows from the strokes and from the statistics of the training data.
    const Image image = renderDrawing(pad->strokes(), 28, 28, {.centered = true, .lightOnDark = true});
    const Preprocessing& data = dialog->worker().models().at(0)->predictor.preprocessing();
    const Field& field = data.fields.at(0);
    std::vector<float> tensor;
    for (const std::uint8_t level : image.pixels)
      tensor.push_back(static_cast<float>((level / 255.0 - field.mean[0]) * field.scale[0]));
    verifyBars(dialog, predicted({tensor}));
    const auto* editor = in<PictureEditor>(dialog, "tryPicture");
    QVERIFY(editor->seen().bytes == image.pixels);
    QVERIFY(in<AnswerBars>(dialog, "tryBars")->accessibleDescription().contains("standing"));
    test::screenshot(dialog, "try_drawing");

    QTest::mouseClick(in<QPushButton>(dialog, "tryClear"), Qt::LeftButton);
    settle(dialog);
    QVERIFY(answer(dialog).values == blank);
    test::drag(pad, middle - QPoint(60, 0), middle + QPoint(60, 0));
    settle(dialog);
    QVERIFY(bars(dialog)[0].best && bars(dialog)[0].share > 0.5);
    QTest::mouseClick(in<QPushButton>(dialog, "tryUndo"), Qt::LeftButton);
    settle(dialog);
    QVERIFY(pad->strokes().empty() && answer(dialog).values == blank);
    // By the keys.
    pad->setFocus();
    QTest::keyClick(pad, Qt::Key_Space);
    for (int i = 0; i < 8; ++i) QTest::keyClick(pad, Qt::Key_Down);
    QCOMPARE(pad->strokes().size(), std::size_t{1});
    QCOMPARE(pad->strokes()[0].points.size(), std::size_t{9});
    settle(dialog);
    QVERIFY(bars(dialog)[1].best);
    QTest::keyClick(pad, Qt::Key_Z, Qt::ControlModifier);
    QVERIFY(pad->strokes().empty());
    for (const ThemeMode mode : {ThemeMode::Dark, ThemeMode::Light}) {
      Theme::instance().setMode(mode);
      test::screenshot(dialog, mode == ThemeMode::Dark ? "try_dark" : "try_light");
    }
    Theme::instance().setMode(ThemeMode::System);
  }

  void imagesAreDroppedPastedAndPicked() {
    openPictures();
    trainToEnd();
    TryDialog* dialog = tryIt();
    auto* editor = in<PictureEditor>(dialog, "tryPicture");
    const auto* notes = in<QLabel>(dialog, "tryNotes");
    QImage image(56, 56, QImage::Format_RGB32);
    image.fill(Qt::black);
    for (int y = 8; y < 48; ++y)
      for (int x = 25; x < 31; ++x) image.setPixel(x, y, qRgb(255, 255, 255));
    const QString file = folder_->filePath("bar.png");
    QVERIFY(image.save(file));
    QMimeData content;
    content.setUrls({QUrl::fromLocalFile(file)});
    test::drop(editor, editor->rect().center(), content);
    settle(dialog);
    QVERIFY2(notes->text().contains("resized to 28 x 28"), qPrintable(notes->text()));
    QVERIFY(bars(dialog)[1].best);
    const std::vector<double> dropped = answer(dialog).values;
    auto* pad = in<DrawingPad>(dialog, "tryPad");
    QCOMPARE(pad->picture().size(), QSize(28, 28));  // as the network sees it
    QCOMPARE(pad->picture().pixelColor(0, 0), QColor(Qt::black));
    QApplication::clipboard()->setImage(image);
    QTest::mouseClick(in<QPushButton>(dialog, "tryClear"), Qt::LeftButton);
    settle(dialog);
    QVERIFY(answer(dialog).values != dropped);
    QVERIFY(pad->picture().isNull());
    QTest::keyClick(dialog, Qt::Key_V, Qt::ControlModifier);
    settle(dialog);
    QVERIFY(answer(dialog).values == dropped);
    // What is no image is reported in place of the bars.
    std::ofstream(folder_->filePath("no.png").toStdString()) << "no image";
    content.setUrls({QUrl::fromLocalFile(folder_->filePath("no.png"))});
    test::drop(editor, editor->rect().center(), content);
    settle(dialog);
    QVERIFY(in<QLabel>(dialog, "tryEmpty")->isVisible());
    QVERIFY(in<QLabel>(dialog, "tryEmpty")->text().contains("PNG"));
    in<QCheckBox>(dialog, "trySorted")->toggle();  // must not bring back the bars of another image
    QVERIFY(in<QLabel>(dialog, "tryEmpty")->isVisible());
    in<QCheckBox>(dialog, "trySorted")->toggle();

    QTest::mouseClick(in<QPushButton>(dialog, "tryNext"), Qt::LeftButton);
    settle(dialog);
    const auto* sample = in<QLabel>(dialog, "trySample");
    QVERIFY2(sample->text().startsWith("Sample 1 of "), qPrintable(sample->text()));
    QVERIFY2(sample->text().contains("given target: "), qPrintable(sample->text()));
    const auto samples = dialog->worker().samples();
    QVERIFY(samples != nullptr);
    const std::vector<float>& all = samples->samples.inputs[0];
    verifyBars(dialog, predicted({{all.begin(), all.begin() + 784}}));
    QTest::mouseClick(in<QPushButton>(dialog, "tryRandom"), Qt::LeftButton);
    settle(dialog);
    QVERIFY(!in<QLabel>(dialog, "tryEmpty")->isVisible());
    QVERIFY(!pad->picture().isNull());
    test::drag(pad, pad->rect().center(), pad->rect().center() + QPoint(0, 30));
    settle(dialog);
    QVERIFY(pad->picture().isNull());
    QCOMPARE(pad->strokes().size(), std::size_t{1});
  }

  void deletedDataIsReported() {
    openPictures();
    trainToEnd();
    TryDialog* dialog = tryIt();
    QVERIFY(QDir(folder_->filePath("pictures")).removeRecursively());
    QTest::mouseClick(in<QPushButton>(dialog, "tryNext"), Qt::LeftButton);
    settle(dialog);
    QVERIFY(in<MessageBar>(dialog, "tryMessage")->isVisible());
    QVERIFY(!in<QLabel>(dialog, "trySample")->text().isEmpty());
    QVERIFY(!in<QLabel>(dialog, "tryEmpty")->isVisible());  // the drawing is still predicted
  }

  void aRowFollowsItsSliders() {
    openMoons(3);
    trainToEnd();
    clickRun(0);
    trigger("runTry");
    auto* dialog = child<TryDialog>("tryDialog");
    settle(dialog);
    const Preprocessing& data = dialog->worker().models().at(0)->predictor.preprocessing();
    auto* x = in<NumberBox>(dialog, "tryNumber:x");
    auto* y = in<NumberBox>(dialog, "tryNumber:y");
    // Starts at the mean, with digits that fit.
    QVERIFY(std::abs(x->value() - data.fields[0].mean[0]) < 1e-3);
    QCOMPARE(QString::number(x->value(), 'g', 12),
             QString::number(x->value(), 'f', 3).remove(QRegularExpression("\\.?0+$")));
    const auto verifyRow = [&] {
      verifyBars(dialog, predicted({{normalized(data.fields[0], 0, x->value()),
                                     normalized(data.fields[1], 0, y->value())}}));
    };
    verifyRow();
    const std::vector<double> before = answer(dialog).values;
    auto* slider = in<QSlider>(dialog, "trySlider:x");
    slider->setFocus();
    QTest::keyClick(slider, Qt::Key_End);
    settle(dialog);
    QVERIFY(std::abs(x->value() - (data.fields[0].mean[0] + 3 / data.fields[0].scale[0])) < 1e-3);
    QVERIFY(answer(dialog).values != before);
    verifyRow();
    test::enter(y, "-0.25");
    settle(dialog);
    QCOMPARE(y->value(), -0.25);
    verifyRow();
    QCOMPARE(slider->accessibleName(), QString("x"));

    QTest::mouseClick(in<QPushButton>(dialog, "tryNext"), Qt::LeftButton);
    settle(dialog);
    const std::vector<float>& all = dialog->worker().samples()->samples.inputs[0];
    verifyBars(dialog, predicted({{all[0], all[1]}}));
    QVERIFY(std::abs(x->value() - (static_cast<double>(all[0]) / data.fields[0].scale[0] +
                                   data.fields[0].mean[0])) < 1e-5);
    // Other weights keep the row.
    const double kept = x->value();
    in<QComboBox>(dialog, "tryWeights")->setCurrentIndex(1);
    settle(dialog);
    QCOMPARE(in<NumberBox>(dialog, "tryNumber:x")->value(), kept);
    test::screenshot(dialog, "try_row");
  }

  void twoDevicesAreShownSideBySide() {
    openMoons(1);
    trainToEnd();
    DeviceInfo second;
    second.id = "cpu";  // in the place of a GPU
    second.name = "Second";
    TryDialog dialog(controller().lastResult()->weights, "moons", {second});
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    dialog.show();
    settle(&dialog);
    auto* device = in<QComboBox>(&dialog, "tryDevice");
    QCOMPARE(device->count(), 3);
    device->setCurrentIndex(2);
    settle(&dialog);
    QCOMPARE(dialog.views().size(), std::size_t{2});
    QCOMPARE(dialog.worker().predictions().size(), std::size_t{2});
    const QString notes = in<QLabel>(&dialog, "tryNotes")->text();
    QVERIFY2(notes.contains("differ by at most 0."), qPrintable(notes));
    device->setCurrentIndex(0);
    settle(&dialog);
    QCOMPARE(dialog.views().size(), std::size_t{1});
  }

  void theUnknownWordsOfATextAreMarked() {
    openTemplate("Sentences: recurrent", 1);
    trainToEnd();
    TryDialog* dialog = tryIt();
    auto* text = in<QPlainTextEdit>(dialog, "tryText");
    QVERIFY(in<QLabel>(dialog, "tryEmpty")->isVisible());
    QTest::keyClicks(dialog->focusWidget(), "the soup was xyzzy");
    settle(dialog);
    const QString tokens = in<QLabel>(dialog, "tryTokens")->text();
    QVERIFY2(tokens.startsWith("the") && tokens.contains(">xyzzy</u>") && !tokens.contains(">soup</u>"),
             qPrintable(tokens));
    const Preprocessing& data = dialog->worker().models().at(0)->predictor.preprocessing();
    const auto encoded = encodeText("the soup was xyzzy", data, "text");
    QVERIFY(encoded.ok());
    verifyBars(dialog, predicted(encoded->inputs, encoded->lengths));
    QVERIFY(in<QLabel>(dialog, "tryNotes")->text().contains("25.0% of the words"));
    text->clear();
    settle(dialog);
    QVERIFY(in<QLabel>(dialog, "tryEmpty")->isVisible());
    QVERIFY(in<QLabel>(dialog, "tryTokens")->text().isEmpty());
    QTest::mouseClick(in<QPushButton>(dialog, "tryRandom"), Qt::LeftButton);
    settle(dialog);
    QVERIFY(text->toPlainText().startsWith("the "));
    test::screenshot(dialog, "try_text");
  }

  void aTextIsContinuedUntilItIsStopped() {
    std::ofstream song(folder_->filePath("song.txt").toStdString());
    for (int i = 0; i < 40; ++i) song << "la li lu, la li lu.\nla lu!\n";
    song.close();
    DataSpec spec;
    spec.kind = DataKind::TextFile;
    spec.path = folder_->filePath("song.txt").toStdString();
    spec.text = {.unit = TextUnit::Characters, .lowerCase = false, .steps = 16, .stride = 4};
    auto proposal = proposeProject(spec);
    QVERIFY(proposal.ok());
    proposal->project.training.epochs = 1;
    openProject(proposal->project);
    trainToEnd();
    TryDialog* dialog = tryIt();
    // Too short: said in place of the bars.
    auto* text = in<QPlainTextEdit>(dialog, "tryText");
    auto* empty = in<QLabel>(dialog, "tryEmpty");
    QCOMPARE(dialog->focusWidget(), text);  // and no button, which a space would press
    QVERIFY2(empty->isVisible() && empty->text() == "Type the start of a text.", qPrintable(empty->text()));
    text->setPlainText("la");
    settle(dialog);
    QVERIFY2(empty->isVisible() && empty->text().contains("at least 16"), qPrintable(empty->text()));
    text->setPlainText("la li lu, la li lu.\nla lu!\n");
    settle(dialog);
    QVERIFY(!empty->isVisible());
    QVERIFY(in<QLabel>(dialog, "tryTokens")->text().contains(QChar(0x21B5)));
    auto* write = in<QPushButton>(dialog, "tryWrite");
    auto* written = in<QPlainTextEdit>(dialog, "tryWritten");
    test::enter(in<NumberBox>(dialog, "tryCount"), "20");
    QTest::mouseClick(write, Qt::LeftButton);
    QVERIFY(dialog->worker().writing());
    settle(dialog);
    QCOMPARE(written->toPlainText().size(), 20);
    test::enter(in<NumberBox>(dialog, "tryCount"), "10000");
    QTest::mouseClick(write, Qt::LeftButton);
    QTRY_VERIFY(!written->toPlainText().isEmpty());
    QVERIFY(write->text().contains("op"));
    QTest::mouseClick(write, Qt::LeftButton);
    settle(dialog);
    QVERIFY(written->toPlainText().size() < 10'000);
    QVERIFY(write->text().contains("ontinue"));
  }

  void anExportedModelIsTriedWithoutItsData() {
    openMoons(1);
    trainToEnd();
    const QString file = folder_->filePath("moons.h5");
    QVERIFY(
        exportCheckpointToKeras(controller().lastResult()->weights, file.toStdString(), Weights::Best).ok());
    TryDialog dialog(file.toStdString(), "moons.h5", {});
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    dialog.show();
    settle(&dialog);
    QVERIFY(!in<QComboBox>(&dialog, "tryWeights")->isEnabled());
    QCOMPARE(bars(&dialog).size(), std::size_t{2});
    QTest::mouseClick(in<QPushButton>(&dialog, "tryNext"), Qt::LeftButton);
    settle(&dialog);
    QVERIFY(in<QLabel>(&dialog, "trySample")->text().contains("does not name the data"));
    std::ofstream(folder_->filePath("rows.csv").toStdString()) << "x,y\n0.5,0.25\n1,2\n";
    dialog.openSamples(folder_->filePath("rows.csv"));
    settle(&dialog);
    QVERIFY2(in<QLabel>(&dialog, "trySample")->text().startsWith("Sample 1 of 2"),
             qPrintable(in<QLabel>(&dialog, "trySample")->text()));
    QVERIFY(std::abs(in<NumberBox>(&dialog, "tryNumber:x")->value() - 0.5) < 1e-5);
  }

  void withoutAModelOrWithADeletedOneThereIsAMessage() {
    TryDialog none({}, {}, {});
    none.setAttribute(Qt::WA_DeleteOnClose, false);
    none.show();
    QVERIFY(in<QLabel>(&none, "tryEmpty")->text().contains("no checkpoint"));
    QVERIFY(!in<QPushButton>(&none, "tryNext")->isEnabled());
    TryDialog gone(folder_->filePath("gone.h5").toStdString(), "gone", {});
    gone.setAttribute(Qt::WA_DeleteOnClose, false);
    gone.show();
    settle(&gone);
    QVERIFY(in<QLabel>(&gone, "tryEmpty")->isVisible());
    QVERIFY(in<MessageBar>(&gone, "tryMessage")->isVisible());
  }

  void closingItWhileItOpensIsSafe() {
    openMoons(1);
    trainToEnd();
    trigger("actionTry");
    const QPointer<TryDialog> dialog = child<TryDialog>("tryDialog");
    dialog->close();
    QTRY_VERIFY(dialog.isNull());
    QVERIFY(!tryIt()->worker().predictions().empty());
  }

  void aRunInTrainingIsTriedWithItsNewestCheckpoint() {
    openMoons(100'000);
    trigger("actionTrain");
    const auto saved = [this] {
      const RunSummary* run = runs().runAt(runs().rowOf(controller().runId()));
      return run != nullptr && !weightsOf(*run).empty();
    };
    QTRY_VERIFY_WITH_TIMEOUT(controller().training() && saved(), kRunMs);
    TryDialog* dialog = tryIt();
    QVERIFY(controller().training());
    QCOMPARE(bars(dialog).size(), std::size_t{2});
    QTest::mouseClick(in<QPushButton>(dialog, "tryReload"), Qt::LeftButton);
    QVERIFY(dialog->worker().busy());
    settle(dialog);
    QVERIFY(controller().training());
    QCOMPARE(bars(dialog).size(), std::size_t{2});
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    trigger("actionStop");
    QVERIFY(ended.wait(kRunMs));
  }

  // Series are picked from samples; nothing is predicted before.
  void aSeriesIsPickedFromSamples() {
    openTemplate("Waves: different lengths", 1);
    trainToEnd();
    TryDialog* dialog = tryIt();
    auto* empty = in<QLabel>(dialog, "tryEmpty");
    QVERIFY2(empty->isVisible() && empty->text().contains("Pick a sample"), qPrintable(empty->text()));
    QTest::mouseClick(in<QPushButton>(dialog, "tryNext"), Qt::LeftButton);
    settle(dialog);
    QVERIFY(!empty->isVisible());
    QVERIFY(in<QLabel>(dialog, "trySampleValues")->text().contains("step"));
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::TryTest)
#include "try_test.moc"
