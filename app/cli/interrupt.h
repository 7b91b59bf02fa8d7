// Ctrl-C, SIGTERM, a closed terminal and a closed pipe (`| head`) request a clean stop; a second signal ends
// the program immediately.
#pragma once

namespace tandem::cli {

void installInterruptHandler();
bool interrupted();

}  // namespace tandem::cli
