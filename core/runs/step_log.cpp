#include "core/runs/step_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/runs/run_rows.h"
#include "core/runs/schema.h"

namespace tandem {
namespace {

constexpr auto kPerBlob = static_cast<std::size_t>(kStepsPerBlob);

std::string packed(const std::vector<StepSpan>& spans, int values) {
  std::string blob;
  blob.reserve(spans.size() * spanBytes(values));
  for (const StepSpan& span : spans) appendSpan(blob, span, values);
  return blob;
}

}  // namespace

Status StepLog::append(const StepRecord& step, int values) {
  values_ = values;
  if (blobRecords_ == 0) blobFirst_ = step.step;
  appendStep(blob_, step, values);
  blobChanged_ = true;
  if (++blobRecords_ < kStepsPerBlob) return success();
  TANDEM_TRY(writeBlob());
  exact_.push_back({blobFirst_, blob_.size()});
  exactBytes_ += blob_.size();
  blob_.clear();
  blobRecords_ = 0;
  return success();
}

Status StepLog::flush() {
  TANDEM_TRY(writeBlob());
  return thin();
}

std::size_t StepLog::headBlobs() const {
  constexpr std::size_t kMost = 10;
  return std::clamp<std::size_t>(static_cast<std::size_t>(maxBytes_ / 8) / exact_.front().bytes, 1, kMost);
}

Status StepLog::writeBlob() {
  if (!blobChanged_) return success();
  TANDEM_TRY(writeSteps(database_, run_, blobFirst_, values_, blob_));
  blobChanged_ = false;
  return success();
}

Status StepLog::thin() {
  while (exactBytes_ > static_cast<std::size_t>(maxBytes_ / 2) && exact_.size() > headBlobs() + 1) {
    const auto oldest = exact_.begin() + static_cast<std::ptrdiff_t>(headBlobs());
    const Blob blob = *oldest;
    TANDEM_TRY(summarize(blob));
    exactBytes_ -= blob.bytes;
    exact_.erase(oldest);
    const std::size_t spans = summaries_.size() * kPerBlob + tail_.size();
    if (spans * spanBytes(values_) > static_cast<std::size_t>(maxBytes_ / 4)) TANDEM_TRY(mergePairs());
  }
  return writeTail();
}

Status StepLog::summarize(const Blob& blob) {
  std::vector<StepRecord> steps;
  TANDEM_TRY(readBlob("steps", blob.first,
                      [&](std::string_view bytes) { return readSteps(bytes, values_, steps); }));
  TANDEM_TRY(removeBlob("steps", blob.first));
  for (const StepRecord& step : steps) {
    tailChanged_ = true;
    if (!tail_.empty() && tail_.back().count < stride_) {
      tail_.back().add(StepSpan::of(step));
      continue;
    }
    if (tail_.size() == kPerBlob) {
      TANDEM_TRY(writeSpans(database_, run_, tail_.front().first, values_, packed(tail_, values_)));
      summaries_.push_back(tail_.front().first);
      tail_.clear();
    }
    tail_.push_back(StepSpan::of(step));
  }
  return success();
}

Status StepLog::writeTail() {
  if (!tailChanged_) return success();
  tailChanged_ = false;
  return writeSpans(database_, run_, tail_.front().first, values_, packed(tail_, values_));
}

// Replaces each two summaries by one. At most two rows are in memory at a time.
Status StepLog::mergePairs() {
  std::vector<StepSpan> merged;
  const auto take = [&](const std::vector<StepSpan>& spans) {
    for (std::size_t i = 0; i < spans.size(); ++i) {
      if (i % 2 == 0)
        merged.push_back(spans[i]);
      else
        merged.back().add(spans[i]);
    }
  };
  std::vector<std::int64_t> rows;
  for (const std::int64_t first : summaries_) {
    std::vector<StepSpan> spans;
    TANDEM_TRY(
        readBlob("spans", first, [&](std::string_view bytes) { return readSpans(bytes, values_, spans); }));
    TANDEM_TRY(removeBlob("spans", first));
    take(spans);
    if (merged.size() < kPerBlob) continue;
    TANDEM_TRY(writeSpans(database_, run_, merged.front().first, values_, packed(merged, values_)));
    rows.push_back(merged.front().first);
    merged.clear();
  }
  if (!tail_.empty()) TANDEM_TRY(removeBlob("spans", tail_.front().first));
  take(tail_);
  summaries_ = std::move(rows);
  tail_ = std::move(merged);
  tailChanged_ = !tail_.empty();
  stride_ *= 2;
  return success();
}

template <class Read>
Status StepLog::readBlob(const char* table, std::int64_t first, const Read& read) {
  TANDEM_ASSIGN(auto query,
                database_.prepare(fmt::format("SELECT records FROM {} WHERE run=? AND first=?", table)));
  TANDEM_ASSIGN(const bool found, query.bind(run_).bind(first).next());
  return found ? read(query.blob(0)) : success();
}

Status StepLog::removeBlob(const char* table, std::int64_t first) {
  TANDEM_ASSIGN(auto remove, database_.prepare(fmt::format("DELETE FROM {} WHERE run=? AND first=?", table)));
  return remove.bind(run_).bind(first).run();
}

}  // namespace tandem
