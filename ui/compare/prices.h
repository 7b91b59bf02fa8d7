// What electricity and devices cost here: set once, and used by every race.
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
  std::map<std::string, double> perHour;  // by device id; none: 0

  // The settings' of this person; devices that were never priced are left out.
  static Prices saved(const std::vector<std::string>& devices);
  void save() const;
  double of(const std::string& device) const;
  // Sides of devices that have no price here keep theirs.
  void apply(TwinRecord& record) const;
};

// Asks for the tariff and for the price of each device's hour.
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
