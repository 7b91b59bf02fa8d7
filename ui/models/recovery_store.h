// Recovery files: the unsaved work of each window, in one file next to a lock that is released when its
// process ends. Files without a living owner are offered at the next start.
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
  ~RecoveryStore();  // a regular exit leaves nothing to recover

  Status write(const Project& project, const QString& originalPath, const QString& title);
  void clear();  // the work was saved or discarded

  static std::vector<Recovery> list();  // newest first, without those of open windows
  static Result<Project> read(const Recovery& recovery);
  static void discard(const Recovery& recovery);

 private:
  QString file_;
  std::unique_ptr<QLockFile> lock_;
};

}  // namespace tandem::ui
