// Ctrl-C, SIGTERM, a closed terminal and a reader that goes away (`| head`) ask for a clean stop; a second
// signal ends the program at once.
#pragma once

namespace tandem::cli {

void installInterruptHandler();
bool interrupted();

}  // namespace tandem::cli
