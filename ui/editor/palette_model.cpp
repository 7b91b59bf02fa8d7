#include "ui/editor/palette_model.h"

#include <QFont>
#include <QMimeData>
#include <algorithm>
#include <array>

#include "ui/editor/layer_glyph.h"
#include "ui/editor/network_scene.h"
#include "ui/models/format.h"

namespace tandem::ui {
namespace {

// The order in which networks are usually built; other categories follow alphabetically.
constexpr std::array<std::string_view, 9> kOrder = {"Core",           "Convolution",   "Pooling",
                                                    "Sequence",       "Normalization", "Activation",
                                                    "Regularization", "Shape",         "Merge"};

std::size_t rank(const QString& category) {
  return static_cast<std::size_t>(std::find(kOrder.begin(), kOrder.end(), category.toStdString()) -
                                  kOrder.begin());
}

// Internal ids are 0 for categories, and 1 + row of the category for layers.
constexpr quintptr kCategoryId = 0;

}  // namespace

PaletteModel::PaletteModel(QObject* parent) : QAbstractItemModel(parent) {
  for (const LayerDef* def : allLayers()) {
    const QString name = toQString(def->category);
    auto found =
        std::find_if(categories_.begin(), categories_.end(), [&](const auto& c) { return c.name == name; });
    if (found == categories_.end()) found = categories_.insert(categories_.end(), Category{name, {}, {}});
    found->layers.push_back(def);
  }
  std::sort(categories_.begin(), categories_.end(), [](const Category& a, const Category& b) {
    return std::pair(rank(a.name), a.name) < std::pair(rank(b.name), b.name);
  });
  Category& blocks = categories_.emplace_back(Category{tr("Blocks"), {}, {}});
  for (const BlockDef& def : allBlocks()) blocks.blocks.push_back(&def);
  for (Category& category : categories_) {
    std::sort(category.layers.begin(), category.layers.end(), [](const LayerDef* a, const LayerDef* b) {
      // The input comes first, because every network starts with it.
      return std::pair(a->maxInputs > 0, a->label) < std::pair(b->maxInputs > 0, b->label);
    });
  }
}

const LayerDef* PaletteModel::layerAt(const QModelIndex& index) const {
  if (!index.isValid() || index.internalId() == kCategoryId) return nullptr;
  const Category& category = categories_[index.internalId() - 1];
  return category.layers.empty() ? nullptr : category.layers[static_cast<std::size_t>(index.row())];
}

const BlockDef* PaletteModel::blockAt(const QModelIndex& index) const {
  if (!index.isValid() || index.internalId() == kCategoryId) return nullptr;
  const Category& category = categories_[index.internalId() - 1];
  return category.blocks.empty() ? nullptr : category.blocks[static_cast<std::size_t>(index.row())];
}

QVariant PaletteModel::blockData(const BlockDef& def, int role) const {
  switch (role) {
    case Qt::DisplayRole:
      return toQString(def.label);
    case Qt::DecorationRole:
      return layerIcon(kGroupGlyph);
    case Qt::ToolTipRole:
      return QStringLiteral("<b>%1</b><br>%2")
          .arg(toQString(def.label).toHtmlEscaped(), toQString(def.summary).toHtmlEscaped());
    case Qt::AccessibleDescriptionRole:
      return toQString(def.summary);
    case TypeRole:
      return toQString(def.type);
    case SearchRole:
      return QStringList{toQString(def.label), toQString(def.type), tr("Blocks")}.join(' ');
    default:
      return {};
  }
}

QModelIndex PaletteModel::index(int row, int column, const QModelIndex& parent) const {
  if (!hasIndex(row, column, parent)) return {};
  return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : kCategoryId);
}

QModelIndex PaletteModel::parent(const QModelIndex& child) const {
  if (!child.isValid() || child.internalId() == kCategoryId) return {};
  return createIndex(static_cast<int>(child.internalId()) - 1, 0, kCategoryId);
}

int PaletteModel::rowCount(const QModelIndex& parent) const {
  if (!parent.isValid()) return static_cast<int>(categories_.size());
  if (parent.column() != 0 || parent.internalId() != kCategoryId) return 0;
  const Category& category = categories_[static_cast<std::size_t>(parent.row())];
  return static_cast<int>(category.layers.size() + category.blocks.size());
}

int PaletteModel::columnCount(const QModelIndex&) const {
  return 1;
}

QVariant PaletteModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  if (const BlockDef* block = blockAt(index)) return blockData(*block, role);
  const LayerDef* def = layerAt(index);
  if (def == nullptr) {
    if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole) {
      return categories_[static_cast<std::size_t>(index.row())].name;
    }
    if (role == Qt::FontRole) {
      QFont font;
      font.setBold(true);
      return font;
    }
    return {};
  }
  switch (role) {
    case Qt::DisplayRole:
      return toQString(def->label);
    case Qt::DecorationRole:
      return layerIcon(def->type);
    case Qt::ToolTipRole:
      return QStringLiteral("<b>%1</b><br>%2")
          .arg(toQString(def->label).toHtmlEscaped(),
               summaryText(def->summary, def->names).toHtmlEscaped().replace('\n', "<br>"));
    case Qt::AccessibleDescriptionRole:
      return summaryText(def->summary, def->names);
    case TypeRole:
      return toQString(def->type);
    case SearchRole:  // includes the names of other frameworks
      return QStringList{toQString(def->label), toQString(def->type), toQString(def->names.keras),
                         toQString(def->names.pytorch), toQString(def->category)}
          .join(' ');
    default:
      return {};
  }
}

Qt::ItemFlags PaletteModel::flags(const QModelIndex& index) const {
  if (!index.isValid()) return Qt::NoItemFlags;
  // A block is added after a layer, whose features it takes over, so it cannot be dropped anywhere.
  if (blockAt(index) != nullptr) return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren;
  if (layerAt(index) == nullptr) return Qt::ItemIsEnabled;
  return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsDragEnabled | Qt::ItemNeverHasChildren;
}

QStringList PaletteModel::mimeTypes() const {
  return {QString::fromLatin1(kLayerMime)};
}

QMimeData* PaletteModel::mimeData(const QModelIndexList& indexes) const {
  for (const QModelIndex& index : indexes) {
    if (const LayerDef* def = layerAt(index)) {
      auto* content = new QMimeData;
      content->setData(kLayerMime, QByteArray(def->type.data(), static_cast<qsizetype>(def->type.size())));
      return content;
    }
  }
  return nullptr;
}

}  // namespace tandem::ui
