// tandem-lab [--template NAME] [--resume RUN] [FILE.tandem | FILE.tandemrun | FILE.tandemtwin]
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QIcon>
#include <QMessageBox>
#include <QProcess>

#include <cstdio>
#include <optional>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/machine.h"
#include "core/runs/environment.h"
#include "core/runs/run_store.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/window/main_window.h"

using namespace tandem;

namespace {

QtMessageHandler printMessage = nullptr;  // Qt's own

// Qt's messages, on the terminal as ever and in the log.
void onQtMessage(QtMsgType type, const QMessageLogContext& context, const QString& text) {
  const std::string message = "Qt: " + text.toStdString();
  switch (type) {
    case QtDebugMsg:
      logDebug(message);
      break;
    case QtInfoMsg:
      logInfo(message);
      break;
    case QtWarningMsg:
      logWarning(message);
      break;
    case QtCriticalMsg:
    case QtFatalMsg:
      logError(message);
      break;
  }
  if (printMessage != nullptr) printMessage(type, context, text);
}

// A lab that is restarted because of a failed GPU holds the GPU and its memory until its process has ended.
void waitForEndOf(pid_t process) {
  constexpr int kMostMs = 10'000;
  const auto descriptor = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (descriptor < 0) return;  // it has ended
  pollfd ended{descriptor, POLLIN, 0};
  if (poll(&ended, 1, kMostMs) == 0) logWarning("the previous process has not ended");
  close(descriptor);
}

}  // namespace

int main(int argc, char** argv) {
  returnFreedMemory();
  (void)openLog("tandem-lab");  // a failure is shown by Help > About
  printMessage = qInstallMessageHandler(onQtMessage);
  QApplication app(argc, argv);
  logInfo("tandem-lab " TANDEM_VERSION " started on " + systemText() + ", Qt " + qVersion() + ", platform " +
          QApplication::platformName().toStdString());
  QApplication::setOrganizationName("tandem");
  QApplication::setApplicationName("tandem-lab");
  QApplication::setApplicationDisplayName("Tandem");
  QApplication::setApplicationVersion(TANDEM_VERSION);

  QApplication::setDesktopFileName("org.tandem.Lab");  // by which a Wayland desktop finds name and icon
  QApplication::setWindowIcon(QIcon(":/tandem-lab.svg"));

  QCommandLineParser parser;
  parser.setApplicationDescription(QApplication::tr("Draw, train, watch and compare neural networks."));
  parser.addHelpOption();
  parser.addVersionOption();
  const QCommandLineOption templateOption("template", QApplication::tr("Start with a built-in network."),
                                          QApplication::tr("name"));
  parser.addOption(templateOption);
  const QCommandLineOption resumeOption(
      "resume", QApplication::tr("Resume this recorded run from its last checkpoint."),
      QApplication::tr("number"));
  parser.addOption(resumeOption);
  QCommandLineOption afterOption("after", {}, "process");
  afterOption.setFlags(QCommandLineOption::HiddenFromHelp);
  parser.addOption(afterOption);
  parser.addPositionalArgument("file", QApplication::tr("Project, run or twin run to open."),
                               "[file.tandem | file.tandemrun | file.tandemtwin]");
  parser.process(app);
  const QStringList files = parser.positionalArguments();
  if (files.size() > 1 || (!files.isEmpty() && parser.isSet(templateOption))) {
    std::fputs("tandem-lab: specify one file or one template to open\n", stderr);
    return 1;
  }
  bool resumes = true;
  const qint64 resumed = parser.isSet(resumeOption) ? parser.value(resumeOption).toLongLong(&resumes) : 0;
  if (!resumes) {
    std::fputs("tandem-lab: --resume takes the number of a recorded run\n", stderr);
    return 1;
  }

  if (parser.isSet(afterOption)) waitForEndOf(parser.value(afterOption).toInt());

  ui::Theme::instance().apply();
  auto store = RunStore::open(RunStore::defaultFolder());
  if (store.ok() && (*store)->readOnly())
    store = Error{ErrorCode::Io,
                  QApplication::tr("the recorded runs are read-only").toStdString(),
                  (*store)->folder().string(),
                  {}};
  std::optional<Error> storeError;
  if (store.ok() && RunStore::defaultIsWorkingDirectory())
    storeError = Error{
        ErrorCode::NotFound, QApplication::tr("HOME is not set, so runs are recorded here").toStdString(),
        (*store)->folder().string(), QApplication::tr("Set HOME or TANDEM_RUNS").toStdString()};
  if (!store.ok()) {
    // The lab still works, but its runs are stored in a temporary folder, which a warning states.
    storeError = store.error();
    storeError->hint = QApplication::tr(
                           "Runs of this session are stored in a temporary folder and will be lost. "
                           "Make the folder writable, or set TANDEM_RUNS to another folder")
                           .toStdString();
    const auto folder = makeTemporaryFolder("tandem-runs");
    store = folder.ok() ? RunStore::open(*folder) : Result<std::unique_ptr<RunStore>>(folder.error());
  }
  if (!store.ok()) {
    logError(store.error());
    QMessageBox::critical(nullptr, QApplication::tr("Tandem"), ui::toQString(store.error().text()));
    return 1;
  }
  std::optional<ui::MainWindow> window(std::in_place, **store);
  window->show();
  if (storeError) window->showWarning(*storeError);
  if (parser.isSet(templateOption)) {
    window->openTemplate(parser.value(templateOption));
  } else if (!files.isEmpty()) {
    window->openFile(files.front());
  }
  if (resumed != 0) window->resumeRecorded(resumed);
  const int code = QApplication::exec();
  const std::optional<QStringList> restart = window->restart();
  window.reset();  // and with it the tasks that write records
  const QStringList after = {"--after", QString::number(QApplication::applicationPid())};
  if (restart && !QProcess::startDetached(QApplication::applicationFilePath(), after + *restart))
    logError("the lab could not be started again");
  return code;
}
