// How far a recorded run has come.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem {

// Interrupted: the process died before the run ended. Files contain only runs that have ended.
enum class RunState : std::uint8_t { Finished, Stopped, Failed, Interrupted, Running };
inline constexpr int kEndedRunStates = 4, kRunStates = 5;

inline std::string_view nameOf(RunState state) {
  constexpr std::array<std::string_view, kRunStates> kNames{"finished", "stopped", "failed", "interrupted",
                                                            "running"};
  return kNames[static_cast<std::size_t>(state)];
}

inline std::optional<RunState> runStateFromName(std::string_view name) {
  for (int i = 0; i < kRunStates; ++i)
    if (nameOf(static_cast<RunState>(i)) == name) return static_cast<RunState>(i);
  return std::nullopt;
}

}  // namespace tandem
