// The commands as data: what --help, the manual page and the shell's completion say of them, taken from CLI11's
// own description, so that none of them can be out of date.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tandem::cli {

// Names the values of options by what they are ("FOLDER", "DEVICE"), where CLI11 says only "TEXT".
void nameValues(CLI::App& app);

std::vector<const CLI::App*> subcommandsOf(const CLI::App& command);
// All options of a command but --help.
std::vector<const CLI::Option*> optionsOf(const CLI::App& command);

// "FOLDER", "NUMBER", or "" for a flag.
std::string valueName(const CLI::Option& option);
// {"fp32", "bf16"}, or empty where the value is free.
std::vector<std::string> valueChoices(const CLI::Option& option);
// "1 to 1024", or empty.
std::string valueRange(const CLI::Option& option);

// What can follow on a command line: `words` are those behind the program's name, the last of them (possibly
// empty) being the one that is completed. A line ":file .SUFFIX", ":file ." (any) or ":folder" asks
// the shell for names of files.
std::vector<std::string> completions(const CLI::App& app, const std::vector<std::string>& words);

// The section COMMANDS of tandem(1), in roff.
std::string manualCommands(const CLI::App& app);

}  // namespace tandem::cli
