// Alt and a letter reach one field: no letter is used twice among what is visible together.
#include <QAbstractButton>
#include <QComboBox>
#include <QLabel>
#include <QMenuBar>
#include <QTabWidget>
#include <QToolBar>
#include <map>

#include "tests/gui/lab_fixture.h"

namespace tandem::ui {

class MnemonicsTest : public LabFixture {
  Q_OBJECT

 private:
  // Fails if a letter is used twice; returns the number of letters.
  int letters(const QString& where) {
    std::map<QString, QString> users;
    bool unique = true;
    const auto add = [&](const QString& text) {
      const QString key = QKeySequence::mnemonic(text).toString();
      if (key.isEmpty()) return;
      if (const auto [at, added] = users.emplace(key, text); !added) {
        unique = false;
        qWarning("%s: %s is used by '%s' and '%s'", qPrintable(where), qPrintable(key),
                 qPrintable(at->second), qPrintable(text));
      }
    };
    for (const QAction* menu : window_->menuBar()->actions()) add(menu->text());
    const auto* toolBar = child<QToolBar>("mainToolBar");
    for (const auto* label : window_->findChildren<QLabel*>())
      // The learning rate appears in the toolbar during a run.
      if (label->buddy() != nullptr && (label->isVisible() || toolBar->isAncestorOf(label)))
        add(label->text());
    for (const auto* button : window_->findChildren<QAbstractButton*>())
      if (button->isVisible()) add(button->text());
    if (!unique) return 0;
    return static_cast<int>(users.size());
  }

 private Q_SLOTS:
  void noLetterIsUsedTwice() {
    openMoons(3);
    auto* tabs = child<QTabWidget>("inspectorTabs");
    QVERIFY(letters("project") > 5);
    tabs->setCurrentIndex(2);
    QVERIFY(letters("training") > 10);
    tabs->setCurrentIndex(1);
    auto* source = child<QComboBox>("data_source");
    for (int i = 0; i < source->count(); ++i) {
      source->setCurrentIndex(i);
      Q_EMIT source->activated(i);
      QVERIFY(letters(source->currentText()) > 7);
    }
    const auto layers = document().network().layers();
    document().select({layers[1].id});
    QVERIFY(letters("layer") > 5);
    const auto group = document().groupLayers({layers[1].id, layers[2].id});
    QVERIFY(group.ok());
    document().select({layers[1].id, layers[2].id});
    QVERIFY(letters("group") > 7);
  }

  void altAndALetterFocusTheField() {
    openMoons(3);
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    child<QTabWidget>("inspectorTabs")->setCurrentIndex(1);
    auto* source = child<QComboBox>("data_source");
    source->setCurrentIndex(2);
    Q_EMIT source->activated(2);
    for (const auto& [key, name] :
         {std::pair(Qt::Key_G, "data_target"), std::pair(Qt::Key_A, "table_header"),
          std::pair(Qt::Key_L, "data_validation"), std::pair(Qt::Key_S, "data_test")}) {
      QTest::keyClick(window_.get(), key, Qt::AltModifier);
      QTRY_VERIFY2(child<QWidget>(name)->hasFocus(), name);
    }
  }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::MnemonicsTest)
#include "mnemonics_test.moc"
