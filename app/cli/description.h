// What the manual page and the shell's completion say of the commands.
#pragma once

#include <string>
#include <vector>

#include "app/cli/arguments.h"

namespace tandem::cli {

// What can follow on a command line: `words` are those after the program's name, the last of them (possibly
// empty) being the one to complete. A line ":file .SUFFIX", ":file ." (any) or ":folder" asks
// the shell for names of files.
std::vector<std::string> completions(const CommandFacts& program, const std::vector<std::string>& words);

// The section COMMANDS of tandem(1), in roff.
std::string manualCommands(const CommandFacts& program);

}  // namespace tandem::cli
