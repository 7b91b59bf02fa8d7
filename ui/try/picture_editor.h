// PictureEditor: an image to draw, paste, drop or open, beside what the network sees of it.
#pragma once

#include <optional>

#include "ui/try/input_editor.h"

class QCheckBox;
class QLabel;

namespace tandem::ui {

class DrawingPad;

class PictureEditor : public InputEditor {
  Q_OBJECT

 public:
  explicit PictureEditor(const Field& image, QWidget* parent = nullptr);

  TrialInput value() const override;
  void setSample(const SampleValues& sample) override;
  void showSeen(const SeenInput& seen) override;
  bool takeImage(const QMimeData* content) override;
  const SamplePicture& seen() const { return seen_; }

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void buildUi();
  void openImage();
  void setFile(PictureFile file);
  void clearAll();
  void forgetPicture();

  Field image_;
  std::optional<PictureFile> file_;     // instead of the drawing
  std::optional<SampleValues> sample_;  // likewise
  SamplePicture seen_;
  DrawingPad* pad_ = nullptr;
  QCheckBox *center_ = nullptr, *light_ = nullptr;
  QLabel *picture_ = nullptr, *source_ = nullptr;
};

QImage imageOf(const SamplePicture& picture);
// The picture in pixels of the screen, enlarged without smoothing so that each of its pixels can be seen. side: of the
// longer side.
QPixmap enlarged(const SamplePicture& picture, int side, double ratio);

}  // namespace tandem::ui
