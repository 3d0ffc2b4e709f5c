// Two parts of a model as one backend: what it gives is the whole model's, and what fails in one part leaves both as they
// were. Both parts are on the CPU here: no GPU is needed.
#include "gpu/hybrid_backend.h"

#include <map>
#include <optional>

#include "tests/core/cpu/model_fixture.h"

namespace tramontane::gpu {
namespace {

using testing::append;
using testing::ModelRecipe;
using testing::randomTokens;
using testing::TestModel;

constexpr int kLayers = 4, kVocab = 400;
const ModelRecipe kRecipe{.layers = kLayers, .vocab = kVocab, .positions = 512, .actOrder = true};

struct Faults {
    int forwards = 0;           // so far
    std::optional<int> failsAt; // this one fails
    bool makesNoSequence = false;
    int living = 0; // sequences
};

// A part that fails when it is told to, after it was asked and before it does anything.
class FailingPart final : public ModelPart {
public:
    FailingPart(std::unique_ptr<ModelPart> part, Faults& faults) : part_(std::move(part)), faults_(faults) {}
    const BackendInfo& info() const override { return part_->info(); }
    Result<SequenceId> createSequence() override {
        return counted([&] { return part_->createSequence(); });
    }
    Result<SequenceId> forkSequence(SequenceId source) override {
        return counted([&] { return part_->forkSequence(source); });
    }
    Result<void> truncateSequence(SequenceId sequence, int length) override {
        return part_->truncateSequence(sequence, length);
    }
    void releaseSequence(SequenceId sequence) override {
        --faults_.living;
        part_->releaseSequence(sequence);
    }
    int sequenceLength(SequenceId sequence) const override { return part_->sequenceLength(sequence); }
    Result<std::span<const float>> forwardFrom(std::span<const float> residual, std::span<const BatchPiece> pieces,
                                               std::stop_token stop) override {
        if (faults_.forwards++ == faults_.failsAt) return makeError(ErrorKind::outOfMemory, "there is no more");
        return part_->forwardFrom(residual, pieces, std::move(stop));
    }

private:
    Result<SequenceId> counted(auto make) {
        if (faults_.makesNoSequence) return makeError(ErrorKind::outOfMemory, "there is no more");
        ++faults_.living;
        return make();
    }
    std::unique_ptr<ModelPart> part_;
    Faults& faults_;
};

class JoinedParts : public ::testing::Test {
protected:
    // Layers before `cut` in front; `rows` a step, so that a batch takes several chunks.
    std::unique_ptr<Backend> joined(int cut, int rows = 24, int context = 0) {
        const CpuBackendOptions few{.threads = 2, .contextLength = context, .maxRows = rows},
            many{.threads = 2, .contextLength = context};
        auto front = makeCpuPart(partOf(model_.views(), 0, cut), few, {}, {});
        auto back = makeCpuPart(partOf(model_.views(), cut, kLayers), many, {}, {});
        EXPECT_TRUE(front.ok() && back.ok());
        return joinParts(std::make_unique<FailingPart>(std::move(*front), front_),
                         std::make_unique<FailingPart>(std::move(*back), back_), "two");
    }
    TestModel model_{kRecipe};
    Faults front_, back_;
    std::mt19937 random_{77};
};

TEST_F(JoinedParts, giveTheBitsOfTheWholeHoweverTheBatchIsCut) {
    const auto whole = model_.fast();
    const std::vector<TokenId> tokens = randomTokens(100, kVocab, random_), others = randomTokens(50, kVocab, random_);
    const std::vector<float> expected = append(*whole, *whole->createSequence(), tokens, LogitsWanted::all);
    const std::vector<float> otherLast = append(*whole, *whole->createSequence(), others);
    for (int cut = 1; cut < kLayers; ++cut)
        for (const int rows : {1, 24, 128}) {
            const auto backend = joined(cut, rows);
            EXPECT_EQ(append(*backend, *backend->createSequence(), tokens, LogitsWanted::all), expected);
            const SequenceId one = *backend->createSequence(), two = *backend->createSequence(),
                             three = *backend->createSequence();
            const BatchPiece pieces[] = {
                {one, others, LogitsWanted::none}, {two, tokens, LogitsWanted::all}, {three, others}};
            const auto logits = backend->forward(pieces, {});
            ASSERT_TRUE(logits.ok()) << logits.error().message;
            std::vector<float> both = expected;
            both.insert(both.end(), otherLast.begin(), otherLast.end());
            EXPECT_EQ(std::vector<float>(logits->begin(), logits->end()), both)
                << "cut " << cut << ", " << rows << " rows";
            EXPECT_EQ(backend->sequenceLength(one), 50);
        }
}

TEST_F(JoinedParts, tellWhatTheWholeTells) {
    const auto whole = model_.fast();
    const auto backend = joined(1);
    EXPECT_EQ(backend->info().device, "two");
    EXPECT_EQ(backend->info().weightBytes, whole->info().weightBytes);
    EXPECT_EQ(backend->info().bytesReadPerToken, whole->info().bytesReadPerToken);
    EXPECT_EQ(backend->info().kvBytesPerToken, whole->info().kvBytesPerToken);
    EXPECT_EQ(backend->info().vocabSize, kVocab);
    EXPECT_EQ(backend->info().contextLength, whole->info().contextLength);
    EXPECT_EQ(backend->info().preferredPrefillTokens, 24) << "the smaller";
    EXPECT_EQ(backend->info().stopShare, 0);
}

TEST_F(JoinedParts, aFailureOfEitherPartAtAnyChunkLeavesEverySequenceAsItWas) {
    const auto whole = model_.fast();
    const std::vector<TokenId> before = randomTokens(70, kVocab, random_), tokens = randomTokens(100, kVocab, random_),
                               after = randomTokens(3, kVocab, random_);
    std::vector<TokenId> all = before;
    all.insert(all.end(), after.begin(), after.end());
    const std::vector<float> expected = append(*whole, *whole->createSequence(), all);
    const auto backend = joined(2);
    for (Faults* faults : {&front_, &back_})
        for (int chunk = 0; chunk < 9; ++chunk) { // 200 tokens in chunks of 24
            const SequenceId one = *backend->createSequence();
            append(*backend, one, before, LogitsWanted::none);
            const SequenceId two = *backend->forkSequence(one);
            faults->failsAt = faults->forwards + chunk;
            const BatchPiece pieces[] = {{one, tokens}, {two, tokens}};
            const auto failed = backend->forward(pieces, {});
            ASSERT_FALSE(failed.ok());
            EXPECT_EQ(failed.error().kind, ErrorKind::outOfMemory);
            faults->failsAt.reset();
            for (const SequenceId each : {one, two}) {
                EXPECT_EQ(backend->sequenceLength(each), 70);
                EXPECT_EQ(append(*backend, each, after), expected) << "chunk " << chunk;
                backend->releaseSequence(each);
            }
        }
    EXPECT_EQ(front_.living, 0);
    EXPECT_EQ(back_.living, 0);
}

TEST_F(JoinedParts, aSequenceIsInBothOrInNone) {
    const auto backend = joined(2);
    const SequenceId kept = *backend->createSequence();
    for (Faults* faults : {&front_, &back_}) {
        faults->makesNoSequence = true;
        EXPECT_FALSE(backend->createSequence().ok());
        EXPECT_FALSE(backend->forkSequence(kept).ok());
        faults->makesNoSequence = false;
        EXPECT_EQ(front_.living, 1);
        EXPECT_EQ(back_.living, 1);
    }
    backend->releaseSequence(kept);
    backend->releaseSequence(kept);
    EXPECT_EQ(front_.living + back_.living, 0);
}

TEST_F(JoinedParts, refuseWhatTheContractRefusesBeforeAnythingIsDone) {
    const auto backend = joined(2, 24, 128);
    const SequenceId sequence = *backend->createSequence();
    const std::vector<TokenId> tokens(100, 3), foreign{kVocab};
    append(*backend, sequence, tokens, LogitsWanted::none);
    const int forwards = front_.forwards;
    const auto kindOf = [&](std::vector<BatchPiece> pieces, std::stop_token stop = {}) {
        const auto rows = backend->forward(pieces, stop);
        return rows.ok() ? ErrorKind::internal : rows.error().kind;
    };
    EXPECT_EQ(kindOf({{sequence, tokens}}), ErrorKind::contextFull);
    EXPECT_EQ(kindOf({{SequenceId{999}, std::span(tokens).first(1)}}), ErrorKind::invalidInput);
    EXPECT_EQ(kindOf({{sequence, std::span(tokens).first(1)}, {sequence, std::span(tokens).first(1)}}),
              ErrorKind::invalidInput);
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(kindOf({{sequence, std::span(tokens).first(1)}}, source.get_token()), ErrorKind::cancelled);
    EXPECT_EQ(front_.forwards, forwards);
    EXPECT_EQ(kindOf({{sequence, foreign}}), ErrorKind::invalidInput);
    EXPECT_FALSE(backend->truncateSequence(sequence, 101).ok());
    EXPECT_FALSE(backend->truncateSequence(SequenceId{999}, 0).ok());
    EXPECT_FALSE(backend->forkSequence(SequenceId{999}).ok());
    EXPECT_EQ(backend->sequenceLength(sequence), 100);
    EXPECT_EQ(append(*backend, sequence, {1}).size(), static_cast<std::size_t>(kVocab));
}

TEST_F(JoinedParts, forksAndCutsLeaveEverySequenceAsIfItWereFresh) {
    const auto backend = joined(3), whole = model_.fast();
    std::map<SequenceId, std::vector<TokenId>> texts;
    texts[*backend->createSequence()];
    for (int action = 0; action < 400; ++action) {
        auto it = texts.begin();
        std::advance(it, static_cast<std::ptrdiff_t>(random_() % texts.size()));
        switch (random_() % 5) {
        case 0:
            if (texts.size() < 12) texts[*backend->forkSequence(it->first)] = it->second;
            break;
        case 1:
            it->second.resize(it->second.size() - random_() % (std::min<std::size_t>(it->second.size(), 90) + 1));
            ASSERT_TRUE(backend->truncateSequence(it->first, static_cast<int>(it->second.size())).ok());
            break;
        case 2:
            if (texts.size() > 1) {
                backend->releaseSequence(it->first);
                texts.erase(it);
            }
            break;
        default: {
            const std::vector<TokenId> more = randomTokens(static_cast<int>(random_() % 40), kVocab, random_);
            if (it->second.size() + more.size() > 400) break;
            append(*backend, it->first, more, LogitsWanted::none);
            it->second.insert(it->second.end(), more.begin(), more.end());
        }
        }
    }
    for (auto& [id, text] : texts) {
        const std::vector<float> got = append(*backend, id, {7});
        text.push_back(7);
        const SequenceId fresh = *whole->createSequence();
        EXPECT_EQ(got, append(*whole, fresh, text));
        whole->releaseSequence(fresh);
    }
}

} // namespace
} // namespace tramontane::gpu
