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
  Result<Source> source(int port) const override { return Source(id_, port); }
  Result<LayerId> sink() const override { return id_; }
  int inputPorts() const override;
  int nextInput() const override;
  QString inputName(int input) const override;
  int outputPorts() const override;
  int portOf(Source source) const override { return source.port; }
  void refresh() override;

 protected:
  bool exists() const override;
  const Problem* problem() const override;
  QColor stripe() const override;
  bool isUsed(int input) const override;
  void paintNear(QPainter& painter) const override;
  void paintFar(QPainter& painter) const override;

 private:
  QString title() const;  // label of the layer type

  LayerId id_;
};

}  // namespace tandem::ui
