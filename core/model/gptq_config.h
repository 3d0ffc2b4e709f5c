// The quantization settings of config.json, quantize_config.json or both in; one checked GptqConfig out.
#pragma once

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/model/mistral_config.h"

namespace tramontane {

// Either may be null, not both. groupSize stays 0 for "-1": the inputs of each linear.
Result<GptqConfig> readGptqConfig(const nlohmann::json* inConfig, const nlohmann::json* inOwnFile);

} // namespace tramontane
