// Facts about the machine that the program runs on.
#pragma once

namespace tandem {

// The physical memory in bytes; infinity if the system does not report it.
double memoryOfMachine();

// For the start of a program: freed arrays return to the system at once. Else the allocator would hold tens of megabytes
// of earlier checkpoints beside a new one, and a run would use more than its forecast.
void returnFreedMemory();

}  // namespace tandem
