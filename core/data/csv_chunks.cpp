#include "core/data/csv_chunks.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include "core/base/log.h"
#include "core/data/reader.h"

namespace tandem {
namespace {

std::int64_t linesIn(std::string_view text) {
  return std::ranges::count(text, '\n');
}

std::int64_t maxRowsIn(std::string_view text) {
  return linesIn(text) + std::ranges::count(text, '\r') + 1;
}

// Where lines end in '\n' and no cell contains one, every line end separates rows.
bool linesAreRows(std::string_view text, CsvSyntax syntax) {
  if (syntax.quote != '\0' && text.find(syntax.quote) != text.npos) return false;
  for (std::size_t at = text.find('\r'); at != text.npos; at = text.find('\r', at + 1))
    if (at + 1 == text.size() || text[at + 1] != '\n') return false;
  return true;
}

std::vector<CsvChunk> cutAtRows(std::string_view text, CsvSyntax syntax, std::int64_t firstLine,
                                std::size_t size) {
  std::vector<CsvChunk> chunks;
  CsvRows rows(text, syntax, {}, false, firstLine);
  std::size_t start = 0;
  std::int64_t count = 0;
  for (;;) {
    const Result<bool> more = rows.next();
    if (!more.ok() || !*more) break;  // the chunk that contains the error reports it
    ++count;
    if (rows.position() - start < size) continue;
    chunks.push_back({text.substr(start, rows.position() - start), firstLine, count});
    start = rows.position();
    firstLine = rows.nextLine();
    count = 0;
  }
  if (start < text.size() || chunks.empty())
    chunks.push_back({text.substr(start), firstLine, maxRowsIn(text.substr(start))});
  return chunks;
}

std::vector<CsvChunk> cutAtLines(std::string_view text, std::int64_t firstLine, std::size_t size) {
  std::vector<CsvChunk> chunks;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', std::min(text.size(), start + size));
    const std::size_t length = end == text.npos ? text.size() - start : end + 1 - start;
    const std::int64_t lines = linesIn(text.substr(start, length));
    chunks.push_back({text.substr(start, length), firstLine, lines + 1});
    firstLine += lines;
    start += length;
  }
  return chunks;
}

}  // namespace

std::vector<CsvChunk> cutIntoChunks(std::string_view text, CsvSyntax syntax, std::int64_t firstLine) {
  if (text.empty()) return {{text, firstLine, 0}};
  const std::size_t size = std::clamp(text.size() / 64, std::size_t{1} << 14, std::size_t{1} << 22);
  return linesAreRows(text, syntax) ? cutAtLines(text, firstLine, size)
                                    : cutAtRows(text, syntax, firstLine, size);
}

Status forEachChunk(const std::vector<CsvChunk>& chunks, const LoadProgress& progress, double from, double to,
                    const std::function<Status(std::size_t)>& visit) {
  std::atomic<std::size_t> next = 0, done = 0, firstFailed = chunks.size();
  std::atomic<bool> cancelled = false;
  std::vector<std::optional<Error>> errors(chunks.size());
  std::exception_ptr exception;
  std::mutex mutex;
  const auto readOne = [&] {
    const std::size_t i = next++;
    if (i >= chunks.size() || i > firstFailed || cancelled) return false;
    try {
      if (Status status = visit(i); !status.ok()) {
        errors[i] = std::move(status).error();
        for (std::size_t first = firstFailed; i < first && !firstFailed.compare_exchange_weak(first, i);) {
        }
      }
    } catch (...) {  // out of memory
      const std::lock_guard lock(mutex);
      exception = std::current_exception();
      cancelled = true;
    }
    ++done;
    return true;
  };
  std::vector<std::thread> threads;
  const std::size_t cores = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
  try {
    for (std::size_t t = 1; t < std::min(cores, chunks.size()); ++t)
      threads.emplace_back([&] {
        while (readOne()) continue;
      });
  } catch (const std::system_error& error) {  // those that exist do the work
    logWarning(std::string("a table is read on fewer threads: ") + error.what());
  }
  Status reported = success();
  while (readOne()) {
    reported =
        report(progress, from + (to - from) * static_cast<double>(done) / static_cast<double>(chunks.size()));
    if (!reported.ok()) cancelled = true;
  }
  for (std::thread& thread : threads) thread.join();
  if (exception) std::rethrow_exception(exception);
  TANDEM_TRY(std::move(reported));
  if (firstFailed < chunks.size()) return *errors[firstFailed];
  return success();
}

}  // namespace tandem
