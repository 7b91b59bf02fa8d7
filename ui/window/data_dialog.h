// Asks for a table or a folder, reads it in the background and proposes a project for it. For a table that is refused,
// the user can choose a project without a network, in which its settings can be corrected.
#pragma once

#include <QDialog>
#include <QThreadPool>
#include <QTimer>
#include <atomic>
#include <memory>
#include <optional>

#include "core/network/propose.h"

class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;

namespace tandem::ui {

class ChoiceBox;
class MessageBar;

class DataDialog : public QDialog {
  Q_OBJECT

 public:
  // base: a table whose settings apply as long as its path is not changed.
  explicit DataDialog(std::optional<DataSpec> base, QWidget* parent = nullptr);
  ~DataDialog() override;  // stops reading and waits for it

  void start(const QString& path);  // as if the user had entered the path and confirmed it
  // Once the dialog was accepted: the data, and the proposal unless the user has chosen to see the rows.
  const DataSpec& data() const { return data_; }
  const std::optional<Proposal>& proposal() const { return proposal_; }

 public Q_SLOTS:
  void reject() override;  // stops reading first

 private:
  struct Outcome {
    DataSpec data;  // as far as it was detected
    Result<Proposal> proposal;
  };
  static Outcome propose(const std::string& path, const std::vector<std::string>& targets,
                         const std::optional<DataSpec>& base, const LoadProgress& progress);
  void buildUi();
  void chooseFile();
  void chooseFolder();
  void read();
  void finished(const Outcome& outcome);
  void grow();  // so that the message is not cut off
  void showState();
  bool reading() const { return cancelled_ != nullptr; }

  MessageBar* message_;
  QWidget* form_;
  QLineEdit* path_;
  ChoiceBox* builtin_;
  QLineEdit* target_;
  QLabel* state_;
  QProgressBar* bar_;
  QPushButton* create_;
  std::optional<DataSpec> base_;
  DataSpec data_;
  std::optional<Proposal> proposal_;
  QTimer timer_;
  std::shared_ptr<std::atomic<bool>> cancelled_;  // of the reading in progress; null: none
  std::atomic<double> progress_{0};
  QThreadPool pool_;  // last: its tasks use the others
};

}  // namespace tandem::ui
