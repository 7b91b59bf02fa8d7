// TryDialog: lets the user try a trained model on drawings, images, rows, texts and samples. Predictions are made in the
// background and follow each change.
#pragma once

#include <QDialog>
#include <QStringList>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/runtime/backend.h"
#include "ui/try/try_worker.h"

class QCheckBox;
class QComboBox;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;

namespace tandem::ui {

class AnswerView;
class InputEditor;
class MessageBar;
class TextEditor;

class TryDialog : public QDialog {
  Q_OBJECT

 public:
  // model: a checkpoint or a model of another program; empty: the user chooses one. title: of the run. devices: those to
  // choose from.
  TryDialog(const std::filesystem::path& model, const QString& title, const std::vector<DeviceInfo>& devices,
            QWidget* parent = nullptr);

  void setModel(const QString& file);
  void openSamples(const QString& file);  // instead of the test set
  const TryWorker& worker() const { return worker_; }
  const std::vector<InputEditor*>& editors() const { return editors_; }
  const std::vector<AnswerView*>& views() const { return views_; }

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  enum class Pick : std::uint8_t { None, Next, Random };

  void buildUi();
  QWidget* buildSide();
  void connectWorker();
  void addDevices(const std::vector<DeviceInfo>& devices);
  void chooseModel();
  void reopen();
  void modelOpened();
  void rebuildEditors(const Preprocessing& preprocessing);
  void rebuildViews();
  void ask();
  bool showMissing(InputEditor& editor);
  void pick(Pick which);
  void showSample();
  void showPredictions();
  void showInstead(const QString& text);  // of the predictions
  void showState();
  TextEditor* textEditor() const;

  QString title_;
  Preprocessing shown_;  // that the editors are for
  std::vector<InputEditor*> editors_;
  std::vector<AnswerView*> views_;
  Pick wanted_ = Pick::None;  // once the samples are loaded
  std::int64_t sample_ = -1;
  QStringList modelNotes_;

  MessageBar* message_ = nullptr;
  QLineEdit* model_ = nullptr;
  QComboBox *weights_ = nullptr, *device_ = nullptr;
  QPushButton *reload_ = nullptr, *next_ = nullptr, *random_ = nullptr, *openFile_ = nullptr;
  QWidget* inputs_ = nullptr;
  QVBoxLayout* inputsColumn_ = nullptr;
  QLabel *sampleText_ = nullptr, *empty_ = nullptr, *notes_ = nullptr;
  QCheckBox* sorted_ = nullptr;
  QStackedWidget* stack_ = nullptr;
  QHBoxLayout* viewsRow_ = nullptr;
  TryWorker worker_;  // last member: its destructor waits
};

}  // namespace tandem::ui
