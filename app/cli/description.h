// The descriptions of the commands for the manual page and shell completion.
#pragma once

#include <string>
#include <vector>

#include "app/cli/arguments.h"

namespace tandem::cli {

// The possible completions of a command line. `words` are the words after the program's name; the last one,
// which may be empty, is completed. A line ":file .SUFFIX", ":file ." (any) or ":folder" asks the shell for
// file names.
std::vector<std::string> completions(const CommandFacts& program, const std::vector<std::string>& words);

// The section COMMANDS of tandem(1), in roff.
std::string manualCommands(const CommandFacts& program);

}  // namespace tandem::cli
