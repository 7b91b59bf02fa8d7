// The available layers by category, as the palette shows and drags them, and the blocks of layers.
#pragma once

#include <QAbstractItemModel>
#include <vector>

#include "core/layers/layer.h"
#include "core/network/blocks.h"

namespace tandem::ui {

class PaletteModel : public QAbstractItemModel {
  Q_OBJECT

 public:
  enum Role { TypeRole = Qt::UserRole, SearchRole };  // TypeRole is empty for categories

  explicit PaletteModel(QObject* parent = nullptr);

  QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
  QModelIndex parent(const QModelIndex& child) const override;
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  QStringList mimeTypes() const override;
  QMimeData* mimeData(const QModelIndexList& indexes) const override;
  Qt::DropActions supportedDragActions() const override { return Qt::CopyAction; }

 private:
  struct Category {
    QString name;
    std::vector<const LayerDef*> layers;
    std::vector<const BlockDef*> blocks;  // instead of layers
  };
  const LayerDef* layerAt(const QModelIndex& index) const;
  const BlockDef* blockAt(const QModelIndex& index) const;
  QVariant blockData(const BlockDef& def, int role) const;

  std::vector<Category> categories_;
};

}  // namespace tandem::ui
