// Shared by the commands of `tandem`. Exit codes: 0 done, 1 a run failed, 2 bad usage or input.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "app/cli/arguments.h"
#include "core/runs/run_store.h"
#include "core/text/units.h"

namespace tandem::cli {

inline constexpr int kDone = 0, kRunFailed = 1, kBadInput = 2;

// A command adds itself to the program and, when chosen, sets `run`.
struct Chosen {
  std::function<int()> run;
};

void addTemplates(Command app, Chosen& chosen);
void addDatasets(Command app, Chosen& chosen);
void addNew(Command app, Chosen& chosen);
void addImport(Command app, Chosen& chosen);
void addCheck(Command app, Chosen& chosen);
void addTrain(Command app, Chosen& chosen);
void addSettings(Command app, Chosen& chosen);
void addLayers(Command app, Chosen& chosen);
void addExport(Command app, Chosen& chosen);
void addInfer(Command app, Chosen& chosen);
void addEvaluate(Command app, Chosen& chosen);
void addRuns(Command app, Chosen& chosen);
void addDevices(Command app, Chosen& chosen);
void addDoctor(Command app, Chosen& chosen);
void addTwin(Command app, Chosen& chosen);
void addCalibrate(Command app, Chosen& chosen);
void addCrossover(Command app, Chosen& chosen);

// Prints "tandem: where: message. hint" to standard error and returns the exit code.
int report(const Error& error, int code = kBadInput);

// As a word of a command line that the user may copy: in quotes if it contains a space or another special character.
std::string shellWord(const std::string& text);

// One line of JSON. File names may hold any bytes, so invalid UTF-8 is replaced.
std::string jsonLine(const nlohmann::json& value);

// Errors: the file exists. For commands that replace it only with --force.
Status refuseExisting(const std::filesystem::path& file);
// Errors: it is a folder, or in none. For files that a command writes at its end. created: a folder that the command
// creates before.
Status checkTarget(const std::filesystem::path& file,
                   const std::optional<std::filesystem::path>& created = {});

// Opens the record in `folder`, or the default one. A named folder must already hold a record, so that a
// mistyped one is not created.
Result<std::unique_ptr<RunStore>> openRecord(const std::optional<std::filesystem::path>& folder);

// The same for commands that record runs: creates the record if it is missing.
Result<std::unique_ptr<RunStore>> openOrCreateRecord(const std::optional<std::filesystem::path>& folder);

// Adds a subcommand whose options live in `Options`; `body` runs with them when it is chosen.
template <class Options>
Command addCommand(Command parent, Chosen& chosen, const char* name, const char* about,
                   const std::shared_ptr<Options>& options, int (*body)(const Options&)) {
  const Command command = parent.add(name, about);
  command.onChosen([&chosen, options, body] { chosen.run = [options, body] { return body(*options); }; });
  return command;
}

// The option --precision.
void addPrecision(Command command, std::optional<Precision>& precision);

// The flags --deterministic and --fast; without either, the project's setting applies.
struct RepeatFlags {
  bool deterministic = false, fast = false;
  void applyTo(DeviceOptions& device) const;
};
void addRepeats(Command command, RepeatFlags& flags);

}  // namespace tandem::cli
