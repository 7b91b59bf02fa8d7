#include "ui/widgets/expression.h"

#include <QCoreApplication>
#include <QLocale>
#include <QRegularExpression>
#include <cmath>

namespace tandem::ui {
namespace {

constexpr int kMaxDepth = 50;         // of brackets
constexpr int kMaxCharacters = 1000;  // of an expression

QString tr(const char* text) {
  return QCoreApplication::translate("expression", text);
}

Error wrong(const QString& text) {
  return invalid(text.toStdString());
}

// Recursive descent: sum = product {+- product}; product = sign {*/ sign}; sign = [+-] power; power = atom [^ sign].
class Parser {
 public:
  Parser(QString text, bool whole, bool comma) : text_(std::move(text)), whole_(whole), comma_(comma) {}

  Result<double> value() {
    if (text_.isEmpty()) return wrong(tr("a number is missing"));
    TANDEM_ASSIGN(double result, sum(0));
    if (at_ < text_.size()) return wrong(tr("“%1” is not a number").arg(text_));
    if (!std::isfinite(result)) return wrong(tr("the result is not a finite number"));
    // Rounded like the arithmetic of a pocket calculator: 0.1 + 0.2 is 0.3.
    if (operators_ > 0) result = QString::number(result, 'g', 15).toDouble();
    return result;
  }

 private:
  QChar next() {
    while (at_ < text_.size() && text_[at_].isSpace()) ++at_;
    return at_ < text_.size() ? text_[at_] : QChar();
  }
  bool take(QChar sign) {
    if (next() != sign) return false;
    ++at_;
    return true;
  }
  bool takeOperator(QChar sign) {
    if (!take(sign)) return false;
    ++operators_;
    return true;
  }

  Result<double> sum(int depth) {
    TANDEM_ASSIGN(double result, product(depth));
    for (;;) {
      const bool plus = takeOperator('+');
      if (!plus && !takeOperator('-')) return result;
      TANDEM_ASSIGN(const double other, product(depth));
      result += plus ? other : -other;
    }
  }
  Result<double> product(int depth) {
    TANDEM_ASSIGN(double result, sign(depth));
    for (;;) {
      const bool times = takeOperator('*');
      if (!times && !takeOperator('/')) return result;
      TANDEM_ASSIGN(const double other, sign(depth));
      if (!times && other == 0) return wrong(tr("“%1” divides by zero").arg(text_));
      result = times ? result * other : result / other;
    }
  }
  Result<double> sign(int depth) {
    if (depth > kMaxDepth) return wrong(tr("the expression is nested too deeply"));
    if (take('-')) {
      TANDEM_ASSIGN(const double value, sign(depth + 1));
      return -value;
    }
    if (take('+')) return sign(depth + 1);
    TANDEM_ASSIGN(const double base, atom(depth));
    if (!takeOperator('^')) return base;
    TANDEM_ASSIGN(const double exponent, sign(depth + 1));
    return std::pow(base, exponent);
  }
  Result<double> atom(int depth) {
    if (take('(')) {
      TANDEM_ASSIGN(const double value, sum(depth + 1));
      if (!take(')')) return wrong(tr("a closing bracket is missing in “%1”").arg(text_));
      return value;
    }
    if (next().isNull()) return wrong(tr("a number is missing at the end of “%1”").arg(text_));
    static const QRegularExpression kNumber("(?:\\d+[.,]?\\d*|[.,]\\d+)(?:[eE][+-]?\\d+)?");
    const auto match = kNumber.match(text_, at_, QRegularExpression::NormalMatch,
                                     QRegularExpression::AnchorAtOffsetMatchOption);
    if (!match.hasMatch()) return wrong(tr("“%1” is not a number").arg(text_));
    QString literal = match.captured();
    const bool comma = literal.contains(',');
    static const QRegularExpression kThousands("^[1-9]\\d{0,2}[.,]\\d{3}$");
    if ((comma || whole_) && kThousands.match(literal).hasMatch()) {
      QString joined = literal, dot = literal;
      return wrong(tr("“%1” can be read as %2 or as %3; write one of them")
                       .arg(literal, joined.remove(QRegularExpression("[.,]")),
                            numberText(dot.replace(',', '.').toDouble())));
    }
    if (comma && !comma_) return wrong(tr("“%1” is not a number").arg(text_));
    at_ += match.capturedLength();
    bool ok = false;
    const double value = literal.replace(',', '.').toDouble(&ok);
    if (!ok || !std::isfinite(value)) return wrong(tr("“%1” is too large").arg(text_));
    return value;
  }

  QString text_;
  bool whole_, comma_;
  qsizetype at_ = 0;
  int operators_ = 0;
};

// The signs that keyboards and copied text have.
QString plain(QString text) {
  text.replace(QChar(0x2212), '-').replace(QChar(0x00d7), '*').replace(QChar(0x00f7), '/');
  text.replace("**", "^");
  return text.trimmed();
}

}  // namespace

Result<double> evaluate(const QString& text, bool whole) {
  if (text.size() > kMaxCharacters) return wrong(tr("the text is too long"));
  return Parser(plain(text), whole, true).value();
}

Result<std::vector<double>> evaluateList(const QString& text) {
  QString list = text.trimmed();
  if (list.size() > kMaxCharacters) return wrong(tr("the text is too long"));
  static const QRegularExpression kBrackets("^[(\\[]([^()\\[\\]]*)[)\\]]$");
  if (const auto match = kBrackets.match(list); match.hasMatch()) list = match.captured(1).trimmed();
  std::vector<double> values;
  if (list.isEmpty()) return values;
  // A sign between sizes, "28 × 28", unlike a factor, "64*2".
  list.replace(QChar(0x00d7), 'x');
  list = plain(list);
  // Spaces separate numbers, but belong to an expression beside an operator.
  static const QRegularExpression kAroundOperator("\\s*([-+*/^(])\\s*|\\s+(?=\\))");
  list.replace(kAroundOperator, "\\1");
  static const QRegularExpression kSeparator("\\s*[,;x]\\s*|\\s+");
  QStringList items = list.split(kSeparator);
  if (items.back().isEmpty()) items.removeLast();  // "64, 64," is complete
  for (const QString& item : items) {
    if (item.isEmpty()) return wrong(tr("a number is missing between two separators"));
    TANDEM_ASSIGN(const double value, Parser(item, false, false).value());
    values.push_back(value);
  }
  return values;
}

QString numberText(double value) {
  const double size = std::abs(value);
  const bool plainly = size == 0 || (size >= 1e-4 && size < 1e15);  // without an exponent
  return QString::number(value, plainly ? 'f' : 'g', QLocale::FloatingPointShortest);
}

}  // namespace tandem::ui
