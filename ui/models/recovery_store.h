// Recovery files: unsaved work of a window, one file each, kept beside a lock that dies with its
// process. What has no living owner is offered at the next start.
#pragma once

#include <QDateTime>
#include <QLockFile>
#include <QString>
#include <memory>
#include <vector>

#include "core/network/project.h"

namespace tandem::ui {

struct Recovery {
  QString file;          // the recovery file
  QString originalPath;  // of the project; empty if it was never saved
  QString title;
  QDateTime when;
};

class RecoveryStore {
 public:
  RecoveryStore() = default;
  ~RecoveryStore();  // an orderly end leaves nothing to recover

  Status write(const Project& project, const QString& originalPath, const QString& title);
  void clear();  // the work is saved or given up

  static std::vector<Recovery> list();  // newest first; not those of windows that are open
  static Result<Project> read(const Recovery& recovery);
  static void discard(const Recovery& recovery);

 private:
  QString file_;
  std::unique_ptr<QLockFile> lock_;
};

}  // namespace tandem::ui
