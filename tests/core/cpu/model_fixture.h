// A recipe in; its model on disk, opened, and backends over it out.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/cpu/cpu_backend.h"
#include "core/cpu/reference.h"
#include "core/model/checkpoint.h"
#include "tests/support/model_builder.h"

namespace tramontane::testing {

class TestModel {
public:
    explicit TestModel(const ModelRecipe& recipe) {
        writeModel(folder_.path(), recipe);
        open(folder_.path());
    }
    explicit TestModel(const std::filesystem::path& directory) { open(directory); }

    ModelViews& views() { return views_; }
    const std::filesystem::path& path() const { return folder_.path(); }

    std::unique_ptr<Backend> fast(CpuBackendOptions options = {.threads = 2}) {
        Result<std::unique_ptr<Backend>> backend = makeCpuBackend(views_, options, {}, {});
        EXPECT_TRUE(backend.ok()) << (backend.ok() ? "" : backend.error().message);
        return std::move(*backend);
    }
    std::unique_ptr<Backend> reference() {
        Result<std::unique_ptr<Backend>> backend = makeReferenceBackend(views_, 0, {}, {});
        EXPECT_TRUE(backend.ok()) << (backend.ok() ? "" : backend.error().message);
        return std::move(*backend);
    }

private:
    void open(const std::filesystem::path& directory) {
        Result<ModelConfig> config = readModelConfig(directory);
        EXPECT_TRUE(config.ok()) << (config.ok() ? "" : config.error().message);
        Result<Checkpoint> checkpoint = Checkpoint::open(directory, *config);
        EXPECT_TRUE(checkpoint.ok()) << (checkpoint.ok() ? "" : checkpoint.error().message);
        auto map = std::make_shared<Checkpoint>(std::move(*checkpoint));
        views_.config = *config;
        views_.embedding = map->embedding();
        views_.finalNorm = map->finalNorm();
        views_.head = map->head();
        views_.layers = map->layers();
        views_.checkUnchanged = [map = map.get()] { return map->checkUnchanged(); };
        views_.release = [map = map.get()](std::span<const std::byte> bytes) { map->release(bytes); };
        views_.owner = map;
        views_.edition = map->edition();
    }

    TemporaryFolder folder_;
    ModelViews views_;
};

inline std::vector<TokenId> randomTokens(int count, int vocab, std::mt19937& random) {
    std::vector<TokenId> tokens;
    for (int i = 0; i < count; ++i) tokens.push_back(static_cast<TokenId>(random() % static_cast<unsigned>(vocab)));
    return tokens;
}

// Appends and returns the rows wanted; fails the test on an error.
inline std::vector<float> append(Backend& backend, SequenceId sequence, const std::vector<TokenId>& tokens,
                                 LogitsWanted wanted = LogitsWanted::last) {
    const BatchPiece piece{sequence, tokens, wanted};
    const Result<std::span<const float>> logits = backend.forward({&piece, 1}, {});
    EXPECT_TRUE(logits.ok()) << (logits.ok() ? "" : logits.error().message);
    return logits.ok() ? std::vector<float>(logits->begin(), logits->end()) : std::vector<float>();
}

// How far rows are from their expected rows, relative to the norm of the expected row.
struct RowError {
    double largest = 0; // the worst element of any row
    double norm = 0;    // the worst whole row
    double overall = 0; // all rows as one
};

inline RowError worstRow(const std::vector<float>& got, const std::vector<float>& expected, int vocab) {
    RowError worst;
    double allDifferences = 0, allNorms = 0;
    EXPECT_EQ(got.size(), expected.size());
    for (std::size_t first = 0; first + vocab <= std::min(got.size(), expected.size()); first += vocab) {
        double difference = 0, norm = 0, largest = 0;
        for (std::size_t i = first; i < first + vocab; ++i) {
            const double d = static_cast<double>(got[i]) - expected[i];
            difference += d * d;
            norm += static_cast<double>(expected[i]) * expected[i];
            largest = std::max(largest, std::abs(d));
        }
        allDifferences += difference;
        allNorms += norm;
        worst.norm = std::max(worst.norm, std::sqrt(difference / norm));
        worst.largest = std::max(worst.largest, largest / std::sqrt(norm));
    }
    worst.overall = std::sqrt(allDifferences / allNorms);
    return worst;
}

} // namespace tramontane::testing
