#include "ui/models/project_document.h"

#include <QFileInfo>
#include <QUndoCommand>

#include "core/compile/compile.h"
#include "ui/models/data_probe.h"
#include "ui/models/format.h"
#include "ui/models/network_layout.h"

namespace tandem::ui {
namespace {

constexpr int kAutosaveMs = 1500;   // after an edit; further edits do not postpone it
constexpr int kProbeDelayMs = 250;  // while a path is being typed

// Files written by hand or by other programs may lack positions.
void placeMissing(Project& project) {
  bool missing = false;
  for (const Layer& layer : project.network.layers()) missing |= !project.positions.contains(layer.id);
  if (missing) project.positions = layoutNetwork(project.network);
}

}  // namespace

class EditCommand : public QUndoCommand {
 public:
  using State = std::shared_ptr<const Project>;

  EditCommand(ProjectDocument& document, State before, State after, const QString& label, QString mergeKey)
      : QUndoCommand(label),
        document_(document),
        before_(std::move(before)),
        after_(std::move(after)),
        mergeKey_(std::move(mergeKey)) {}

  void undo() override { document_.apply(before_); }
  void redo() override { document_.apply(after_); }
  int id() const override { return mergeKey_.isEmpty() ? -1 : 1; }

  bool mergeWith(const QUndoCommand* next) override {
    const auto& edit = static_cast<const EditCommand&>(*next);
    if (edit.mergeKey_ != mergeKey_) return false;
    after_ = edit.after_;
    setObsolete(*before_ == *after_);
    return true;
  }

 private:
  ProjectDocument& document_;
  State before_, after_;
  QString mergeKey_;
};

ProjectDocument::ProjectDocument(QObject* parent)
    : QObject(parent), project_(std::make_shared<Project>()), probe_(std::make_unique<DataProbe>()) {
  undoStack_.setObjectName("undoStack");
  connect(&undoStack_, &QUndoStack::cleanChanged, this, &ProjectDocument::fileChanged);
  connect(&undoStack_, &QUndoStack::cleanChanged, this, [this](bool clean) {
    if (clean) recovery_.clear();
  });
  autosaveTimer_.setSingleShot(true);
  autosaveTimer_.setInterval(kAutosaveMs);
  connect(&autosaveTimer_, &QTimer::timeout, this, &ProjectDocument::autosave);
  probeTimer_.setSingleShot(true);
  probeTimer_.setInterval(kProbeDelayMs);
  connect(&probeTimer_, &QTimer::timeout, this, [this] {
    probe_->start(project_->data);
    Q_EMIT dataInfoChanged();
  });
  connect(probe_.get(), &DataProbe::finished, this,
          [this](const Result<DatasetInfo>& info, const TablePreview& preview) {
            dataInfo_.reset();
            dataError_.reset();
            tablePreview_ = preview;
            if (info.ok()) {
              dataInfo_ = *info;
            } else {
              dataError_ = info.error();
            }
            refreshAnalysis();
            Q_EMIT dataInfoChanged();
            Q_EMIT analysisChanged();
          });
  refreshAnalysis();
  probeTimer_.start();
}

ProjectDocument::~ProjectDocument() {
  undoStack_.disconnect(this);
}

bool ProjectDocument::probing() const {
  return probeTimer_.isActive() || probe_->running();
}

Status ProjectDocument::open(const QString& path) {
  TANDEM_ASSIGN(Project project, loadProject(path.toStdString()));
  replace(std::move(project), path);
  return success();
}

Status ProjectDocument::save(const QString& path) {
  TANDEM_TRY(saveProject(*project_, path.toStdString()));
  filePath_ = path;
  recovery_.clear();
  undoStack_.setClean();
  Q_EMIT fileChanged();
  return success();
}

void ProjectDocument::newEmpty() {
  replace({}, {});
}

Status ProjectDocument::newFromTemplate(const QString& name) {
  TANDEM_ASSIGN(Project project, projectFromTemplate(name.toStdString()));
  project.positions = layoutNetwork(project.network);
  replace(std::move(project), {});
  return success();
}

void ProjectDocument::setProject(Project project) {
  replace(std::move(project), {});
}

QString ProjectDocument::title() const {
  if (!filePath_.isEmpty()) return QFileInfo(filePath_).completeBaseName();
  if (!project_->name.empty()) return QString::fromStdString(project_->name);
  return tr("Untitled");
}

Status ProjectDocument::recover(const Recovery& recovery) {
  TANDEM_ASSIGN(Project project, RecoveryStore::read(recovery));
  replace(std::move(project), recovery.originalPath);
  undoStack_.resetClean();
  autosave();  // writes a new recovery file before the old one is removed
  if (!autosaveFailing_) RecoveryStore::discard(recovery);
  return success();
}

void ProjectDocument::autosave() {
  if (!isDirty()) return;
  const Status status = recovery_.write(*project_, filePath_, title());
  const bool failedBefore = std::exchange(autosaveFailing_, !status.ok());
  if (!status.ok() && !failedBefore) Q_EMIT autosaveFailed(QString::fromStdString(status.error().text()));
}

QPointF ProjectDocument::position(LayerId layer) const {
  const auto found = project_->positions.find(layer);
  return found == project_->positions.end() ? QPointF() : QPointF(found->second.x, found->second.y);
}

void ProjectDocument::select(std::set<LayerId> layers, std::vector<Connection> connections) {
  if (layers == selectedLayers_ && connections == selectedConnections_) return;
  selectedLayers_ = std::move(layers);
  selectedConnections_ = std::move(connections);
  ++mergeEpoch_;
  Q_EMIT selectionChanged();
}

void ProjectDocument::replace(Project project, const QString& path) {
  placeMissing(project);
  recovery_.clear();
  undoStack_.clear();
  filePath_ = path;
  project_ = std::make_shared<const Project>(std::move(project));
  dataInfo_.reset();
  dataError_.reset();
  tablePreview_ = {};
  selectedLayers_.clear();
  selectedConnections_.clear();
  refreshAnalysis();
  probe_->drop();
  probeTimer_.start();
  Q_EMIT projectReplaced();
  Q_EMIT networkChanged();
  Q_EMIT analysisChanged();
  Q_EMIT selectionChanged();
  Q_EMIT trainingChanged();
  Q_EMIT dataChanged();
  Q_EMIT dataInfoChanged();
  Q_EMIT aboutChanged();
  Q_EMIT fileChanged();
}

void ProjectDocument::push(Project after, const QString& label, const QString& mergeKey) {
  if (after == *project_) return;
  const QString key = mergeKey.isEmpty() ? mergeKey : QStringLiteral("%1#%2").arg(mergeKey).arg(mergeEpoch_);
  undoStack_.push(
      new EditCommand(*this, project_, std::make_shared<const Project>(std::move(after)), label, key));
}

void ProjectDocument::apply(std::shared_ptr<const Project> project) {
  const auto before = std::exchange(project_, std::move(project));
  if (!autosaveTimer_.isActive()) autosaveTimer_.start();
  const bool network = before->network != project_->network;
  const bool training = before->training != project_->training;
  const bool data = before->data != project_->data;
  if (network || training) refreshAnalysis();
  if (network) Q_EMIT networkChanged();
  if (before->positions != project_->positions) Q_EMIT layoutChanged();
  if (network || training) Q_EMIT analysisChanged();
  if (network) dropStaleSelection();
  if (training) Q_EMIT trainingChanged();
  if (data) {
    // Otherwise the rows remain until they are read again, so that a changed setting does not make them flicker.
    if (before->data.kind != project_->data.kind || before->data.path != project_->data.path)
      tablePreview_ = {};
    probe_->drop();
    probeTimer_.start();
    Q_EMIT dataChanged();
    Q_EMIT dataInfoChanged();
  }
  if (before->name != project_->name || before->notes != project_->notes) Q_EMIT aboutChanged();
}

void ProjectDocument::refreshAnalysis() {
  analysis_ = analyze(project_->network);
  if (dataInfo_ && analysis_.ok()) {
    analysis_.problems = checkAgainstData(project_->network, project_->training, *dataInfo_);
  }
}

void ProjectDocument::dropStaleSelection() {
  std::set<LayerId> layers;
  for (const LayerId id : selectedLayers_) {
    if (network().find(id) != nullptr) layers.insert(id);
  }
  std::vector<Connection> connections;
  for (const Connection& connection : selectedConnections_) {
    const Layer* to = network().find(connection.to);
    const auto port = static_cast<std::size_t>(connection.port);
    if (to != nullptr && port < to->inputs.size() && to->inputs[port] == connection.from)
      connections.push_back(connection);
  }
  select(std::move(layers), std::move(connections));
}

}  // namespace tandem::ui
