#include "core/runs/run_events.h"

namespace tandem {

std::optional<RunEvent> runEvent(const TrainEvent& event) {
  RunEvent kept{event.step, event.wallSeconds, RunEventKind::Note, event.text, event.rate};
  switch (event.kind) {
    case EventKind::Epoch:
    case EventKind::TestResult:
      return {};
    case EventKind::State:
      if (event.state != TrainState::Paused) return {};
      kept.text = "paused";
      break;
    case EventKind::Note:
      break;
    case EventKind::LearningRate:
      kept.kind = event.byHand ? RunEventKind::LearningRate : RunEventKind::Schedule;
      break;
    case EventKind::Checkpoint:
      kept.kind = RunEventKind::Checkpoint;
      kept.text = std::filesystem::path(event.text).filename().string();
      break;
    case EventKind::Error:
      kept.kind = RunEventKind::Error;
      kept.text = event.error.text();
      break;
  }
  return kept;
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
