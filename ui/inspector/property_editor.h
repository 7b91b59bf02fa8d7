// A field for one property of a layer, created from its schema.
#pragma once

#include <QWidget>

#include "core/layers/property.h"

namespace tandem::ui {

class PropertyEditor : public QWidget {
  Q_OBJECT

 public:
  // The property must outlive the editor (schemas live as long as the program).
  static PropertyEditor* make(const Property& property, QWidget* parent);

  const Property& property() const { return property_; }
  virtual void setValue(const AttrValue& value) = 0;  // does not emit edited()

 Q_SIGNALS:
  void edited(const tandem::AttrValue& value);  // valid according to the schema

 protected:
  PropertyEditor(const Property& property, QWidget* parent);
  // Puts the fields side by side; they get names "property_KEY" or, when several, "property_KEY_0"...
  void place(const std::vector<QWidget*>& fields);

 private:
  const Property& property_;
};

}  // namespace tandem::ui
