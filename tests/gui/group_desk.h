// A small network on the canvas, for tests of groups.
#pragma once

#include <algorithm>

#include "tests/gui/desk.h"
#include "ui/models/placement.h"

namespace tandem::ui {

// input -> stem -> a -> b -> head in one row, placed by hand.
struct GroupDesk : Desk {
  LayerId input = add("input", {0, 0});
  LayerId stem = next("dense"), a = next("dense"), b = next("dense"), head = next("dense");

  GroupDesk() {
    CHECK(document.setProperty(input, "shape", std::vector<std::int64_t>{2}));
    CHECK(document.setProperty(head, "units", std::int64_t{2}));
    for (const auto& [id, name] : {std::pair{stem, "stem"}, {a, "a"}, {b, "b"}, {head, "head"}})
      CHECK(document.rename(id, name));
    std::map<LayerId, QPointF> row;
    for (const LayerId id : {input, stem, a, b, head})
      row[id] = {kColumnPitch * static_cast<double>(row.size()), 0};
    row[input].setY(40);  // differs from the automatic layout
    document.moveLayers(row);
    document.select({});
    document.undoStack()->clear();
    view->fit();
  }

  static void CHECK(const Status& status) {
    if (!status.ok()) qFatal("%s", status.error().text().c_str());
  }
  LayerId next(const char* type) { return *document.addLayerAfter(type, 0); }
  NetworkScene* scene() { return view->networkScene(); }
  const Group& group() { return document.network().groups().front(); }
  QPointF at(LayerId id) { return document.position(id); }
  QPoint title(GroupId id) { return inView(scene()->groupFrame(id)->title().center()); }
  QPoint cardMiddle(GroupId id) {
    return inView(scene()->groupCard(id)->mapToScene(QPointF(kNodeWidth / 2, 30)));
  }
  QPoint cardOutput(GroupId id) {
    return inView(scene()->groupCard(id)->mapToScene(scene()->groupCard(id)->outputPort()));
  }
  // Selects by rubber band from the free canvas above, then presses Ctrl+G.
  GroupId makeGroup(std::initializer_list<LayerId> layers) {
    QRectF box;
    for (const LayerId id : layers) box |= QRectF(at(id), QSizeF(kNodeWidth, kNodeHeight));
    test::drag(canvas(), inView(box.topLeft() - QPointF(15, 15)),
               inView(box.bottomRight() + QPointF(10, 10)));
    key(Qt::Key_G, Qt::ControlModifier);
    return group().id;
  }
  // Drags by a distance in canvas units, independent of the zoom.
  void dragBy(QPoint grip, QPointF distance) {
    test::drag(canvas(), grip, grip + (distance * view->zoom()).toPoint());
  }
  void doubleClick(QPoint place) {
    QTest::mouseClick(canvas(), Qt::LeftButton, {}, place);
    QTest::mouseDClick(canvas(), Qt::LeftButton, {}, place);
  }
  int steps() { return document.undoStack()->index(); }
};

// Lays out the network: cards do not overlap, and each frame contains the cards and frames of its group and no others.
inline void checkFrames(const Network& network) {
  const auto positions = layoutNetwork(network);
  struct Card {
    QRectF box;
    LayerId layer;  // or one of those that it hides
  };
  std::vector<Card> cards;
  std::set<const Group*> folded;
  for (const Layer& layer : network.layers()) {
    const Group* group = hidingGroup(network, layer.id);
    if (group != nullptr && !folded.insert(group).second) continue;
    const Position at = group == nullptr ? positions.at(layer.id) : foldedPlace(network, *group, positions);
    cards.push_back({QRectF(at.x, at.y, kNodeWidth, kNodeHeight), layer.id});
  }
  for (std::size_t i = 0; i < cards.size(); ++i)
    for (std::size_t k = 0; k < i; ++k) QVERIFY(!cards[i].box.intersects(cards[k].box));
  std::vector<const Group*> shown;
  for (const Group& group : network.groups())
    if (!group.folded && !isHidden(network, group)) shown.push_back(&group);
  for (const Group* group : shown) {
    const QRectF frame = frameBox(network, *group, positions);
    for (const Card& card : cards) {
      QCOMPARE(frame.intersects(card.box), group->contains(card.layer));
      QCOMPARE(frame.contains(card.box), group->contains(card.layer));
    }
    for (const Group* other : shown) {  // outer groups come before inner ones
      if (other == group) break;
      const QRectF around = frameBox(network, *other, positions);
      QCOMPARE(around.contains(frame), other->contains(group->layers.front()));
      QCOMPARE(around.intersects(frame), other->contains(group->layers.front()));
    }
  }
}

}  // namespace tandem::ui
