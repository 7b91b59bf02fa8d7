// Runs continued on another device: what the lab offers when a GPU is lost or has too little memory, and a
// resume on another device, which compares the next step first. The GPU is a fake, or the CPU under a GPU's
// name.
#include <QAbstractButton>
#include <QLabel>
#include <QSignalSpy>
#include <algorithm>

#include "core/compile/compile.h"
#include "core/data/dataset.h"
#include "core/runtime/registry.h"
#include "core/train/checkpoint.h"
#include "tests/gui/lab_fixture.h"
#include "tests/unit/fake_backend.h"
#include "tests/unit/spoiled_backend.h"
#include "ui/models/runs_model.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {

constexpr const char* kGpu = "cuda:0";

class ElsewhereTest : public LabFixture {
  Q_OBJECT

 private Q_SLOTS:
  void runContinuesOnTheCpuAfterItsDeviceIsLost() {
    FakeBackend gpu;
    openMoonsOn(gpu, 3);
    const std::int64_t perEpoch = batchesPerEpoch();
    gpu.device.failAtStep = perEpoch + 3;
    trainToFailure(ErrorCode::DeviceLost);
    QCOMPARE(loadCheckpoint(controller().checkpoint())->step, perEpoch);
    QCOMPARE(button("messageAction")->text(), QString("Continue on the CPU"));
    test::screenshot(window_.get(), "lost_device");
    QVERIFY(runs().runs().front().state == RunState::Failed);

    // The resumed run fails before it writes a checkpoint; the one it was resumed from is still valid.
    clickRun(0);
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    trigger("runResume");
    QVERIFY(ended.wait(kRunMs));
    QCOMPARE(controller().lastResult()->state, TrainState::Failed);
    QVERIFY(controller().lastResult()->weights.empty());
    QCOMPARE(button("messageAction")->text(), QString("Continue on the CPU"));

    click("messageAction");
    QVERIFY(ended.wait(kRunMs));
    QCOMPARE(controller().lastResult()->state, TrainState::Finished);
    QCOMPARE(firstStep(), perEpoch + 1);
    QCOMPARE(store_->info(controller().runId())->device.substr(0, 3), std::string("cpu"));
    // The record says that the lost device could not repeat the step for comparison.
    QVERIFY2(noteOf("could not be compared with the previous device"), qPrintable(notes()));
    QCOMPARE(document().training().device.device, std::string(kGpu));  // the project is unchanged
  }

  void slowStepsOfADeviceAreExplained() {
    FakeBackend gpu;
    gpu.device.limitation = "steps are slow (a reason)";
    gpu.device.stepTime = std::chrono::microseconds(200);
    openMoonsOn(gpu, 2);
    QTRY_VERIFY(!child<QLabel>("forecastText")->text().contains("appears here"));
    trainToEnd();
    QVERIFY2(noteOf("steps are slow (a reason)"), qPrintable(notes()));
    auto* actual = child<QLabel>("forecastActual");
    QTRY_VERIFY2(actual->text().contains("Note: steps are slow (a reason)."), qPrintable(actual->text()));
  }

  void restartsToResumeOnALostDevice() {
    FakeBackend gpu;
    openMoonsOn(gpu, 3);
    gpu.device.failAtStep = batchesPerEpoch() + 3;
    trainToFailure(ErrorCode::DeviceLost);
    const QString run = QString::number(controller().runId());
    QCOMPARE(button("messageOther")->text(), QString("Restart and resume"));
    test::answer("unsavedQuestion", "Cancel");
    click("messageOther");
    QVERIFY(window_->isVisible() && !window_->restart());
    test::answer("unsavedQuestion", "Discard");
    click("messageOther");
    QVERIFY(!window_->isVisible());
    QCOMPARE(window_->restart().value(), QStringList({"--resume", run}));

    // The other process, whose GPU works.
    gpu.device.failAtStep = 0;
    window_->show();
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    window_->resumeRecorded(run.toLongLong());
    QVERIFY(ended.wait(kRunMs));
    QCOMPARE(controller().lastResult()->state, TrainState::Finished);
    QCOMPARE(firstStep(), batchesPerEpoch() + 1);
  }

  void restartsOnceATwinRunHasStopped() {
    FakeBackend gpu;
    openMoonsOn(gpu, 3);
    QVERIFY(document().save(folder_->filePath("moons.tandem")).ok());  // otherwise, it also asks to save
    gpu.device.failAtStep = batchesPerEpoch() + 3;
    trainToFailure(ErrorCode::DeviceLost);
    const QString run = QString::number(controller().runId());
    TwinRequest request;
    auto project = std::make_shared<Project>(document().project());
    project->training.device.device = "cpu";
    request.project = project;
    request.sides = parseSides({"cpu:1", "cpu:1"}).value();
    request.lockStepOptions.steps = 1'000'000;
    TwinController& twins = window_->twins();
    twins.start(std::move(request));
    QTRY_VERIFY_WITH_TIMEOUT(twins.running(), kRunMs);
    const QStringList arguments = {"--resume", run, document().filePath()};
    test::answer("stopQuestion", "Keep training");
    click("messageOther");
    QVERIFY(window_->isVisible() && twins.running() && !window_->restart());
    test::answer("stopQuestion", "Stop and close");
    click("messageOther");
    QTRY_VERIFY_WITH_TIMEOUT(!window_->isVisible(), kRunMs);
    QCOMPARE(window_->restart().value(), arguments);
  }

  void deviceLostAtTheStartDoesNotOfferTheCheckpointOfAnotherRun() {
    openMoons(1);
    trainToEnd();
    QVERIFY(!controller().checkpoint().empty());
    FakeBackend gpu;
    gpu.device.lostAtOpen = true;
    moveTo(gpu);
    trainToFailure(ErrorCode::DeviceLost);
    QVERIFY(controller().checkpoint().empty());
    QCOMPARE(button("messageAction")->text(), QString("Train on the CPU"));
    trainBy("messageAction");
    QCOMPARE(firstStep(), std::int64_t{1});
    QCOMPARE(document().training().device.device, std::string("cpu"));
  }

  void unknownDeviceOffersTheCpu() {
    openMoons(1);
    TrainingConfig training = document().training();
    training.device.device = "elsewhere:7";
    training.device.precision = Precision::Bf16;
    training.device.deterministic = false;
    document().setTraining(training, "device");
    trainToFailure(ErrorCode::NotFound);
    QCOMPARE(button("messageAction")->text(), QString("Train on the CPU"));
    trainBy("messageAction");
    // The CPU only emulates bf16.
    QCOMPARE(document().training().device.precision, Precision::Fp32);
    QVERIFY(!document().training().device.deterministic);
  }

  void outOfMemoryOffersAFittingBatchAndTheCpu() {
    FakeBackend gpu;
    openMoonsOn(gpu, 1);
    TrainingConfig training = document().training();
    training.batch = 512;
    document().setTraining(training, "batch");
    QTRY_VERIFY(document().dataInfo());
    gpu.device.memoryBytes = needed(gpu, 64);
    trainToFailure(ErrorCode::OutOfMemory);
    const std::int64_t batch =
        largestFittingBatch(document().network(), document().training(), *document().dataInfo(), gpu);
    QVERIFY(batch >= 32 && batch <= 64);
    QCOMPARE(button("messageAction")->text(), QString("Train with batch size %1").arg(batch));
    QCOMPARE(button("messageOther")->text(), QString("Train on the CPU"));
    for (const auto& [mode, tone] :
         {std::pair(ThemeMode::Light, "light"), std::pair(ThemeMode::Dark, "dark")}) {
      Theme::instance().setMode(mode);
      QTest::qWait(100);
      test::screenshot(window_.get(), QString("out_of_memory_%1").arg(tone));
    }
    Theme::instance().setMode(ThemeMode::System);
    trainBy("messageOther");
    QCOMPARE(document().training().batch, std::int64_t{512});
    QCOMPARE(document().training().device.device, std::string("cpu"));
    QCOMPARE(button("messageOther")->text(), QString("Evaluate…"));

    // No batch fits.
    document().undoStack()->undo();
    QCOMPARE(document().training().device.device, std::string(kGpu));
    gpu.device.memoryBytes = 1;
    trainToFailure(ErrorCode::OutOfMemory);
    QCOMPARE(button("messageAction")->text(), QString("Train on the CPU"));
    QVERIFY(!child<QWidget>("messageOther")->isVisible());
  }

  void resumeOnAnotherDeviceComparesTheNextStep_data() {
    QTest::addColumn<bool>("faulty");
    QTest::addColumn<QString>("message");
    QTest::newRow("same") << false << QString("the next step on cuda:0, fp32 agrees up to rounding");
    QTest::newRow("faulty") << true << QString("the next step on cuda:0, fp32 differs by more than rounding");
  }

  void resumeOnAnotherDeviceComparesTheNextStep() {
    QFETCH(bool, faulty);
    QFETCH(QString, message);
    openMoons(5000);
    trigger("actionTrain");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training() && controller().status().step > 20, kRunMs);
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    trigger("actionStop");
    QVERIFY(ended.wait(kRunMs));
    const std::int64_t steps = controller().lastResult()->steps;

    QTRY_VERIFY(document().dataInfo());
    SpoiledBackend gpu(cpu(), {"matmul", faulty ? matmulKernel() : "none", [](const OpCall&) { return true; },
                               [](std::span<float> values) { values[0] += 1; }});
    use(gpu);
    clickRun(0);
    trigger(QString("runResumeOn:") + kGpu);
    QTRY_VERIFY_WITH_TIMEOUT(controller().training() && controller().status().step > steps, kRunMs);
    QTRY_VERIFY2(child<MessageBar>("messageBar")->text().contains(message),
                 qPrintable(child<MessageBar>("messageBar")->text()));
    // The project, and so the toolbar, still shows the CPU.
    QTRY_VERIFY2(child<QLabel>("stateLabel")->text().contains("on cuda:0"),
                 qPrintable(child<QLabel>("stateLabel")->text()));
    if (!faulty) test::screenshot(window_.get(), "resumed_elsewhere");
    QCOMPARE(firstStep(), steps + 1);
    trigger("actionStop");
    QVERIFY(ended.wait(kRunMs));
    QVERIFY2(noteOf(message), qPrintable(notes()));
    QCOMPARE(store_->info(controller().runId())->device, std::string(kGpu));

    // No comparison is made on the device of the checkpoint.
    clickRun(0);
    trigger("runResume");
    QTRY_VERIFY_WITH_TIMEOUT(controller().training() && controller().status().step > steps + 1, kRunMs);
    trigger("actionStop");
    QVERIFY(ended.wait(kRunMs));
    QVERIFY2(!noteOf("next step"), qPrintable(notes()));
  }

 private:
  static Backend& cpu() { return *DeviceRegistry::instance().backendFor("cpu").value(); }

  // Makes it the window's GPU.
  void use(Backend& gpu) {
    controller().setLookup([&gpu](std::string_view id) -> Result<Backend*> {
      if (id == kGpu) return &gpu;
      return DeviceRegistry::instance().backendFor(id);
    });
    std::vector<DeviceInfo> devices = cpu().devices();
    devices.emplace_back();
    devices.back().id = kGpu;
    devices.back().name = "A GPU";
    devices.back().precisions = {{Precision::Fp32, {}}};
    window_->setDevices(devices);
  }
  void openMoonsOn(FakeBackend& gpu, int epochs) {
    openMoons(epochs);
    moveTo(gpu);
  }
  void moveTo(FakeBackend& gpu) {
    gpu.device.id = kGpu;
    use(gpu);
    TrainingConfig training = document().training();
    training.device.device = kGpu;
    training.checkpointEpochs = 1;
    document().setTraining(training, "device");
  }
  void trainToFailure(ErrorCode code) {
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    std::optional<ErrorCode> seen;
    const auto record = [&](const Error& error) { seen = error.code; };
    const auto failed = connect(&controller(), &TrainController::failed, this, record);
    const auto memory = connect(&controller(), &TrainController::outOfMemory, this, record);
    trigger("actionTrain");
    QVERIFY(ended.wait(kRunMs));
    QTRY_VERIFY(seen);
    QCOMPARE(*seen, code);
    disconnect(failed);
    disconnect(memory);
  }
  // Clicks the button and waits for the run to finish.
  void trainBy(const QString& name) {
    QSignalSpy ended(&controller(), &TrainController::runEnded);
    click(name);
    QVERIFY(ended.wait(kRunMs));
    QVERIFY2(controller().lastResult(), qPrintable(child<MessageBar>("messageBar")->text()));
    QCOMPARE(controller().lastResult()->state, TrainState::Finished);
  }
  QAbstractButton* button(const QString& name) {
    auto* found = child<QAbstractButton>(name);
    if (!found->isVisible()) qWarning("the button %s is not shown", qPrintable(name));
    return found;
  }
  void click(const QString& name) {
    QVERIFY(button(name)->isVisible());
    QTest::mouseClick(button(name), Qt::LeftButton);
  }
  std::int64_t batchesPerEpoch() {
    const auto data = loadDataset(document().data()).value();
    return static_cast<std::int64_t>(data->part(SplitPart::Train).size()) / document().training().batch;
  }
  std::int64_t firstStep() {
    return static_cast<std::int64_t>(controller().series()->metric("loss")->raw.firstX());
  }
  std::size_t needed(Backend& on, std::int64_t batch) {
    TrainingConfig training = document().training();
    training.batch = batch;
    return compile(document().network(), training, *document().dataInfo(), on).value()->forecast.total();
  }
  std::string matmulKernel() {
    const auto plan = compile(document().network(), document().training(), *document().dataInfo(), cpu());
    for (const KernelUse& use : kernelsOf((*plan)->train, Precision::Fp32))
      if (use.op == "matmul") return use.choice.kernel;
    return {};
  }
  // The notes in the record of the last run.
  QString notes() {
    QStringList list;
    const RunCurves curves = store_->curves(controller().runId()).value();
    for (const RunEvent& event : curves.events)
      if (event.kind == RunEventKind::Note) list += QString::fromStdString(event.text);
    return list.join('\n');
  }
  bool noteOf(const QString& text) { return notes().contains(text); }
};

}  // namespace tandem::ui

TANDEM_GUI_TEST_MAIN(tandem::ui::ElsewhereTest)
#include "elsewhere_test.moc"
