#include "ui/widgets/pdf_page.h"

#include <QAbstractTextDocumentLayout>
#include <QBuffer>
#include <QPageLayout>
#include <QPainter>
#include <QPdfWriter>
#include <QRegularExpression>
#include <QSvgRenderer>
#include <QTextDocument>
#include <QTextObjectInterface>
#include <memory>
#include <vector>

#include "ui/models/format.h"

namespace tandem::ui {
namespace {

constexpr int kResolution = 300;       // dpi of the layout; everything is drawn as vectors
constexpr double kPixelsPerInch = 96;  // CSS pixels
constexpr double kChartWidth = 480;    // CSS pixels; makes the text as large as in tables
// The part of the page's style that Qt's rich text supports.
constexpr auto kStyle =
    "h1{font-size:16pt}h2{font-size:12pt}h3{font-size:9.5pt;margin:0}"
    "td,th{padding:2px 5px;border-bottom:1px solid #d1d5db;font-size:7.5pt;text-align:left}"
    "td.n{text-align:right}.m{color:#6b7280}.l{white-space:nowrap}.notes{white-space:pre-wrap}"
    ".d td{background-color:#fef3c7}.bad "
    "td{background-color:#fee2e2}table{border-collapse:collapse;border-width:0}";

// Draws the images of a document. The name of an image is the index of its chart.
class Charts : public QObject, public QTextObjectInterface {
  Q_OBJECT
  Q_INTERFACES(QTextObjectInterface)

 public:
  // Returns the HTML of an image that stands for the chart.
  QString add(QString svg) {
    svg.replace("currentColor", "#1f2937");
    svg.insert(4, " xmlns='http://www.w3.org/2000/svg'");  // after "<svg"
    charts_.push_back(std::make_unique<QSvgRenderer>(svg.toUtf8()));
    return QString("<p><img src='%1'></p>").arg(charts_.size() - 1);
  }
  QSizeF intrinsicSize(QTextDocument* document, int, const QTextFormat& format) override {
    const QSizeF size = chart(format).viewBoxF().size();
    const QPaintDevice* device = document->documentLayout()->paintDevice();
    const double scale = device != nullptr ? device->logicalDpiX() / kPixelsPerInch : 1;
    return size * (kChartWidth / std::max(1.0, size.width()) * scale);
  }
  void drawObject(QPainter* painter, const QRectF& where, QTextDocument*, int,
                  const QTextFormat& format) override {
    chart(format).render(painter, where);
  }

 private:
  QSvgRenderer& chart(const QTextFormat& format) { return *charts_[format.toImageFormat().name().toUInt()]; }
  std::vector<std::unique_ptr<QSvgRenderer>> charts_;
};

}  // namespace

Result<QByteArray> pdfOf(std::string_view page, bool landscape) {
  static const QRegularExpression style("<style>.*?</style>", QRegularExpression::DotMatchesEverythingOption);
  static const QRegularExpression svg("<svg .*?</svg>", QRegularExpression::DotMatchesEverythingOption);
  const QString text = toQString(page).remove(style);
  Charts charts;  // must outlive the document
  QString html;
  qsizetype end = 0;  // of the last match
  for (auto found = svg.globalMatch(text); found.hasNext();) {
    const QRegularExpressionMatch match = found.next();
    html += text.mid(end, match.capturedStart() - end) + charts.add(match.captured());
    end = match.capturedEnd();
  }
  html += text.mid(end);

  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  QPdfWriter writer(&buffer);
  writer.setResolution(kResolution);
  writer.setPageSize(QPageSize(QPageSize::A4));
  writer.setPageOrientation(landscape ? QPageLayout::Landscape : QPageLayout::Portrait);
  writer.setPageMargins({});  // QTextDocument::print() adds its own margins
  QTextDocument document;
  document.setDefaultFont(QFont("sans-serif", 9));
  document.setDefaultStyleSheet(kStyle);
  document.setHtml(html);
  document.documentLayout()->registerHandler(QTextFormat::ImageObject, &charts);
  writer.setTitle(document.metaInformation(QTextDocument::DocumentTitle));
  document.print(&writer);
  // Text embeds its font, so without a font the pages are blank. Qt prints nothing if the layout is too
  // large for it.
  if (!bytes.contains("/FontFile"))
    return Error{
        ErrorCode::Unsupported, "The PDF would be empty", {}, "Save the report as a web page (.html)"};
  return bytes;
}

}  // namespace tandem::ui

#include "pdf_page.moc"
