// `tandem runs`: edits, deletes, imports, exports and verifies recorded runs.
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/interrupt.h"
#include "app/cli/runs.h"
#include "core/report/run_report.h"
#include "core/runs/run_file.h"
#include "core/runs/verify.h"

namespace tandem::cli {
namespace {

struct Options : RunsOptions {
  std::filesystem::path file;
  std::optional<std::string> name, tags, notes, device;
  std::optional<double> tolerance;
  std::int64_t steps = 0;
  bool force = false;
  std::optional<std::int64_t> megabytes;
};

using Store = std::unique_ptr<RunStore>;

// Opens the record and runs the body with it; an Error of either ends the command.
template <class Work>
int withRecord(const Options& options, const Work& work) {
  const auto store = openRecord(options.folder);
  if (!store.ok()) return report(store.error());
  const Status status = work(**store);
  return status.ok() ? kDone : report(status.error());
}

int exportOne(const Options& options) {
  return withRecord(options, [&](RunStore& store) -> Status {
    if (!options.force) TANDEM_TRY(refuseExisting(options.file));
    TANDEM_TRY(exportRun(store, options.ids.front(), options.file));
    if (options.json)
      std::cout << jsonLine({{"run", options.ids.front()}, {"file", options.file.string()}}) << '\n';
    else
      std::cout << fmt::format("run {} written to {}, without weights\n", options.ids.front(),
                               options.file.string());
    return success();
  });
}

int writeReport(const Options& options) {
  return withRecord(options, [&](RunStore& store) -> Status {
    TANDEM_TRY(writeRunReport(store, options.ids, options.file));
    if (options.json)
      std::cout << jsonLine({{"runs", options.ids}, {"file", options.file.string()}}) << '\n';
    else
      std::cout << fmt::format("report written to {}\n", options.file.string());
    return success();
  });
}

int importOne(const Options& options) {
  // Unlike the other commands, import may create the record, since the folder is only a destination.
  const auto store = openOrCreateRecord(options.folder);
  if (!store.ok()) return report(store.error());
  const auto id = importRun(**store, options.file);
  if (!id.ok()) return report(id.error());
  const auto run = (*store)->info(*id);
  if (!run.ok()) return report(run.error());
  if (options.json)
    std::cout << jsonLine(toJson(*run)) << '\n';
  else
    printTable({*run});
  return kDone;
}

int edit(const Options& options) {
  return withRecord(options, [&](RunStore& store) -> Status {
    for (const std::int64_t id : options.ids) {
      if (options.name) TANDEM_TRY(store.rename(id, *options.name));
      if (options.tags) TANDEM_TRY(store.setTags(id, *options.tags));
      if (options.notes) TANDEM_TRY(store.setNotes(id, *options.notes));
    }
    return success();
  });
}

int remove(const Options& options) {
  return withRecord(options, [&](RunStore& store) -> Status {
    for (const std::int64_t id : options.ids) TANDEM_TRY(store.remove(id));
    std::cout << fmt::format("{} deleted; restore with `tandem runs restore` within a day\n",
                             options.ids.size() == 1 ? "1 run" : fmt::format("{} runs", options.ids.size()));
    return success();
  });
}

int restore(const Options& options) {
  return withRecord(options, [&](RunStore& store) -> Status {
    for (const std::int64_t id : options.ids) TANDEM_TRY(store.restore(id));
    return success();
  });
}

int trash(const Options& options) {
  return withRecord(options, [&](RunStore& store) -> Status {
    TANDEM_ASSIGN(const auto runs, store.trash());
    printRuns(runs, options.json, "The trash is empty.");
    return success();
  });
}

int emptyTrash(const Options& options) {
  return withRecord(options, [](RunStore& store) { return store.emptyTrash(); });
}

constexpr std::int64_t kMegabyte = 1'000'000;

// May create the record, so that the limit can be set before the first run.
int limit(const Options& options) {
  const auto store = openOrCreateRecord(options.folder);
  if (!store.ok()) return report(store.error());
  if (options.megabytes)
    if (const Status set = (*store)->setRecordLimit(*options.megabytes * kMegabyte); !set.ok())
      return report(set.error());
  const auto bytes = (*store)->recordLimit();
  if (!bytes.ok()) return report(bytes.error());
  if (options.json)
    std::cout << jsonLine({{"record_limit", *bytes}}) << '\n';
  else
    std::cout << fmt::format("The record of each new run uses at most {}, without checkpoints\n",
                             bytesText(static_cast<double>(*bytes)));
  return kDone;
}

nlohmann::json toJson(const Verdict& verdict) {
  nlohmann::json line{{"event", "verdict"},
                      {"passed", verdict.passed},
                      {"steps", verdict.compared},
                      {"expected", verdict.tolerance.text()},
                      {"tolerance", verdict.tolerance.first},
                      {"reasons", verdict.reasons},
                      {"notes", verdict.notes}};
  const auto put = [&line](const char* key, const std::optional<StepDifference>& difference) {
    if (difference)
      line[key] = {{"step", difference->step},
                   {"loss", difference->repeated},
                   {"recorded", difference->recorded},
                   {"relative", difference->relative}};
  };
  put("first_different", verdict.firstDifferent);
  put("first_beyond", verdict.firstBeyond);
  put("worst", verdict.worst);
  return line;
}

int verify(const Options& options) {
  installInterruptHandler();
  const auto store = openRecord(options.folder);
  if (!store.ok()) return report(store.error());
  RecordedRun record;
  const auto read = [&]() -> Status {
    TANDEM_ASSIGN(record.info, (*store)->info(options.ids.front()));
    TANDEM_ASSIGN(record.curves, (*store)->curves(options.ids.front()));
    return success();
  };
  if (const Status status = read(); !status.ok()) return report(status.error());
  const bool bar = !options.json && isatty(STDOUT_FILENO);
  VerifyOptions how{options.device, options.tolerance, options.steps, {}};
  std::int64_t shown = -1;
  how.progress = [&](std::int64_t done, std::int64_t of) {
    const std::int64_t percent = of > 0 ? 100 * done / of : 0;
    if (bar && percent != std::exchange(shown, percent))
      std::cout << fmt::format("\r{:3} %", percent) << std::flush;
    return !interrupted();
  };
  const auto verdict = verifyRun(record, how);
  if (bar) std::cout << "\r\x1b[K";
  if (!verdict.ok())
    return report(verdict.error(), verdict.error().code == ErrorCode::Cancelled ? kRunFailed : kBadInput);
  if (options.json) {
    std::cout << jsonLine(toJson(*verdict)) << '\n';
  } else {
    std::cout << fmt::format("Run {}, {}: expected {}\n", record.info.id, record.info.name,
                             verdict->tolerance.text());
    for (const std::string& reason : verdict->reasons) std::cout << "  bits may differ: " << reason << '\n';
    for (const std::string& note : verdict->notes) std::cout << "  " << note << '\n';
    std::cout << verdict->text() << '\n';
  }
  return verdict->passed ? kDone : kRunFailed;
}

}  // namespace

void addRunsManagement(Command runs, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about, int (*body)(const Options&)) {
    const Command sub = addCommand(runs, chosen, name, about, options, body);
    addRunsOptions(sub, *options);
    return sub;
  };
  const auto one = [&](Command sub) {
    sub.option("id", options->ids, "Run number").required().count(1, 1);
    return sub;
  };
  const auto many = [&](Command sub) {
    sub.option("ids", options->ids, "Run numbers").required();
    return sub;
  };
  const Command exporting = one(add("export", "Export a run to one file, without its weights", exportOne));
  exporting.option("-o,--output", options->file, "File to write (.tandemrun)").required();
  exporting.flag("--force", options->force, "Replace the file if it exists");
  many(add("report", "Write an HTML report of one or more runs", writeReport))
      .option("-o,--out", options->file, "File to write (.html)")
      .required()
      .check([](const std::string& name) {
        return std::filesystem::path(name).extension() == ".pdf"
                   ? std::string("reports are .html files; for a PDF, use the lab or print from a browser")
                   : std::string();
      });
  add("import", "Import a run from a file", importOne)
      .option("file", options->file, "File written by `runs export` or `train --record`")
      .required();
  const Command verifying =
      one(add("verify", "Repeat a run and compare its losses with the recorded ones", verify));
  verifying.option("--device", options->device, "Device to use instead of the recorded one");
  verifying
      .option("--rel-tol", options->tolerance,
              "Relative difference allowed in the first 100 steps; 0: bit-identical")
      .range(0.0, 1.0);
  verifying.option("--steps", options->steps, "Maximum number of steps to compare")
      .range(std::int64_t{1}, std::int64_t{1'000'000'000'000});
  const Command editing = many(add("edit", "Edit name, tags and notes of runs", edit));
  editing.option("--name", options->name, "New name");
  editing.option("--tags", options->tags, "Tags, separated by commas; '' for none");
  editing.option("--notes", options->notes, "Notes");
  many(add("delete", "Delete runs; they can be restored for a day", remove));
  many(add("restore", "Restore deleted runs", restore));
  add("limit", "Show or set how much of the disk the record of each new run may use", limit)
      .option("megabytes", options->megabytes, "New limit in MB, without checkpoints")
      .range(RunStore::kSmallestLimit / kMegabyte, RunStore::kLargestLimit / kMegabyte);
  add("trash", "List deleted runs", trash);
  add("empty-trash", "Permanently delete the runs in the trash", emptyTrash);
}

}  // namespace tandem::cli
