// Light and dark colours for the whole window: one palette for widgets, plus named colours for what
// Qt's palette has no role for (nodes, curves, messages). Text on its background has a contrast of at
// least 4.5:1 in both themes (WCAG AA).
#pragma once

#include <QColor>
#include <QObject>
#include <QPalette>
#include <QString>

namespace tandem::ui {

enum class ThemeMode { System, Light, Dark };

struct ThemeColors {
  QColor window;   // behind panels
  QColor surface;  // cards, nodes, plots, fields
  QColor raised;   // alternate rows, hovered cards
  QColor border;   // hairlines between things
  QColor text;
  QColor mutedText;                                      // captions, hints
  QColor accent;                                         // the selected, the default button
  QColor onAccent;                                       // text on accent
  QColor success, warning, error;                        // as text or icons on window and surface
  QColor infoBack, successBack, warningBack, errorBack;  // behind message bars, under `text`
  QColor canvas, canvasGrid;                             // of the network editor
};

class Theme : public QObject {
  Q_OBJECT

 public:
  // Made at first use, after QApplication.
  static Theme& instance();

  ThemeMode mode() const { return mode_; }
  // Applies and remembers it (QSettings "window/theme").
  void setMode(ThemeMode mode);
  // Sets Fusion style, palette and font of the application. Call once, from main().
  void apply();

  bool dark() const { return dark_; }
  const ThemeColors& colors() const { return colors_; }
  QPalette palette() const;

  // Colour of a layer's category ("Convolution"): the strip of a node, the dot in the palette. At
  // least 3:1 against `surface`. Unknown categories get a stable colour of their own.
  QColor category(const QString& name) const;
  // i-th colour of a sequence that stays apart for colour-blind people (Okabe & Ito 2008), adapted to the
  // background. Repeats after curveCount().
  QColor curve(int index) const;
  static int curveCount();

 Q_SIGNALS:
  void changed();

 private Q_SLOTS:
  // org.freedesktop.portal.Settings tells of another preference of the desktop.
  void portalChanged(const QString& group, const QString& key);

 private:
  Theme();
  bool systemIsDark() const;

  ThemeMode mode_ = ThemeMode::System;
  bool platformDark_ = false;  // what the platform's own palette was before ours
  bool dark_ = false;
  ThemeColors colors_;
};

}  // namespace tandem::ui
