// Ctrl-C and SIGTERM ask for a clean stop; a second one ends the program at once.
#pragma once

namespace tandem::cli {

void installInterruptHandler();
bool interrupted();

}  // namespace tandem::cli
