// Where a Mistral v3 tokenizer.model lies, if this machine has one. It is not part of the tree.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace tramontane::testing {

inline std::optional<std::filesystem::path> mistralTokenizer() {
    std::filesystem::path file =
        std::filesystem::path(TRAMONTANE_SOURCE_DIR).parent_path() / "shared" / "data" / "mistral-v3.tokenizer.model";
    if (const char* given = std::getenv("TRAMONTANE_MISTRAL_TOKENIZER")) file = given;
    if (!std::filesystem::exists(file)) return {};
    return file;
}

} // namespace tramontane::testing

#define SKIP_WITHOUT_MISTRAL_TOKENIZER(file)                                                                           \
    const auto file = tramontane::testing::mistralTokenizer();                                                         \
    if (!file) GTEST_SKIP() << "no Mistral tokenizer here: set TRAMONTANE_MISTRAL_TOKENIZER to its tokenizer.model"
