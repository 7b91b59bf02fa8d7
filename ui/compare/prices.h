// The prices of electricity and devices: set once, and used by every race.
#pragma once

#include <QDialog>
#include <map>
#include <string>
#include <vector>

#include "core/twin/twin_record.h"

class QLineEdit;

namespace tandem::ui {

class NumberBox;

struct Prices {
  Tariff tariff;
  std::map<std::string, double> perHour;  // by device id; missing: 0

  // Reads them from the user's settings, without devices that have no stored price.
  static Prices saved(const std::vector<std::string>& devices);
  void save() const;
  double of(const std::string& device) const;
  // Leaves the price of a side unchanged if its device has no price here.
  void apply(TwinRecord& record) const;
};

// Asks for the tariff and for the hourly price of each device.
class PricesDialog : public QDialog {
  Q_OBJECT

 public:
  // devices: ids and names.
  PricesDialog(const Prices& prices, const std::vector<std::pair<std::string, std::string>>& devices,
               QWidget* parent = nullptr);
  Prices prices() const;

 private:
  NumberBox* perKwh_;
  QLineEdit* currency_;
  std::map<std::string, NumberBox*> perHour_;
};

}  // namespace tandem::ui
