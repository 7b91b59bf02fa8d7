// TemplateCard: a button that shows a template's network as a drawing, its name and a description.
#pragma once

#include <QAbstractButton>
#include <vector>

#include "core/network/project.h"

namespace tandem::ui {

class TemplateCard : public QAbstractButton {
  Q_OBJECT

 public:
  TemplateCard(const TemplateInfo& info, QWidget* parent = nullptr);

  QSize sizeHint() const override;
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void enterEvent(QEnterEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  struct Block {
    QString category;
    double height;  // fraction of the picture's height
  };
  void drawPicture(QPainter& painter, const QRectF& area) const;
  int pictureHeight() const;

  QString name_, about_, facts_;
  std::vector<Block> blocks_;
};

}  // namespace tandem::ui
