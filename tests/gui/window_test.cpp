// The main window apart from training: unsaved files, plots, themes, docks, names of controls.
#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QDesktopServices>
#include <QDialog>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QSlider>
#include <QTabWidget>
#include <QTableView>
#include <QTextBrowser>
#include <algorithm>
#include <cmath>
#include <fstream>

#include "core/runs/run_file.h"
#include "tests/gui/lab_fixture.h"
#include "tests/gui/recorded_runs.h"
#include "ui/inspector/inspector_panel.h"
#include "ui/models/runs_model.h"
#include "ui/theme/theme.h"
#include "ui/train/curve_plot.h"
#include "ui/train/live_plots.h"

namespace tandem::ui {

using test::answer, test::chooseFile, test::clickButton, test::whenDialog;

// Takes the place of the desktop's file manager.
class UrlReceiver : public QObject {
  Q_OBJECT

 public:
  QUrl url;

 public Q_SLOTS:
  void open(const QUrl& opened) { url = opened; }
};

class WindowTest : public LabFixture {
  Q_OBJECT

 private Q_SLOTS:
  // A view that is hidden computes the heights of its rows from its model, which reads the document.
  void noViewIsVisibleWithoutADocument() {
    openMoons(3);
    QVERIFY(document().removeLayers({document().network().findByName("input")->id}).ok());
    auto* dialog = new QDialog(window_.get());
    auto* view = new QTableView(dialog);
    dialog->show();
    QVERIFY(view->isVisible());
    const QPointer<QTableView> inDialog(view);
    const QPointer<QTableView> problems(child<QTableView>("problemsTable"));
    QTRY_VERIFY(problems->isVisible());
    bool ended = false;
    connect(&document(), &QObject::destroyed, this, [&] {
      ended = true;
      QVERIFY(!inDialog);
      QVERIFY(!problems || !problems->isVisible());
    });
    window_.reset();
    QVERIFY(ended);
  }

  void asksToSaveChanges() {
    openMoons(3);
    QVERIFY(document().isDirty());
    answer("unsavedQuestion", "Cancel");
    trigger("actionNew");
    QCOMPARE(document().network().layers().size(), std::size_t{4});
    QVERIFY(document().isDirty());

    answer("unsavedQuestion", "Cancel");
    QVERIFY(!window_->close());
    QVERIFY(window_->isVisible());

    const QString file = folder_->filePath("mine.tandem");
    whenDialog("unsavedQuestion", [&](QDialog* dialog) {
      chooseFile(file);
      clickButton(dialog, "Save");
    });
    trigger("actionNew");
    QVERIFY(QFile::exists(file));
    QCOMPARE(document().network().layers().size(), std::size_t{0});
    QVERIFY(!document().isDirty());

    QVERIFY(window_->openFile(file));
    QCOMPARE(document().training().epochs, 3);
    QCOMPARE(QSettings().value("files/recent").toStringList().value(0), file);
    document().setName("changed");
    answer("unsavedQuestion", "Discard");
    trigger("actionNew");
    QCOMPARE(document().network().layers().size(), std::size_t{0});
  }

  void aFileThatCannotBeOpenedIsNamedAndTheProjectStays() {
    openMoons(3);
    QVERIFY(document().save(folder_->filePath("mine.tandem")).ok());
    const QString broken = folder_->filePath("broken.tandem");
    QFile file(broken);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("{\"tandem\": 1") > 0);
    file.close();
    for (const QString& path : {broken, folder_->filePath("missing.tandem")}) {
      QVERIFY(!window_->openFile(path));
      QString message;
      for (const auto* label : window_->findChildren<QLabel*>("messageText"))
        if (label->isVisible()) message += label->text();
      QVERIFY2(message.contains(QFileInfo(path).fileName()), qPrintable(message));
      QCOMPARE(document().network().layers().size(), std::size_t{4});
    }
  }

  void aRunFileIsImported() {
    const QString file = folder_->filePath("other.tandemrun");
    std::ofstream(file.toStdString()) << toJson(test::recorded(77));
    QVERIFY(window_->openFile(file));
    QTRY_COMPARE(runs().runs().size(), std::size_t{1});
    QVERIFY(runs().runs().front().imported);
    QVERIFY(child<QWidget>("runsNotice")->isVisible());
  }

  void plotsZoomPanFitAndHide() {
    openMoons(2);
    trainToEnd();
    auto* loss = child<CurvePlot>("lossPlot");
    const auto last = static_cast<double>(controller().lastResult()->steps);
    QTRY_COMPARE(loss->xAxis->range().upper, last);  // the final redraw
    const QCPRange full = loss->xAxis->range();
    QVERIFY(loss->following());
    const QPoint middle = loss->axisRect()->rect().center();
    QWheelEvent wheel(middle, loss->mapToGlobal(middle), {}, {0, 240}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(loss, &wheel);
    QVERIFY(!loss->following());
    QVERIFY(loss->xAxis->range().size() < full.size());
    QTest::mouseDClick(loss, Qt::LeftButton, {}, middle);
    QVERIFY(loss->following());
    QCOMPARE(loss->xAxis->range().size(), full.size());

    QTest::mouseMove(loss, middle);
    QTRY_VERIFY(loss->readOut().contains("step"));
    QVERIFY(loss->readOut().contains("validation"));

    loss->setCurveVisible("validation", false);
    bool hidden = false;
    for (int i = 0; i < loss->graphCount(); ++i) {
      if (loss->graph(i)->name() == "validation") hidden = !loss->graph(i)->visible();
    }
    QVERIFY(hidden);
    QTest::mouseClick(child<QAbstractButton>("logAxis"), Qt::LeftButton, {}, QPoint(8, 8));
    QCOMPARE(loss->yAxis->scaleType(), QCPAxis::stLogarithmic);
    QVERIFY(loss->yAxis->range().lower > 0);
    child<QSlider>("smoothing")->setValue(0);
    QVERIFY(loss->curves().front().smooth == nullptr);
    child<QSlider>("smoothing")->setValue(60);
    QVERIFY(loss->curves().front().smooth != nullptr);
    QCOMPARE(loss->curves().front().smooth->size(), loss->curves().front().raw->size());
  }

  void plotsAreDrawnLessOftenWhenTrainingUsesAllCores() {
    for (const double cost : {0.5, 5.0, 50.0}) {
      QVERIFY(LivePlots::intervalFor(cost, true) > LivePlots::intervalFor(cost, false) || cost > 8);
      QVERIFY(LivePlots::intervalFor(cost, true) >= 100);
    }
    QCOMPARE(LivePlots::intervalFor(10, true), 500);  // 2% of a core
    auto* plots = child<LivePlots>("livePlots");
    openMoons(3);
    QVERIFY(plots->interval() < 100);
    trainToEnd();  // with all threads, the default
    QVERIFY(plots->drawings() > 0);
    QVERIFY(plots->interval() >= 100);
  }

  void hiddenPlotsAreNotDrawn() {
    openMoons(3);
    child<QDockWidget>("plotsDock")->hide();
    auto* plots = child<LivePlots>("livePlots");
    const std::int64_t before = plots->drawings();
    trainToEnd();
    QCOMPARE(plots->drawings(), before);
    child<QDockWidget>("plotsDock")->show();
    auto* loss = child<CurvePlot>("lossPlot");
    QTRY_VERIFY(loss->graphCount() > 0 && loss->graph(0)->dataCount() > 10);  // drawn when shown again
  }

  void helpOnTheSelectedLayerIsShown() {
    openMoons(3);
    document().select({document().network().findByName("dense")->id});
    child<QTabWidget>("inspectorTabs")->setCurrentIndex(InspectorPanel::Data);
    QVERIFY(child<QAction>("actionLayerHelp")->isEnabled());
    trigger("actionLayerHelp");
    const auto* text = child<QLabel>("layerHelpText");
    QVERIFY(text->isVisible());
    QVERIFY2(text->text().contains("kernel"), qPrintable(text->text()));
  }

  void aboutTellsWhereTheLogIs() {
    const QString folder = QString::fromLocal8Bit(qgetenv("XDG_STATE_HOME")) + "/tandem";
    QVERIFY(QDir().mkpath(folder));
    UrlReceiver receiver;
    QDesktopServices::setUrlHandler("file", &receiver, "open");
    QString text;
    whenDialog("aboutDialog", [&](QDialog* dialog) {
      text = test::find<QTextBrowser>(dialog, "aboutDialogText")->toPlainText();
      test::find<QAbstractButton>(dialog, "showLogFolder")->click();
      dialog->reject();
    });
    trigger("actionAbout");
    QDesktopServices::unsetUrlHandler("file");
    QVERIFY2(text.contains(folder + "/tandem.log"), qPrintable(text));
    QCOMPARE(receiver.url.toLocalFile(), folder);
  }

  void themesSwitchAndAreRemembered() {
    Theme& theme = Theme::instance();
    trigger("actionTheme2");
    QVERIFY(theme.dark());
    QVERIFY(QApplication::palette().color(QPalette::Window).lightness() < 80);
    const QWidget* names = child<QAbstractItemView>("paletteList")->viewport();
    QVERIFY(names->palette().color(names->backgroundRole()).lightness() < 80);  // it has a style sheet
    trigger("actionTheme1");
    QVERIFY(!theme.dark());
    QCOMPARE(QSettings().value("window/theme").toString(), QString("light"));
    // WCAG AA requires a contrast of 4.5:1 between text and its background.
    using test::contrast;
    for (const char* mode : {"actionTheme1", "actionTheme2"}) {
      trigger(mode);
      const ThemeColors& c = theme.colors();
      for (const QColor& back : {c.window, c.surface, c.raised}) {
        for (const QColor& front : {c.text, c.mutedText, c.success, c.warning, c.error}) {
          QVERIFY2(contrast(front, back) >= 4.5, qPrintable(front.name() + " on " + back.name()));
        }
      }
      for (const QColor& back : {c.infoBack, c.successBack, c.warningBack, c.errorBack}) {
        QVERIFY2(contrast(c.text, back) >= 4.5, qPrintable(back.name()));
      }
      QVERIFY(contrast(c.onAccent, c.accent) >= 4.5);
      QVERIFY(Theme::curveCount() >= 8);  // maximum number of sides of a twin run
      for (int i = 0; i < Theme::curveCount(); ++i) {
        QVERIFY2(contrast(theme.curve(i), c.surface) >= 3, qPrintable(theme.curve(i).name()));
      }
      for (const char* category :
           {"Input", "Core", "Convolution", "Pooling", "Recurrent", "Normalization", "Activation"}) {
        QVERIFY2(contrast(theme.category(category), c.surface) >= 3, category);
      }
    }
    trigger("actionTheme0");
  }

  void layoutIsRemembered() {
    const auto enlarge = [&] {  // the offscreen screen is smaller
      window_->showNormal();
      window_->resize(1280, 800);
    };
    enlarge();
    openMoons(1);
    auto* work = child<QMainWindow>("workView");
    const auto size = [&](const char* dock) { return child<QDockWidget>(dock)->size(); };
    work->resizeDocks({child<QDockWidget>("inspectorDock")}, {371}, Qt::Horizontal);
    work->resizeDocks({child<QDockWidget>("plotsDock")}, {233}, Qt::Vertical);
    QTRY_COMPARE(size("inspectorDock").width(), 371);
    QTRY_COMPARE(size("plotsDock").height(), 233);
    child<QDockWidget>("paletteDock")->hide();
    const auto restart = [&] {
      document().undoStack()->setClean();
      QVERIFY(window_->close());
      window_ = std::make_unique<MainWindow>(*store_);
      enlarge();
    };
    restart();
    restart();  // without having shown a project, whose panels then have no size
    QVERIFY(window_->openTemplate("Two moons"));
    QTRY_VERIFY(!child<QDockWidget>("paletteDock")->isVisible());
    QTRY_COMPARE(size("inspectorDock").width(), 371);
    QTRY_COMPARE(size("plotsDock").height(), 233);
    // The twin view takes the place of the panels for a while.
    child<QDockWidget>("twinDock")->show();
    QTRY_VERIFY(!child<QDockWidget>("plotsDock")->isVisible());
    QTest::qWait(50);
    child<QDockWidget>("twinDock")->hide();
    QTRY_COMPARE(size("plotsDock").height(), 233);
    QTRY_COMPARE(size("inspectorDock").width(), 371);
    // The shortcut does the same.
    QTest::keyClick(window_.get(), Qt::Key_6, Qt::ControlModifier);
    QTRY_VERIFY(!child<QDockWidget>("plotsDock")->isVisible());
    QTest::keyClick(window_.get(), Qt::Key_6, Qt::ControlModifier);
    QTRY_VERIFY(child<QDockWidget>("plotsDock")->isVisible());
    QVERIFY(!child<QDockWidget>("twinDock")->isVisible());
    trigger("actionResetLayout");
    QVERIFY(child<QDockWidget>("paletteDock")->isVisible());
  }

  void everyControlHasANameAndIsReachable() {
    openMoons(1);
    for (auto* widget : window_->findChildren<QWidget*>()) {
      const bool control = qobject_cast<QAbstractButton*>(widget) ||
                           qobject_cast<QAbstractSpinBox*>(widget) || qobject_cast<QComboBox*>(widget) ||
                           qobject_cast<QSlider*>(widget) || qobject_cast<QLineEdit*>(widget);
      if (!control || !widget->isVisible()) continue;
      // Excludes the parts that Qt creates in toolbars, docks, headers, spin boxes and combo boxes.
      const QWidget* parent = widget->parentWidget();
      const bool own = !parent->inherits("QToolBar") && !parent->inherits("QDockWidget") &&
                       !parent->inherits("QTabBar") && !parent->inherits("QAbstractSpinBox") &&
                       !parent->inherits("QComboBox") && !parent->inherits("QTableView") &&
                       !parent->inherits("QLineEdit") && !parent->inherits("QMenuBar");
      if (own) QVERIFY2(!widget->objectName().isEmpty(), widget->metaObject()->className());
    }
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::WindowTest)
#include "window_test.moc"
