// render_icon IMAGE.svg SIZE OUTPUT.png: draws the logo as a square of SIZE pixels. Used by the build only.
#include <QImage>
#include <QPainter>
#include <QString>
#include <QSvgRenderer>
#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 4) return std::fputs("usage: render_icon IMAGE.svg SIZE OUTPUT.png\n", stderr), 2;
  QSvgRenderer drawing{QString::fromLocal8Bit(argv[1])};
  const int size = QString(argv[2]).toInt();
  QImage image(size, size, QImage::Format_ARGB32);
  image.fill(Qt::transparent);
  QPainter painter(&image);
  drawing.render(&painter);
  painter.end();
  if (drawing.isValid() && image.save(QString::fromLocal8Bit(argv[3]))) return 0;
  return std::fprintf(stderr, "%s could not be drawn to %s\n", argv[1], argv[3]), 1;
}
