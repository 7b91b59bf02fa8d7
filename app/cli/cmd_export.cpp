#include <charconv>
#include <iostream>

#include "app/cli/command.h"
#include "core/runs/run_store.h"
#include "core/train/export_weights.h"

namespace tandem::cli {
namespace {

struct Options {
  std::string source;
  std::string format = "keras-h5";
  std::filesystem::path file;
  std::optional<std::filesystem::path> runs;
};

// A run number, or the path of a checkpoint.
Result<std::filesystem::path> checkpointOf(const Options& options) {
  std::int64_t id = 0;
  const char* end = options.source.data() + options.source.size();
  const auto [rest, code] = std::from_chars(options.source.data(), end, id);
  if (code != std::errc() || rest != end) return std::filesystem::path(options.source);
  TANDEM_ASSIGN(const auto store, openRecord(options.runs));
  TANDEM_ASSIGN(const RunInfo info, store->info(id));
  if (info.weights.empty())
    return Error{ErrorCode::NotFound, "the run has no checkpoint", "run " + options.source,
                 "Train it longer"};
  return info.weights;
}

int run(const Options& options) {
  const auto path = checkpointOf(options);
  if (!path.ok()) return report(path.error());
  const auto checkpoint = loadCheckpoint(*path);
  if (!checkpoint.ok()) return report(checkpoint.error());
  std::error_code other;
  if (std::filesystem::equivalent(*path, options.file, other))
    return report(invalid("is the checkpoint being exported", options.file.string(),
                          "Choose another name for the model"));
  if (const Status status = exportKeras(*checkpoint, options.file); !status.ok())
    return report(status.error());
  std::cout << "Wrote " << options.file.string() << '\n';
  return kDone;
}

}  // namespace

void addExport(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command =
      addCommand(app, chosen, "export", "Export trained weights for other programs", options, run);
  command.option("source", options->source, "Run number or checkpoint file").required();
  command.option("--format", options->format, "keras-h5: a complete model for Keras' load_model")
      .choices({"keras-h5"});
  command.option("-o,--output", options->file, "Output file").required();
  command.option("--runs", options->runs, "Folder of recorded runs");
}

}  // namespace tandem::cli
