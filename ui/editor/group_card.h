// A folded group on the canvas: one card for all its layers, drawn as a stack if the group is repeated.
#pragma once

#include "ui/editor/card_item.h"

namespace tandem::ui {

class GroupCard : public CardItem {
  Q_OBJECT

 public:
  enum { Type = UserType + 3 };

  GroupCard(ProjectDocument& document, GroupId id);

  int type() const override { return Type; }
  GroupId id() const { return id_; }
  std::set<LayerId> layers() const override;
  Result<Source> source(int port) const override;
  Result<LayerId> sink() const override;
  int inputPorts() const override { return 1; }
  void refresh() override;

 Q_SIGNALS:
  void unfoldRequested();

 protected:
  bool exists() const override { return group() != nullptr; }
  const Problem* problem() const override;
  QColor stripe() const override;
  bool isUsed(int input) const override;
  bool isStack() const override { return group()->repeat > 1; }
  void paintNear(QPainter& painter) const override;
  void paintFar(QPainter& painter) const override;
  void mouseDoubleClickEvent(QGraphicsSceneMouseEvent* event) override;

 private:
  const Group* group() const { return document_.network().findGroup(id_); }

  GroupId id_;
};

// "block ×3", "block".
QString groupTitle(const Group& group);

}  // namespace tandem::ui
