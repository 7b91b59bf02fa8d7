// The command line: commands, options and positional arguments, parsed by CLI11. Only arguments.cpp includes CLI11,
// because including it adds seconds to the compile time of a file.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tandem::cli {

// Refers to an option, flag or positional argument of a command.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option required() const;
  // The number of values; by default one, or any number if the variable is a vector.
  Option count(int lowest, int highest) const;
  // Accepts only finite numbers from `lowest` to `highest`.
  template <std::integral T>
  Option range(T lowest, T highest) const {
    return wholeRange(lowest, highest);
  }
  Option range(double lowest, double highest) const;
  Option choices(const std::vector<std::string>& names) const;
  // `problem` returns what is wrong with a value, or an empty string.
  Option check(std::function<std::string(const std::string& value)> problem) const;
  Option finite() const;
  // One value per use of the option, which may be used several times.
  Option oneAtATime() const;
  // Accepts several values in one argument.
  Option separatedBy(char separator) const;
  Option excludes(Option other) const;
  Option needs(Option other) const;

 private:
  Option wholeRange(std::int64_t lowest, std::int64_t highest) const;
  CLI::Option* option_;
};

// Refers to a command of the program.
class Command {
 public:
  explicit Command(CLI::App* app) : app_(app) {}

  Command add(const std::string& name, const std::string& about) const;
  void requireSubcommand() const;
  void onChosen(std::function<void()> chosen) const;
  // `names`: "-o,--output" or, for a positional argument, "project". Instantiated in arguments.cpp for the types in
  // use: int, int64, uint64, double, string and path, optional ones, and vectors.
  template <class T>
  Option option(const std::string& names, T& value, const std::string& about) const;
  Option option(const std::string& names, const std::function<void(const std::string& value)>& set,
                const std::string& about) const;
  Option flag(const std::string& names, bool& value, const std::string& about) const;
  // The option called `name`, which exists.
  Option find(const std::string& name) const;

 private:
  CLI::App* app_;
};

// Facts shown by --help, the manual page and shell completion; the latter two are generated from them.
struct OptionFacts {
  std::vector<std::string> names;  // "-o", "--output"; "project"
  std::string about;
  std::string value;                 // "FOLDER", "NUMBER", or "" for a flag
  std::vector<std::string> choices;  // {"fp32", "bf16"}, or empty if any value is allowed
  std::string range;                 // "1 to 1024", or empty
  bool required = false, positional = false, repeats = false;

  const std::string& name() const;  // the long one, if there is one
};
struct CommandFacts {
  std::string name, about;
  std::vector<OptionFacts> options;  // without --help
  std::vector<CommandFacts> commands;
};

// The program's arguments.
class Arguments {
 public:
  Arguments(const std::string& about, const std::string& version);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  Command root() const;
  CommandFacts facts() const;

  enum class Outcome { Chosen, Printed, BadUsage };
  // Sets the variables and runs the chosen command's `onChosen`, or prints the help, the version or an error.
  Outcome parse(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace tandem::cli
