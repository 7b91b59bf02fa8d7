// Light and dark colours for the window: one palette for widgets, plus named colours for which Qt's palette
// has no role (nodes, curves, messages). Text has a contrast of at least 4.5:1 with its background in both
// themes (WCAG AA).
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
  QColor border;   // hairlines
  QColor text;
  QColor mutedText;                                      // captions, hints
  QColor accent;                                         // selection, default button
  QColor onAccent;                                       // text on accent
  QColor success, warning, error;                        // as text or icons on window and surface
  QColor infoBack, successBack, warningBack, errorBack;  // behind message bars, under `text`
  QColor canvas, canvasGrid;                             // of the network editor
};

class Theme : public QObject {
  Q_OBJECT

 public:
  // Created at first use, which must come after the QApplication.
  static Theme& instance();

  ThemeMode mode() const { return mode_; }
  // Applies the mode and stores it (QSettings "window/theme").
  void setMode(ThemeMode mode);
  // Sets the application's style (based on Fusion) and palette. To be called once, from main().
  void apply();

  bool dark() const { return dark_; }
  const ThemeColors& colors() const { return colors_; }
  QPalette palette() const;

  // Colour of a layer's category ("Convolution"), for the strip of a node and the dot in the palette. Its
  // contrast with `surface` is at least 3:1. An unknown category gets a stable colour.
  QColor category(const QString& name) const;
  // The i-th colour of a sequence that is distinguishable with colour blindness (Okabe & Ito 2008), adapted
  // to the background. Repeats after curveCount().
  QColor curve(int index) const;
  static int curveCount();

 Q_SIGNALS:
  void changed();

 private Q_SLOTS:
  // Called when org.freedesktop.portal.Settings reports a changed preference.
  void portalChanged(const QString& group, const QString& key);

 private:
  Theme();
  bool systemIsDark() const;

  ThemeMode mode_ = ThemeMode::System;
  bool platformDark_ = false;  // whether the platform's palette was dark before this one replaced it
  bool dark_ = false;
  ThemeColors colors_;
};

}  // namespace tandem::ui
