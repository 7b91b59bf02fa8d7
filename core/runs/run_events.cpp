#include "core/runs/run_events.h"

#include "core/base/overloaded.h"

namespace tandem {

std::optional<RunEvent> runEvent(const TrainEvent& event) {
  using Kept = std::optional<RunEvent>;
  const auto kept = [&](RunEventKind kind, std::string text, double value = 0) -> Kept {
    return RunEvent{event.step, event.wallSeconds, kind, std::move(text), value};
  };
  return std::visit(Overloaded{
                        [](const auto&) { return Kept(); },
                        [&](const StateChange& to) {
                          return to.state == TrainState::Paused ? kept(RunEventKind::Note, "paused") : Kept();
                        },
                        [&](const CheckpointWritten& e) {
                          return kept(RunEventKind::Checkpoint, e.file.filename().string());
                        },
                        [&](const RateChange& e) {
                          return kept(e.byHand ? RunEventKind::LearningRate : RunEventKind::Schedule, e.text,
                                      e.rate);
                        },
                        [&](const Note& note) { return kept(RunEventKind::Note, note.text); },
                        [&](const Error& error) { return kept(RunEventKind::Error, error.text()); },
                    },
                    event.what);
}

std::string textOf(const RunEvent& event) {
  switch (event.kind) {
    case RunEventKind::LearningRate:
      return "learning rate set to " + event.text;
    case RunEventKind::Schedule:
      return "learning rate lowered to " + event.text;
    case RunEventKind::Checkpoint:
      return "checkpoint written: " + event.text;
    case RunEventKind::Note:
      break;
    case RunEventKind::Error:
      return "error: " + event.text;
  }
  return event.text;
}

}  // namespace tandem
