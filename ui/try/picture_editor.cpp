#include "ui/try/picture_editor.h"

#include <QApplication>
#include <QBuffer>
#include <QCheckBox>
#include <QClipboard>
#include <QDropEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QGridLayout>
#include <QImage>
#include <QKeyEvent>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QSlider>
#include <QUrl>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/models/format.h"
#include "ui/try/drawing_pad.h"
#include "ui/widgets/ask_file.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr int kSeenSide = 140;
constexpr int kLeastPen = 2, kMostPen = 20, kUsualPen = 8;  // hundredths of the width

QPushButton* buttonOf(const QString& name, const QString& text, const QString& tip) {
  auto* button = new QPushButton(text);
  describe(button, name, text, tip);
  button->setAutoDefault(false);
  return button;
}

// The local file of a list of links; empty if there is none.
QString fileOf(const QMimeData* content) {
  for (const QUrl& url : content->urls())
    if (url.isLocalFile()) return url.toLocalFile();
  return {};
}

}  // namespace

QImage imageOf(const SamplePicture& picture) {
  const auto height = static_cast<int>(picture.height), width = static_cast<int>(picture.width);
  if (picture.bytes.empty() || height < 1 || width < 1) return {};
  QImage image(width, height, QImage::Format_RGB32);
  const auto channels = static_cast<std::size_t>(picture.channels);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const std::uint8_t* const pixel =
          picture.bytes.data() +
          (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) *
              channels;
      const bool color = channels >= 3;
      image.setPixel(x, y, qRgb(pixel[0], pixel[color ? 1 : 0], pixel[color ? 2 : 0]));
    }
  return image;
}

QPixmap enlarged(const SamplePicture& picture, int side, double ratio) {
  const QImage image = imageOf(picture);
  if (image.isNull()) return {};
  const int pixels = std::max(1, static_cast<int>(side * ratio));
  const bool larger = std::max(image.height(), image.width()) > pixels;
  QPixmap result = QPixmap::fromImage(image.scaled(
      pixels, pixels, Qt::KeepAspectRatio, larger ? Qt::SmoothTransformation : Qt::FastTransformation));
  result.setDevicePixelRatio(ratio);
  return result;
}

PictureEditor::PictureEditor(const Field& image, QWidget* parent) : InputEditor(parent), image_(image) {
  setObjectName("tryPicture");
  setAcceptDrops(true);
  buildUi();
}

void PictureEditor::buildUi() {
  const DrawingStyle style = drawingStyleOf(image_);
  pad_ = new DrawingPad(static_cast<double>(image_.image[0]) / static_cast<double>(image_.image[1]), this);
  pad_->setLightOnDark(style.lightOnDark);
  pad_->setPen(kUsualPen / 100.0);
  setFocusProxy(pad_);
  auto* undo = buttonOf("tryUndo", tr("&Undo"), tr("Remove the last stroke (Ctrl+Z)"));
  auto* clear = buttonOf("tryClear", tr("&Clear"), tr("Remove the drawing or the image (Delete)"));
  auto* open = buttonOf("tryOpenImage", tr("Open i&mage…"),
                        tr("Open a PNG or JPEG image; it can also be dropped here"));
  auto* paste = buttonOf("tryPaste", tr("P&aste"), tr("Paste an image (Ctrl+V)"));
  center_ = new QCheckBox(tr("C&enter and scale"));
  describe(center_, "tryCenter", tr("Center and scale"),
           tr("Fit the drawing into the middle of the image, as in MNIST"));
  center_->setChecked(style.centered);
  light_ = new QCheckBox(tr("L&ight on dark"));
  describe(light_, "tryLight", tr("Light on dark"),
           tr("Whether the drawing is light and its background dark"));
  light_->setChecked(style.lightOnDark);
  auto* pen = new QSlider(Qt::Horizontal);
  pen->setRange(kLeastPen, kMostPen);
  pen->setValue(kUsualPen);
  auto* form = makeForm();
  addField(form, pen, "tryPen", tr("&Pen width"), tr("Of the next stroke"));

  picture_ = new QLabel;
  picture_->setObjectName("trySeen");
  picture_->setAccessibleName(tr("What the network sees"));
  picture_->setFixedSize(kSeenSide, kSeenSide);
  picture_->setAlignment(Qt::AlignCenter);
  source_ = new QLabel;
  source_->setObjectName("trySource");
  source_->setWordWrap(true);
  source_->setTextFormat(Qt::PlainText);
  source_->setForegroundRole(QPalette::PlaceholderText);
  auto* side = new QVBoxLayout;
  side->addWidget(sectionLabel(tr("What the network sees"), this));
  side->addWidget(picture_);
  side->addWidget(source_);
  side->addLayout(form);
  side->addWidget(center_);
  side->addWidget(light_);
  auto* buttons = new QGridLayout;
  buttons->addWidget(undo, 0, 0);
  buttons->addWidget(clear, 0, 1);
  buttons->addWidget(paste, 1, 0);
  buttons->addWidget(open, 1, 1);
  side->addLayout(buttons);
  side->addStretch(1);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(pad_, 1);
  row->addLayout(side);

  connect(pad_, &DrawingPad::drawn, this, [this] {
    forgetPicture();
    Q_EMIT changed();
  });
  connect(undo, &QPushButton::clicked, pad_, &DrawingPad::undo);
  connect(clear, &QPushButton::clicked, this, &PictureEditor::clearAll);
  connect(open, &QPushButton::clicked, this, &PictureEditor::openImage);
  connect(paste, &QPushButton::clicked, this, [this] { takeImage(QApplication::clipboard()->mimeData()); });
  connect(pen, &QSlider::valueChanged, this, [this](int value) { pad_->setPen(value / 100.0); });
  connect(center_, &QCheckBox::toggled, this, &PictureEditor::changed);
  connect(light_, &QCheckBox::toggled, this, [this](bool light) {
    pad_->setLightOnDark(light);
    Q_EMIT changed();
  });
}

TrialInput PictureEditor::value() const {
  if (sample_) return *sample_;
  if (file_) return *file_;
  return Drawing{pad_->strokes(), {.centered = center_->isChecked(), .lightOnDark = light_->isChecked()}};
}

void PictureEditor::forgetPicture() {
  file_.reset();
  sample_.reset();
  source_->clear();
}

void PictureEditor::clearAll() {
  pad_->clear();
  forgetPicture();
  Q_EMIT changed();
}

void PictureEditor::setSample(const SampleValues& sample) {
  pad_->clear();
  forgetPicture();
  sample_ = sample;
  Q_EMIT changed();
}

void PictureEditor::setFile(PictureFile file) {
  pad_->clear();
  forgetPicture();
  source_->setText(QFileInfo(toQString(file.name)).fileName());
  file_ = std::move(file);
  Q_EMIT changed();
}

void PictureEditor::showSeen(const SeenInput& seen) {
  seen_ = seen.picture;
  picture_->setPixmap(enlarged(seen_, kSeenSide, devicePixelRatioF()));
  if (sample_ || file_) pad_->setPicture(imageOf(seen_));
}

void PictureEditor::openImage() {
  const QString file = QFileDialog::getOpenFileName(this, tr("Open image"), lastFolder(),
                                                    tr("Images (*.png *.jpg *.jpeg);;All files (*)"));
  if (file.isEmpty()) return;
  rememberFolder(file);
  setFile({{}, file.toStdString()});
}

bool PictureEditor::takeImage(const QMimeData* content) {
  if (content == nullptr) return false;
  if (const QString file = fileOf(content); !file.isEmpty()) {
    setFile({{}, file.toStdString()});
    return true;
  }
  const auto image = qvariant_cast<QImage>(content->imageData());
  if (image.isNull()) {
    Q_EMIT failed(invalid(tr("the clipboard contains no image").toStdString(), {},
                          tr("Copy an image, or a PNG or JPEG file").toStdString()));
    return false;
  }
  QByteArray png;
  QBuffer buffer(&png);
  buffer.open(QIODevice::WriteOnly);
  image.save(&buffer, "PNG", 100);  // fast rather than small
  setFile({{png.begin(), png.end()}, tr("Pasted image").toStdString()});
  return true;
}

void PictureEditor::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasImage() || !fileOf(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void PictureEditor::dropEvent(QDropEvent* event) {
  event->acceptProposedAction();
  takeImage(event->mimeData());
}

// Keys that the drawing area and the buttons leave.
void PictureEditor::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Paste))
    takeImage(QApplication::clipboard()->mimeData());
  else if (event->matches(QKeySequence::Undo))
    pad_->undo();
  else if (event->matches(QKeySequence::Delete))
    clearAll();
  else
    InputEditor::keyPressEvent(event);
}

}  // namespace tandem::ui
