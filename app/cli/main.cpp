#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/description.h"
#include "core/base/log.h"
#include "core/base/machine.h"
#include "core/runs/environment.h"

namespace tandem::cli {

int report(const Error& error, int code) {
  logError(error);
  std::cerr << "tandem: " << error.text() << '\n';
  return code;
}

std::string shellWord(const std::string& text) {
  constexpr std::string_view kPlain = "/._-+=:,@%";
  const bool plain = !text.empty() && std::ranges::all_of(text, [&](unsigned char c) {
    return std::isalnum(c) != 0 || c >= 0x80 || kPlain.find(static_cast<char>(c)) != kPlain.npos;
  });
  if (plain) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string jsonLine(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Status refuseExisting(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return success();
  return invalid("the file already exists", file.string(),
                 "Choose another name, or add --force to replace it");
}

Status checkTarget(const std::filesystem::path& file, const std::optional<std::filesystem::path>& created) {
  std::error_code ignored;
  if (file.filename().empty() || std::filesystem::is_directory(file, ignored))
    return invalid("is a folder, not a file", file.string(), "Add a file name");
  const auto whole = [](const std::filesystem::path& path) {
    return std::filesystem::absolute(path / "").lexically_normal();
  };
  const std::filesystem::path folder = file.parent_path();
  if (folder.empty() || std::filesystem::is_directory(folder, ignored) ||
      (created && whole(*created) == whole(folder)))
    return success();
  return invalid("there is no folder " + folder.string(), file.string(), "Create it first");
}

Result<std::unique_ptr<RunStore>> openRecord(const std::optional<std::filesystem::path>& folder) {
  std::error_code ignored;
  if (folder && !std::filesystem::exists(*folder / "runs.sqlite", ignored))
    return Error{ErrorCode::NotFound, "there are no recorded runs in this folder", folder->string(),
                 "Use the --out folder of `tandem train`"};
  return openOrCreateRecord(folder);
}

Result<std::unique_ptr<RunStore>> openOrCreateRecord(const std::optional<std::filesystem::path>& folder) {
  auto store = RunStore::open(folder.value_or(RunStore::defaultFolder()));
  if (store.ok() && !folder && RunStore::defaultIsWorkingDirectory())
    std::cerr << "HOME is not set: runs are recorded in " << (*store)->folder().string() << '\n';
  return store;
}

void RepeatFlags::applyTo(DeviceOptions& device) const {
  if (deterministic || fast) device.deterministic = deterministic;
}

void addRepeats(Command command, RepeatFlags& flags) {
  const Option fast = command.flag("--fast", flags.fast,
                                   "Allow non-deterministic kernels (last digits may vary between runs)");
  command
      .flag("--deterministic", flags.deterministic,
            "Use deterministic kernels: repeated runs are bit-identical (default of new projects)")
      .excludes(fast);
}

void addPrecision(Command command, std::optional<Precision>& precision) {
  command
      .option(
          "--precision", [&precision](const std::string& name) { precision = precisionFromName(name); },
          "fp32, tf32, bf16 or fp16; `tandem devices` lists what each device supports")
      .choices({"fp32", "tf32", "bf16", "fp16"});
}

namespace {

int run(int argc, char** argv) {
  Arguments arguments("Tandem trains and compares neural networks. The desktop application is tandem-lab.",
                      "tandem " TANDEM_VERSION);
  arguments.root().requireSubcommand();
  Chosen chosen;
  for (const auto add :
       {addTemplates, addNew, addCheck, addTrain, addSettings, addLayers, addExport, addInfer, addEvaluate,
        addRuns, addTwin, addCrossover, addCalibrate, addDevices, addDoctor, addDatasets, addImport})
    add(arguments.root(), chosen);
  const CommandFacts program = arguments.facts();
  // For the shell's completion and for the build, which makes the manual page; neither is a command for users.
  const std::vector<std::string> words(argv + std::min(argc, 2), argv + argc);
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "__complete") {
    for (const std::string& line : completions(program, words)) std::cout << line << '\n';
    return kDone;
  }
  if (first == "__manual") {
    std::cout << manualCommands(program);
    return kDone;
  }
  if (argc > 1 && !first.starts_with('-') &&
      std::ranges::find(program.commands, first, &CommandFacts::name) == program.commands.end())
    return report(invalid("there is no command '" + std::string(first) + "'", {},
                          "`tandem --help` lists the commands"));
  switch (arguments.parse(argc, argv)) {
    case Arguments::Outcome::Printed:
      return kDone;
    case Arguments::Outcome::BadUsage:
      return kBadInput;
    case Arguments::Outcome::Chosen:
      break;
  }
  return chosen.run();
}

// How the program was started, for the log; the versions in use follow once backends are loaded.
std::string startText(int argc, char** argv) {
  std::string text = "tandem " TANDEM_VERSION " started on " + systemText() + ":";
  for (int i = 1; i < argc; ++i) text.append(" ").append(argv[i]);
  return text;
}

// A program may be started without its standard streams. The next file that it opens would then take their
// place, and output for the terminal would be written to that file.
void fillStreams() {
  for (int fd = ::open("/dev/null", O_RDWR); fd >= 0; fd = ::open("/dev/null", O_RDWR))
    if (fd > STDERR_FILENO) {
      ::close(fd);
      return;
    }
}

// Output that could not be written is an error, except if the reader closed the pipe early (`| head`).
int checkOutput(int code) {
  if (std::cout.flush()) return code;
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  if (::poll(&output, 1, 0) == 1 && (output.revents & POLLERR)) return code;
  return report({ErrorCode::Io, "the output could not be written", "standard output", "Is the disk full?"},
                std::max(code, kRunFailed));
}

}  // namespace
}  // namespace tandem::cli

int main(int argc, char** argv) {
  try {
    tandem::cli::fillStreams();
    tandem::returnFreedMemory();
    std::signal(SIGXFSZ, SIG_IGN);    // exceeding the file size limit is then an Error of the write
    (void)tandem::openLog("tandem");  // `tandem doctor` reports a failure
    tandem::logInfo(tandem::cli::startText(argc, argv));
    return tandem::cli::checkOutput(tandem::cli::run(argc, argv));
  } catch (const std::bad_alloc&) {
    tandem::logError("out of memory");
    std::cerr << "tandem: out of memory. Close other programs or use less data\n";
    return tandem::cli::kRunFailed;
  } catch (const std::exception& bug) {
    tandem::logError(std::string("bug: ") + bug.what());
    std::cerr << "tandem: this is a bug, please report it: " << bug.what() << '\n';
    return tandem::cli::kRunFailed;
  }
}
