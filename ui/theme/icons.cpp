#include "ui/theme/icons.h"

#include <QPainter>
#include <QSvgRenderer>

#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

enum class Tint { Text, Go, Halt };

struct Drawing {
  const char* body;  // of a 24 x 24 SVG with lines in currentColor
  Tint tint;
};

Drawing drawingOf(Icon name) {
  switch (name) {
    case Icon::New:
      return {"<path d='M6 3h8l4 4v14H6z M14 3v4h4 M12 11v6 M9 14h6'/>", Tint::Text};
    case Icon::Data:
      return {"<path d='M3 5h18v14H3z M3 10h18 M3 14.5h18 M10 5v14'/>", Tint::Text};
    case Icon::Open:
      return {"<path d='M3 19V5h6l2 3h8v3 M3 19l3-8h16l-3 8z'/>", Tint::Text};
    case Icon::Save:
      return {"<path d='M4 4h13l3 3v13H4z M8 4v5h7V4 M7 20v-7h10v7'/>", Tint::Text};
    case Icon::Export:
      return {"<path d='M12 3v12 M7.5 7.5L12 3l4.5 4.5 M5 13v8h14v-8'/>", Tint::Text};
    case Icon::Undo:
      return {"<path d='M8 5L4 9l4 4 M4 9h10a5 5 0 0 1 0 10h-4'/>", Tint::Text};
    case Icon::Redo:
      return {"<path d='M16 5l4 4-4 4 M20 9H10a5 5 0 0 0 0 10h4'/>", Tint::Text};
    case Icon::Train:
      return {"<path fill='currentColor' d='M7 4.5v15L19.5 12z'/>", Tint::Go};
    case Icon::Pause:
      return {"<path fill='currentColor' d='M7 5h3v14H7z M14 5h3v14h-3z'/>", Tint::Text};
    case Icon::Step:
      return {"<path fill='currentColor' d='M6 5v14l9-7z'/><path d='M18 5v14'/>", Tint::Text};
    case Icon::Stop:
      return {"<path fill='currentColor' d='M6 6h12v12H6z'/>", Tint::Halt};
    case Icon::Back:
      return {"<path d='M20 12H5 M11 6l-6 6 6 6'/>", Tint::Text};
    case Icon::Twin:  // two arrows, one ahead
      return {"<path d='M3 8h16 M15 4l4 4-4 4 M3 17h9 M8 13l4 4-4 4'/>", Tint::Text};
  }
  return {"", Tint::Text};
}

QPixmap render(const char* body, const QColor& color, int size) {
  QString svg = QString(
                    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'><g fill='none' "
                    "stroke='currentColor' stroke-width='1.7' stroke-linecap='round' "
                    "stroke-linejoin='round'>%1</g></svg>")
                    .arg(body);
  svg.replace("currentColor", color.name());
  QSvgRenderer renderer(svg.toUtf8());
  QPixmap pixmap(size, size);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  renderer.render(&painter);
  return pixmap;
}

}  // namespace

QIcon icon(Icon name) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  const Drawing drawing = drawingOf(name);
  const QColor color = drawing.tint == Tint::Go ? c.success : drawing.tint == Tint::Halt ? c.error : c.text;
  const QColor disabled = theme.palette().color(QPalette::Disabled, QPalette::ButtonText);
  QIcon result;
  for (const int size : {16, 20, 24, 32, 48, 64}) {
    result.addPixmap(render(drawing.body, color, size), QIcon::Normal);
    result.addPixmap(render(drawing.body, disabled, size), QIcon::Disabled);
  }
  return result;
}

}  // namespace tandem::ui
