// New data for a model of series: its samples from rows that are encoded one by one.
#pragma once

#include <string>
#include <vector>

#include "core/data/encode.h"
#include "core/data/series.h"

namespace tandem {

// The columns that name and order the rows, among columns of these names. `place`: of the header. Errors: no group.
Result<SeriesColumns> seriesColumnsIn(const std::vector<std::string>& names, const std::vector<Field>& fields,
                                      const std::string& place);

// Replaces the rows in `encoded` by windows or whole sequences of them, with the targets if there are labels.
Status encodeSeries(const SeriesRows& rows, const Preprocessing& preprocessing, Labels labels,
                    const std::string& where, EncodedSamples& encoded);

}  // namespace tandem
