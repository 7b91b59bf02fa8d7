// WelcomePage: templates as cards, recent files, and unsaved work to recover after a crash.
#pragma once

#include <QScrollArea>
#include <vector>

#include "ui/models/project_document.h"

class QGridLayout;
class QPushButton;
class QVBoxLayout;

namespace tandem::ui {

class TemplateCard;

class WelcomePage : public QScrollArea {
  Q_OBJECT

 public:
  explicit WelcomePage(QWidget* parent = nullptr);

  void setRecentFiles(const QStringList& files);
  // The project that is open behind this page; empty: none.
  void setOpenProject(const QString& title);
  void setRecoverable(const std::vector<ProjectDocument::Recovery>& found);

 Q_SIGNALS:
  void backRequested();
  void newRequested();
  void dataRequested();
  void openRequested();
  void templateChosen(const QString& name);
  void fileChosen(const QString& path);
  void recoverChosen(const QString& recoveryFile);
  void discardChosen(const QString& recoveryFile);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void placeCards();

  std::vector<TemplateCard*> cards_;
  QPushButton* back_ = nullptr;
  QGridLayout* grid_ = nullptr;
  QWidget* recovery_ = nullptr;
  QVBoxLayout* recoveryRows_ = nullptr;
  QVBoxLayout* recentRows_ = nullptr;
  int columns_ = 0;
};

}  // namespace tandem::ui
