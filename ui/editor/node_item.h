// A layer on the canvas.
#pragma once

#include "ui/editor/card_item.h"

namespace tandem::ui {

class NodeItem : public CardItem {
  Q_OBJECT

 public:
  enum { Type = UserType + 1 };

  NodeItem(ProjectDocument& document, LayerId id);

  int type() const override { return Type; }
  LayerId id() const { return id_; }
  std::set<LayerId> layers() const override { return {id_}; }
  Result<LayerId> source() const override { return id_; }
  Result<LayerId> sink() const override { return id_; }
  int inputPorts() const override;
  void refresh() override;

 protected:
  bool exists() const override;
  const Problem* problem() const override;
  QColor stripe() const override;
  int usedInputs() const override;
  void paintNear(QPainter& painter) const override;
  void paintFar(QPainter& painter) const override;

 private:
  QString title() const;  // label of the layer type

  LayerId id_;
};

}  // namespace tandem::ui
