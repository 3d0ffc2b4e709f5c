// Small files in, their text or their JSON out, within bounds on size, depth and repetition.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace tramontane {

constexpr std::size_t maxJsonFileBytes = std::size_t(1) << 20;

// A regular file of at most `maxBytes`.
Result<std::string> readSmallFile(const std::filesystem::path& path, std::size_t maxBytes);

// Refuses what is not JSON, not UTF-8, no object, nested more than 64 deep, or names a key twice in one
// object. `fileName` begins every error, and the name of the field that was being read stands in it.
Result<nlohmann::json> parseJsonObject(std::string_view text, std::string_view fileName);

} // namespace tramontane
