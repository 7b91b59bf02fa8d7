#include "ui/theme/theme.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusReply>
#include <QDBusVariant>
#include <QFont>
#include <QSettings>
#include <QToolTip>
#include <array>

#include "ui/theme/style.h"

namespace tandem::ui {
namespace {

constexpr auto kPortal = "org.freedesktop.portal.Desktop";
constexpr auto kPortalPath = "/org/freedesktop/portal/desktop";
constexpr auto kPortalSettings = "org.freedesktop.portal.Settings";
constexpr int kPortalTimeoutMs = 200;  // an unresponsive desktop must not delay the start

ThemeColors lightColors() {
  ThemeColors c;
  c.window = "#f3f5f8";
  c.surface = "#ffffff";
  c.raised = "#eaeef3";
  c.border = "#c9d1da";
  c.text = "#1b2129";
  c.mutedText = "#55606d";
  c.accent = "#0b61b0";
  c.onAccent = "#ffffff";
  c.success = "#1a7037";
  c.warning = "#8a5a00";
  c.error = "#c11f2d";
  c.infoBack = "#dcebfa";
  c.successBack = "#daf2e1";
  c.warningBack = "#fdf0cf";
  c.errorBack = "#fde3e3";
  c.canvas = "#f8f9fb";
  c.canvasGrid = "#e3e8ee";
  return c;
}

ThemeColors darkColors() {
  ThemeColors c;
  c.window = "#1f242b";
  c.surface = "#171b20";
  c.raised = "#2a3139";
  c.border = "#3d4753";
  c.text = "#e7ebf0";
  c.mutedText = "#a3aebb";
  c.accent = "#5aa9f0";
  c.onAccent = "#0b1420";
  c.success = "#4fc26b";
  c.warning = "#e0aa3c";
  c.error = "#ff8b84";
  c.infoBack = "#1d3550";
  c.successBack = "#1d3d2a";
  c.warningBack = "#443413";
  c.errorBack = "#4c2326";
  c.canvas = "#1a1e24";
  c.canvasGrid = "#272e37";
  return c;
}

struct Pair {
  const char* light;
  const char* dark;
};

// The eight colours of Okabe & Ito without black and, on white, without yellow, which is invisible there,
// plus a red that is as far from each of them as they are from one another.
constexpr std::array<Pair, 8> kCurves = {{
    {"#0072b2", "#56b4e9"},
    {"#d55e00", "#f28e3c"},
    {"#00855f", "#2fc79c"},
    {"#b5578d", "#e39ac4"},
    {"#b87d00", "#f0e442"},
    {"#3a8fc4", "#7f9cf5"},
    {"#5d4b9c", "#c7b6f2"},
    {"#8b1a1a", "#ff6464"},
}};

struct CategoryColor {
  const char* name;
  Pair color;
};
constexpr std::array<CategoryColor, 10> kCategories = {{
    {"Input", {"#4a6078", "#93a9c1"}},
    {"Core", {"#0b61b0", "#5aa9f0"}},
    {"Convolution", {"#6a48b0", "#ab8ff0"}},
    {"Pooling", {"#00786f", "#38c2b5"}},
    {"Sequence", {"#8f2f4f", "#f08aa8"}},
    {"Normalization", {"#8a5a00", "#dba53a"}},
    {"Activation", {"#b3452b", "#f28a6c"}},
    {"Regularization", {"#a83a7a", "#e88dbf"}},
    {"Shape", {"#55606d", "#a3aebb"}},
    {"Merge", {"#1a7037", "#4fc26b"}},
}};

QColor pick(const Pair& pair, bool dark) {
  return QColor(dark ? pair.dark : pair.light);
}

}  // namespace

Theme& Theme::instance() {
  static Theme theme;
  return theme;
}

Theme::Theme() {
  const QPalette platform = QApplication::palette();
  platformDark_ =
      platform.color(QPalette::Window).lightness() < platform.color(QPalette::WindowText).lightness();
  const QString stored = QSettings().value("window/theme", "system").toString();
  mode_ = stored == "light" ? ThemeMode::Light : stored == "dark" ? ThemeMode::Dark : ThemeMode::System;
  QDBusConnection::sessionBus().connect(kPortal, kPortalPath, kPortalSettings, "SettingChanged", this,
                                        SLOT(portalChanged(QString, QString)));
  dark_ = mode_ == ThemeMode::Dark || (mode_ == ThemeMode::System && systemIsDark());
  colors_ = dark_ ? darkColors() : lightColors();
}

void Theme::setMode(ThemeMode mode) {
  mode_ = mode;
  QSettings().setValue("window/theme", mode == ThemeMode::Light  ? "light"
                                       : mode == ThemeMode::Dark ? "dark"
                                                                 : "system");
  apply();
}

void Theme::apply() {
  dark_ = mode_ == ThemeMode::Dark || (mode_ == ThemeMode::System && systemIsDark());
  colors_ = dark_ ? darkColors() : lightColors();
  if (qobject_cast<Style*>(QApplication::style()) == nullptr) QApplication::setStyle(new Style);
  QApplication::setPalette(palette());
  QToolTip::setPalette(palette());
  Q_EMIT changed();
}

QPalette Theme::palette() const {
  const ThemeColors& c = colors_;
  QPalette p;
  p.setColor(QPalette::Window, c.window);
  p.setColor(QPalette::WindowText, c.text);
  p.setColor(QPalette::Base, c.surface);
  p.setColor(QPalette::AlternateBase, c.raised);
  p.setColor(QPalette::Text, c.text);
  p.setColor(QPalette::PlaceholderText, c.mutedText);
  p.setColor(QPalette::Button, dark_ ? QColor("#2a3139") : QColor("#f3f5f8"));
  p.setColor(QPalette::ButtonText, c.text);
  p.setColor(QPalette::BrightText, c.error);
  p.setColor(QPalette::Highlight, c.accent);
  p.setColor(QPalette::HighlightedText, c.onAccent);
  p.setColor(QPalette::Link, c.accent);
  p.setColor(QPalette::LinkVisited, c.accent);
  p.setColor(QPalette::ToolTipBase, dark_ ? c.raised : c.surface);
  p.setColor(QPalette::ToolTipText, c.text);
  p.setColor(QPalette::Light, dark_ ? QColor("#3d4753") : QColor("#ffffff"));
  p.setColor(QPalette::Midlight, c.raised);
  p.setColor(QPalette::Mid, c.border);
  p.setColor(QPalette::Dark, dark_ ? QColor("#12161a") : QColor("#9aa5b1"));
  p.setColor(QPalette::Shadow, dark_ ? QColor("#0b0e11") : QColor("#6b7682"));
  const QColor faint = dark_ ? QColor("#6d7884") : QColor("#8d97a3");
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    p.setColor(QPalette::Disabled, role, faint);
  }
  p.setColor(QPalette::Disabled, QPalette::Highlight, c.border);
  p.setColor(QPalette::Disabled, QPalette::HighlightedText, faint);
  return p;
}

QColor Theme::category(const QString& name) const {
  for (const CategoryColor& entry : kCategories) {
    if (name.compare(QLatin1String(entry.name), Qt::CaseInsensitive) == 0) return pick(entry.color, dark_);
  }
  std::size_t hash = 0;
  for (const QChar ch : name) hash = hash * 31 + ch.unicode();
  return pick(kCategories[hash % kCategories.size()].color, dark_);
}

QColor Theme::curve(int index) const {
  return pick(kCurves[static_cast<std::size_t>(index) % kCurves.size()], dark_);
}

int Theme::curveCount() {
  return static_cast<int>(kCurves.size());
}

bool Theme::systemIsDark() const {
  const QDBusConnection bus = QDBusConnection::sessionBus();
  if (bus.isConnected()) {
    // Not QDBusInterface, which introspects first and blocks without a timeout.
    QDBusMessage call = QDBusMessage::createMethodCall(kPortal, kPortalPath, kPortalSettings, "Read");
    call << QString("org.freedesktop.appearance") << QString("color-scheme");
    const QDBusReply<QDBusVariant> reply = bus.call(call, QDBus::Block, kPortalTimeoutMs);
    if (reply.isValid()) {
      QVariant value = reply.value().variant();
      if (value.canConvert<QDBusVariant>()) value = value.value<QDBusVariant>().variant();
      const uint preference = value.toUInt();  // 0: none, 1: dark, 2: light
      if (preference != 0) return preference == 1;
    }
  }
  return platformDark_;
}

void Theme::portalChanged(const QString& group, const QString& key) {
  if (mode_ != ThemeMode::System) return;
  if (group == "org.freedesktop.appearance" && key == "color-scheme") apply();
}

}  // namespace tandem::ui
