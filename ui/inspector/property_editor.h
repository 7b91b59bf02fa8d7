// A field for one property of a layer, an optimizer, ..., created from its schema.
#pragma once

#include <QWidget>

#include "core/settings/property.h"

namespace tandem::ui {

class PropertyEditor : public QWidget {
  Q_OBJECT

 public:
  // The property must outlive the editor (schemas live as long as the program).
  // prefix: of the fields' object names, "property_KEY".
  static PropertyEditor* make(const Property& property, const QString& prefix, QWidget* parent);

  const Property& property() const { return property_; }
  virtual void setValue(const AttrValue& value) = 0;  // does not emit edited()
  void setDetail(const QString& detail);              // more of the tooltip

 Q_SIGNALS:
  void edited(const tandem::AttrValue& value);  // valid according to the schema

 protected:
  PropertyEditor(const Property& property, QWidget* parent);
  // Puts the fields side by side.
  void place(const std::vector<QWidget*>& fields);

 private:
  // They get names "property_KEY" or, when several, "property_KEY_0"...
  void nameFields(const QString& prefix);

  const Property& property_;
  std::vector<QWidget*> fields_;
};

}  // namespace tandem::ui
