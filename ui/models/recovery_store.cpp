#include "ui/models/recovery_store.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <QStandardPaths>
#include <QUuid>
#include <algorithm>

namespace tandem::ui {
namespace {

constexpr qint64 kMaxFileBytes =
    256 << 20;  // project files are far smaller: anything larger is not a recovery file

QString folder() {
  return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + "/recovery";
}

QString lockOf(const QString& file) {
  return file + ".lock";
}

// A lock that never becomes stale while its owner lives.
std::unique_ptr<QLockFile> lockFor(const QString& file) {
  auto lock = std::make_unique<QLockFile>(lockOf(file));
  lock->setStaleLockTime(0);
  return lock;
}

Result<QJsonObject> readObject(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) {
    return Error{ErrorCode::Io, file.errorString().toStdString(), path.toStdString(), {}};
  }
  if (file.size() > kMaxFileBytes) return invalid("The file is too large for a project", path.toStdString());
  const QJsonDocument document = QJsonDocument::fromJson(file.readAll());
  if (!document.isObject()) return invalid("This is not a recovery file", path.toStdString());
  return document.object();
}

}  // namespace

RecoveryStore::~RecoveryStore() {
  clear();
}

Status RecoveryStore::write(const Project& project, const QString& originalPath, const QString& title) {
  if (file_.isEmpty()) {
    if (!QDir().mkpath(folder())) {
      return Error{
          ErrorCode::Io, "The folder for recovery files cannot be created", folder().toStdString(), {}};
    }
    file_ = folder() + '/' + QUuid::createUuid().toString(QUuid::WithoutBraces) + ".json";
    lock_ = lockFor(file_);
    lock_->tryLock(0);
  }
  QJsonObject object;
  object["path"] = originalPath;
  object["title"] = title;
  object["project"] = QString::fromStdString(toJson(project));
  QSaveFile file(file_);
  if (!file.open(QIODevice::WriteOnly) || file.write(QJsonDocument(object).toJson()) < 0 || !file.commit()) {
    return Error{ErrorCode::Io, file.errorString().toStdString(), file_.toStdString(), {}};
  }
  return success();
}

void RecoveryStore::clear() {
  if (file_.isEmpty()) return;
  QFile::remove(file_);
  lock_.reset();  // removes the lock file
  file_.clear();
}

std::vector<Recovery> RecoveryStore::list() {
  std::vector<Recovery> found;
  for (const QFileInfo& entry : QDir(folder()).entryInfoList({"*.json"}, QDir::Files)) {
    const auto lock = lockFor(entry.filePath());
    if (!lock->tryLock(0)) continue;
    const auto object = readObject(entry.filePath());
    if (!object.ok()) continue;
    found.push_back({entry.filePath(), object->value("path").toString(), object->value("title").toString(),
                     entry.lastModified()});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.when > b.when; });
  return found;
}

Result<Project> RecoveryStore::read(const Recovery& recovery) {
  TANDEM_ASSIGN(const QJsonObject object, readObject(recovery.file));
  return projectFromJson(object.value("project").toString().toStdString(), recovery.title.toStdString());
}

void RecoveryStore::discard(const Recovery& recovery) {
  QFile::remove(recovery.file);
  QFile::remove(lockOf(recovery.file));
}

}  // namespace tandem::ui
