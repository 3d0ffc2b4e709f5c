// The engine's list of sampling parameters in Qt's terms: names, ranges and defaults for the preferences.
#pragma once

#include <QString>

#include <optional>
#include <vector>

namespace tramontane::desktop {

struct SamplingRange {
    QString name; // "top-p"
    double minimum = 0, maximum = 0, step = 0, standard = 0;
    std::optional<double> off; // the value that switches it off
    bool integer = false;
};

std::vector<SamplingRange> samplingRanges();

} // namespace tramontane::desktop
