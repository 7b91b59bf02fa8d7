#include "ui/compare/prices.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>

#include "ui/models/format.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr double kMaxPrice = 1e6;
constexpr int kMaxCurrencyLength = 8;
constexpr auto kPerKwh = "prices/perKwh";
constexpr auto kCurrency = "prices/currency";

// Device ids contain colons, which are not special in QSettings keys, but no slashes.
QString hourKey(const std::string& device) {
  return "prices/hour/" + toQString(device);
}

}  // namespace

Prices Prices::saved(const std::vector<std::string>& devices) {
  const QSettings settings;
  Prices prices;
  prices.tariff.perKwh = settings.value(kPerKwh, prices.tariff.perKwh).toDouble();
  prices.tariff.currency =
      settings.value(kCurrency, toQString(prices.tariff.currency)).toString().toStdString();
  for (const std::string& device : devices)
    if (const QVariant price = settings.value(hourKey(device)); price.isValid())
      prices.perHour[device] = price.toDouble();
  return prices;
}

void Prices::save() const {
  QSettings settings;
  settings.setValue(kPerKwh, tariff.perKwh);
  settings.setValue(kCurrency, toQString(tariff.currency));
  for (const auto& [device, price] : perHour) settings.setValue(hourKey(device), price);
}

double Prices::of(const std::string& device) const {
  const auto found = perHour.find(device);
  return found == perHour.end() ? 0 : found->second;
}

void Prices::apply(TwinRecord& record) const {
  record.tariff = tariff;
  for (TwinSideRecord& side : record.sides)
    if (perHour.contains(side.device)) side.pricePerHour = of(side.device);
}

PricesDialog::PricesDialog(const Prices& prices,
                           const std::vector<std::pair<std::string, std::string>>& devices, QWidget* parent)
    : QDialog(parent) {
  setObjectName("pricesDialog");
  setWindowTitle(tr("Prices"));
  auto* layout = new QVBoxLayout(this);
  auto* about =
      new QLabel(tr("A race uses these prices to compute the cost of each side: electricity, if the "
                    "device reports its energy use, and device time, if you pay for it."),
                 this);
  about->setWordWrap(true);
  layout->addWidget(about);
  auto* form = makeForm();
  const auto money = [&](double value, const QString& suffix) {
    auto* box = new NumberBox(NumberBox::Real, this);
    box->setRange(0, kMaxPrice);
    box->setValue(value);
    box->setSuffix(suffix);
    return box;
  };
  perKwh_ = money(prices.tariff.perKwh, tr(" per kWh"));
  addField(form, perKwh_, "perKwh", tr("&Electricity"), tr("Price per kilowatt-hour"));
  currency_ = new QLineEdit(toQString(prices.tariff.currency), this);
  currency_->setMaxLength(kMaxCurrencyLength);
  addField(form, currency_, "currency", tr("&Currency"), tr("Currency of all prices: EUR, USD, …"));
  for (const auto& [device, name] : devices) {
    auto* box = money(prices.of(device), tr(" per hour"));
    addField(form, box, "hour:" + toQString(device), toQString(name),
             tr("Hourly price of %1, such as the rate of a cloud instance; 0: free").arg(toQString(name)));
    perHour_[device] = box;
  }
  layout->addLayout(form);
  layout->addStretch(1);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
  buttons->button(QDialogButtonBox::Ok)->setObjectName("pricesOk");
  layout->addWidget(buttons);
  connect(buttons, &QDialogButtonBox::accepted, this, [this] {
    if (CommittedText::commitAll(this)) accept();
  });
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  setMinimumWidth(fontMetrics().horizontalAdvance('m') * 30);
}

Prices PricesDialog::prices() const {
  Prices prices;
  prices.tariff.perKwh = perKwh_->value();
  const QString currency = currency_->text().trimmed();
  if (!currency.isEmpty()) prices.tariff.currency = currency.toStdString();
  for (const auto& [device, box] : perHour_) prices.perHour[device] = box->value();
  return prices;
}

}  // namespace tandem::ui
