// Runs to fill a store with, as if imported.
#pragma once

#include <QString>

#include "core/runs/run_store.h"
#include "tests/support/small_projects.h"

namespace tandem::ui::test {

// The n-th run, with properties that vary with n.
inline RecordedRun recorded(int n, int steps = 20) {
  RecordedRun run;
  run.info.uid = QString("%1").arg(n, 32, 16, QChar('0')).toStdString();
  run.info.name = "Net #" + std::to_string(n);
  run.info.device = n % 2 == 0 ? "cpu, 2 threads" : "cuda:0";
  run.info.started = "2026-11-20T07:30:00Z";
  run.info.state = static_cast<RunState>(n % kEndedRunStates);
  run.info.steps = steps;
  run.info.epochs = n % 17;
  run.info.seconds = 1;
  run.info.trainLoss = 1.0 / n;
  if (n % 10 == 0) run.info.tags = {"tenth"};
  if (n % 100 == 0) run.info.notes = "a round\nnumber";
  run.info.environment = {{"processor", "P"}};
  run.info.projectJson = toJson(smallMoons());
  run.curves.slots = {{"loss", 0}};
  for (int i = 1; i <= steps; ++i) {
    StepRecord& step = run.curves.steps.emplace_back();
    step.step = i;
    step.epoch = 1;
    step.rows = 16;
    step.wallSeconds = i * 0.01;
    step.values[0] = 1.0F / static_cast<float>(i + n);
  }
  return run;
}

}  // namespace tandem::ui::test
