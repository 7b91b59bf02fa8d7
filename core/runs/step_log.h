// The steps of one run in the database, within a limit. Every step is recorded until half of the limit is used;
// then the oldest ones, apart from the very first, are replaced by summaries of `stride` steps: least, greatest and
// mean. When the summaries need a quarter of the limit, pairs of them are merged, so that a curve keeps its shape
// however long the run is. Used on one thread.
#pragma once

#include <deque>

#include "core/runs/sqlite.h"
#include "core/runs/step_span.h"

namespace tandem {

class StepLog {
 public:
  StepLog(sqlite::Database& database, std::int64_t run, std::int64_t maxBytes)
      : database_(database), run_(run), maxBytes_(maxBytes) {}

  // values: recorded of each step; the same for all.
  Status append(const StepRecord& step, int values);
  bool changed() const { return blobChanged_; }
  // Writes what is not yet written, and thins. Call within a transaction.
  Status flush();

 private:
  struct Blob {
    std::int64_t first = 0;
    std::size_t bytes = 0;
  };
  // Rows that always stay exact, for verification: 10, or fewer if they would need an eighth of the limit.
  std::size_t headBlobs() const;
  Status writeBlob();
  Status thin();
  Status summarize(const Blob& blob);
  Status writeTail();
  Status mergePairs();
  template <class Read>
  Status readBlob(const char* table, std::int64_t first, const Read& read);
  Status removeBlob(const char* table, std::int64_t first);

  sqlite::Database& database_;
  const std::int64_t run_, maxBytes_;
  int values_ = 0;
  std::string blob_;  // records of the row being filled
  std::int64_t blobFirst_ = 0, blobRecords_ = 0;
  bool blobChanged_ = false;
  std::deque<Blob> exact_;  // complete rows
  std::size_t exactBytes_ = 0;
  std::vector<std::int64_t> summaries_;  // first steps of complete rows
  std::vector<StepSpan> tail_;           // of the row being filled
  bool tailChanged_ = false;
  std::int64_t stride_ = 2;
};

}  // namespace tandem
