// tandem_bench_window: what the open window with live plots costs training. In one process, by turns: a run
// of the lab's own window, shown and drawing, and a run of the same project with the same observers and no
// window at all. Prints samples a second of both, and the ratio of each round. With --twin the run in the
// window is the first side of a race whose view is closed.
#include <CLI/CLI.hpp>
#include <QApplication>
#include <QDockWidget>
#include <QEventLoop>
#include <QSettings>
#include <QTemporaryDir>
#include <QThread>
#include <QTimer>
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "core/runs/run_job.h"
#include "ui/theme/theme.h"
#include "ui/train/live_plots.h"
#include "ui/window/main_window.h"

namespace tandem::ui {
namespace {

struct Settings {
  std::string network = "Fashion-MNIST MLP";
  int rounds = 5;
  double seconds = 4;  // of each run
  int threads = 1;
  bool twin = false;
};

struct Spread {
  double median = 0, low = 0, high = 0;
};

Spread spreadOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
  return {median, values.front(), values.back()};
}

Error failure(const std::string& message) {
  return {ErrorCode::Io, message, {}, {}};
}

void waitFor(double seconds) {
  QEventLoop loop;
  QTimer::singleShot(static_cast<int>(seconds * 1000), &loop, &QEventLoop::quit);
  loop.exec();
}

struct Drawn {
  double samplesPerSecond = 0;
  double drawingsPerSecond = 0;
  int interval = 0;  // ms between drawings at the end
};

// As in normal use: the work view is open, the plots are visible, the list of runs is up to date.
Result<Drawn> withWindow(RunStore& store, const Project& project, double seconds) {
  MainWindow window(store);
  window.resize(1280, 800);
  window.show();
  if (!window.openTemplate(QString::fromStdString(project.name))) return failure("The template did not open");
  window.document().setTraining(project.training, "threads and epochs");
  window.document().undoStack()->setClean();
  std::optional<Error> failed;
  QEventLoop loop;
  QObject::connect(&window.controller(), &TrainController::failed, &loop,
                   [&](const Error& error) { failed = error; });
  QObject::connect(&window.controller(), &TrainController::runStarted, &loop, &QEventLoop::quit);
  QObject::connect(&window.controller(), &TrainController::runEnded, &loop, &QEventLoop::quit);
  window.train();
  loop.exec();
  if (failed) return *failed;
  const auto* plots = window.findChild<LivePlots*>("livePlots");
  if (plots == nullptr || !plots->isVisible()) return failure("The plots are not visible");
  const std::int64_t before = plots->drawings();
  waitFor(seconds);
  const std::int64_t drawings = plots->drawings() - before;
  window.controller().stop();
  loop.exec();
  if (failed) return *failed;
  if (drawings == 0) return failure("Nothing was drawn");
  return Drawn{window.controller().lastResult()->samplesPerSecond, static_cast<double>(drawings) / seconds,
               plots->interval()};
}

// A race of two equal sides one after another, of which the first is measured; nobody looks at it.
Result<Drawn> withTwinClosed(RunStore& store, const Project& project, double seconds) {
  MainWindow window(store);
  window.resize(1280, 800);
  window.show();
  TwinController& twins = window.twins();
  const std::string side = "cpu:" + std::to_string(project.training.device.threads);
  TwinRequest request;
  request.project = std::make_shared<Project>(project);
  TANDEM_ASSIGN(request.sides, parseSides({side, side}));
  request.lockStep = false;
  request.raceOptions.inTurn = true;
  std::optional<Error> failed;
  QEventLoop loop;
  QObject::connect(&twins, &TwinController::refused, &loop, [&](const Error& error) {
    failed = error;
    loop.quit();
  });
  QObject::connect(&twins, &TwinController::started, &loop, &QEventLoop::quit);
  QObject::connect(&twins, &TwinController::ended, &loop, &QEventLoop::quit);
  twins.start(std::move(request));
  loop.exec();
  if (failed) return *failed;
  auto* view = window.findChild<QDockWidget*>("twinDock");
  if (view == nullptr) return failure("There is no twin view");
  view->hide();
  waitFor(seconds);
  twins.stop();
  loop.exec();
  TANDEM_ASSIGN(const RunInfo run, store.info(twins.viewModel()->record.sides[0].run));
  if (!run.error.empty()) return failure(run.error);
  return Drawn{run.samplesPerSecond};
}

Result<double> withoutWindow(RunStore& store, const Project& project, double seconds) {
  RunRequest request;
  request.project = project;
  TANDEM_ASSIGN(const RunData loaded, loadRun(request));
  TANDEM_ASSIGN(const std::unique_ptr<RunJob> job, RunJob::prepare(request, loaded, &store));
  job->start();
  QThread::usleep(static_cast<unsigned long>(seconds * 1e6));
  job->stop();
  const auto& [result, recordError] = job->finish();
  if (recordError) return *recordError;
  if (result.error) return *result.error;
  return result.samplesPerSecond;
}

Status measure(const Settings& settings) {
  TANDEM_ASSIGN(Project project, projectFromTemplate(settings.network));
  project.training.epochs = 100'000;  // the clock ends the runs
  project.training.earlyStoppingPatience = 0;
  project.training.device.threads = settings.threads;
  const QTemporaryDir folder;
  TANDEM_ASSIGN(const std::unique_ptr<RunStore> store, RunStore::open(folder.filePath("runs").toStdString()));

  std::vector<double> open, closed, ratios;
  Drawn last;
  for (int round = 0; round <= settings.rounds; ++round) {
    const bool warmUp = round == 0;  // of caches, fonts and the processor's clock
    const double seconds = warmUp ? std::min(1.0, settings.seconds) : settings.seconds;
    TANDEM_ASSIGN(last, (settings.twin ? withTwinClosed : withWindow)(*store, project, seconds));
    TANDEM_ASSIGN(const double alone, withoutWindow(*store, project, seconds));
    if (warmUp) continue;
    open.push_back(last.samplesPerSecond);
    closed.push_back(alone);
    ratios.push_back(last.samplesPerSecond / alone);
  }
  const Spread ratio = spreadOf(ratios);
  std::cout.setf(std::ios::fixed);
  std::cout.precision(3);
  std::cout << settings.network << ", " << settings.threads << " of " << QThread::idealThreadCount()
            << " threads, " << settings.rounds << " rounds on " << QApplication::platformName().toStdString()
            << (settings.twin ? ": race, its view closed " : ": window open ")
            << static_cast<std::int64_t>(spreadOf(open).median) << " samples/s, no window "
            << static_cast<std::int64_t>(spreadOf(closed).median) << ", ratio " << ratio.median << " ("
            << ratio.low << " to " << ratio.high << ')';
  if (!settings.twin)
    std::cout << ", " << last.drawingsPerSecond << " drawings/s, one every " << last.interval
              << " ms at the end";
  std::cout << '\n';
  return success();
}

}  // namespace
}  // namespace tandem::ui

int main(int argc, char** argv) {
  tandem::ui::Settings settings;
  CLI::App options("What the open window costs training");
  options.add_option("--template", settings.network, "Built-in network that is trained")
      ->capture_default_str();
  options.add_option("--rounds", settings.rounds)->check(CLI::Range(1, 1000))->capture_default_str();
  options.add_option("--seconds", settings.seconds, "Of each run")->check(CLI::Range(0.2, 3600.0));
  options.add_option("--threads", settings.threads)->check(CLI::Range(1, 4096))->capture_default_str();
  options.add_flag("--twin", settings.twin, "A race with its view closed, instead of a run with open plots");
  CLI11_PARSE(options, argc, argv);

  // Settings of its own: the layout and the theme of the person at this machine stay out of it.
  const QTemporaryDir home;
  QSettings::setDefaultFormat(QSettings::IniFormat);
  QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, home.path());
  qputenv("XDG_DATA_HOME", home.path().toUtf8());
  QApplication app(argc, argv);
  QApplication::setOrganizationName("tandem-bench");
  QApplication::setApplicationName("tandem-bench-window");
  tandem::ui::Theme::instance().apply();
  const tandem::Status measured = tandem::ui::measure(settings);
  if (measured.ok()) return 0;
  std::cerr << measured.error().text() << '\n';
  return 1;
}
