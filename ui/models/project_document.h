// ProjectDocument: the open project, and the only way to edit it. Every edit is an undo command that stores
// the project before and after; widgets listen to the signals and draw.
#pragma once

#include <QObject>
#include <QPointF>
#include <QString>
#include <QTimer>
#include <QUndoStack>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "core/data/dataset.h"
#include "core/data/table_preview.h"
#include "core/network/analysis.h"
#include "core/network/project.h"
#include "ui/models/recovery_store.h"

namespace tandem::ui {

class DataProbe;

struct Connection {
  Source from;
  LayerId to = 0;
  int port = 0;  // of the inputs of `to`
  bool operator==(const Connection&) const = default;
};

class ProjectDocument : public QObject {
  Q_OBJECT

 public:
  explicit ProjectDocument(QObject* parent = nullptr);
  ~ProjectDocument() override;

  const Project& project() const { return *project_; }
  // An immutable snapshot: a run trains the project as it was at its start.
  std::shared_ptr<const Project> snapshot() const { return project_; }
  const Network& network() const { return project_->network; }
  const DataSpec& data() const { return project_->data; }
  const TrainingConfig& training() const { return project_->training; }
  // Shapes, costs and problems of the network, including mismatches with data and loss. Always up to date.
  const Analysis& analysis() const { return analysis_; }
  // Metadata of the chosen data, once the probe has read it; otherwise absent: see dataError(), probing().
  const std::optional<DatasetInfo>& dataInfo() const { return dataInfo_; }
  const std::optional<Error>& dataError() const { return dataError_; }
  // The first rows of the chosen table, also if it has an error; empty until the probe has read it.
  const TablePreview& tablePreview() const { return tablePreview_; }
  bool probing() const;
  QUndoStack* undoStack() { return &undoStack_; }

  // The file. Opening or creating a project replaces the current one and clears the undo stack.
  Status open(const QString& path);
  Status save(const QString& path);
  void newEmpty();
  Status newFromTemplate(const QString& name);
  void setProject(Project project);               // as an unsaved project, for imports
  QString filePath() const { return filePath_; }  // empty until saved
  QString title() const;                          // file name, project name or "Untitled"
  bool isDirty() const { return !undoStack_.isClean(); }

  // Recovery: unsaved work of a window that was terminated.
  using Recovery = ui::Recovery;
  static std::vector<Recovery> recoverable() { return RecoveryStore::list(); }
  static void discard(const Recovery& recovery) { RecoveryStore::discard(recovery); }
  Status recover(const Recovery& recovery);  // opens it as modified, under the original path
  void autosave();                           // also runs soon after each edit

  // Edits. Each is one undo step, or an Error and no change.
  // An input layer gets the shape of the data and, if this has several inputs, the name of one.
  Result<LayerId> addLayer(const QString& type, QPointF position);
  // Appends to the right of `after` (0: after the network's last output) and connects the two; of several outputs, the
  // first that no layer reads.
  Result<LayerId> addLayerAfter(const QString& type, LayerId after);
  // A block (core/network/blocks.h) after `after` or the network's last output, which must be a sequence. What reads this
  // one reads the block instead, if it is one layer, or in one group after it. Selects the block.
  Status addBlockAfter(const QString& type, LayerId after);
  // Inserts a new layer into a connection; the layers after it move to make space.
  Result<LayerId> insertLayer(const QString& type, Connection connection);
  Status removeLayers(const std::set<LayerId>& layers);  // and the heads that are trained on them
  Status connectLayers(Source from, LayerId to,
                       std::optional<int> port = std::nullopt);  // as Network::connect()
  Status disconnect(Source from, LayerId to);
  Status disconnect(std::vector<Connection> connections);
  Status removeSelection();  // the selected layers and connections
  // Why `to` cannot accept `from` as input, or at this port; nullopt if it can.
  std::optional<Error> connectionError(Source from, LayerId to, std::optional<int> port = std::nullopt) const;
  Status setProperty(LayerId layer, std::string_view key,
                     AttrValue value);                // merges while the key is the same
  Status rename(LayerId layer, const QString& name);  // also in the heads
  // Nudges merge with each other; each drag is a separate step.
  void moveLayers(const std::map<LayerId, QPointF>& positions, bool nudge = false);
  void arrange();  // automatic layout of all layers
  Status applyFix(const Problem& problem);
  // Groups. A new group may contain whole groups, or lie in one. Ungrouping expands the repetitions into layers.
  Result<GroupId> groupLayers(const std::set<LayerId>& layers);
  Status ungroup(const std::set<GroupId>& groups);
  Status setFolded(const std::set<GroupId>& groups, bool folded);
  Status setTrainable(const std::set<LayerId>& layers, bool trainable);
  // Whether training changes the weights of these layers: of all that have weights, of some, or of none.
  enum class Trained { NoWeights, All, Some, None };
  Trained trained(const std::set<LayerId>& layers) const;
  Status setRepeat(GroupId group, int repeat);             // merges
  Status renameGroup(GroupId group, const QString& name);  // merges
  // Layers and complete groups, with the connections between them, as text for the clipboard, and back.
  QByteArray copyLayers(const std::set<LayerId>& layers) const;
  Result<std::set<LayerId>> pasteLayers(const QByteArray& text, QPointF offset, const QString& label);

  // Settings. `label` appears in the undo menu; consecutive edits with the same label merge.
  void setTraining(const TrainingConfig& training, const QString& label);
  // Merges edits with the same key; an empty key never merges.
  void setTraining(const TrainingConfig& training, const QString& label, const QString& mergeKey);
  void setData(const DataSpec& data, const QString& label);
  void setNotes(const QString& notes);
  void setName(const QString& name);

  QPointF position(LayerId layer) const;
  // The group that consists of exactly these layers, the outermost if there are several; null if there is none.
  const Group* groupOfExactly(const std::set<LayerId>& layers) const;
  // The groups that a selection is about: of each layer the group whose card hides it, or the largest group that is
  // completely selected, or else the innermost group.
  std::set<GroupId> groupsOf(const std::set<LayerId>& layers) const;
  // Totals of its layers and repetitions, and the output of its only exit layer.
  LayerFacts factsOf(const Group& group) const;

  // Selection: view state, not undone.
  const std::set<LayerId>& selectedLayers() const { return selectedLayers_; }
  const std::vector<Connection>& selectedConnections() const { return selectedConnections_; }
  void select(std::set<LayerId> layers, std::vector<Connection> connections = {});

 Q_SIGNALS:
  void projectReplaced();  // opened or created; the signals below follow
  void networkChanged();   // layers, properties, names, connections
  void layoutChanged();    // positions only
  void analysisChanged();
  void selectionChanged();
  void trainingChanged();
  void dataChanged();
  void dataInfoChanged();                      // the probe started or finished
  void aboutChanged();                         // name and notes
  void fileChanged();                          // path, title or dirty flag
  void autosaveFailed(const QString& reason);  // once, until it succeeds again
  // Asks views to scroll to a layer.
  void revealRequested(int layer);

 private:
  friend class EditCommand;
  void apply(std::shared_ptr<const Project> project);
  void replace(Project project, const QString& path);
  Status addMissingHeads(const QString& label);
  void push(Project after, const QString& label, const QString& mergeKey = {});
  void refreshAnalysis();
  void dropStaleSelection();
  void startProbe();

  std::shared_ptr<const Project> project_;
  Analysis analysis_;
  std::optional<DatasetInfo> dataInfo_;
  std::optional<Error> dataError_;
  TablePreview tablePreview_;
  std::unique_ptr<DataProbe> probe_;
  QUndoStack undoStack_;
  QString filePath_;
  std::set<LayerId> selectedLayers_;
  std::vector<Connection> selectedConnections_;
  QTimer autosaveTimer_;
  QTimer probeTimer_;
  RecoveryStore recovery_;
  bool autosaveFailing_ = false;
  int mergeEpoch_ = 0;  // changes with the selection, which ends merging
};

}  // namespace tandem::ui
