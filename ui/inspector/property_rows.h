// A form with a field for each property of a schema.
#pragma once

#include <QWidget>
#include <vector>

#include "core/settings/property.h"

namespace tandem::ui {

class PropertyEditor;

class PropertyRows : public QWidget {
  Q_OBJECT

 public:
  // The schema must outlive the form. prefix: of the fields' object names, "property_KEY".
  PropertyRows(Properties properties, const QString& prefix, QWidget* parent = nullptr);

  // Shows these values, and which properties have an effect. Emits nothing.
  void setValues(const Attrs& values);

  const std::vector<PropertyEditor*>& editors() const { return editors_; }

 Q_SIGNALS:
  void edited(const tandem::Property& property, const tandem::AttrValue& value);  // valid

 private:
  Properties properties_;
  std::vector<PropertyEditor*> editors_;
};

}  // namespace tandem::ui
