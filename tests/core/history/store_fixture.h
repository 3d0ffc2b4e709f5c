// A folder of its own for each test, and stores in it that must open.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "core/history/history_store.h"
#include "hooked_vfs.h"

namespace tramontane {

// How often a randomized test repeats: a few in an ordinary run, as many as the environment says at night.
inline int roundCount(const char* variable, int ordinary) {
    const char* text = std::getenv(variable);
    return text && std::atoi(text) > 0 ? std::atoi(text) : ordinary;
}

inline std::string fileBytes(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

inline void writeBytes(const std::filesystem::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

// ASSERT_OK(x): x is a Result without an error. valueOf(x): its value; the test fails by exception
// where there is none.
#define ASSERT_OK(expression)                                                                                          \
    do {                                                                                                               \
        const auto& assertOkResult = (expression);                                                                     \
        ASSERT_TRUE(assertOkResult.ok()) << assertOkResult.error().message;                                            \
    } while (false)

template <class T>
T valueOf(Result<T> result) {
    if (!result.ok()) throw std::runtime_error(result.error().message);
    return std::move(result).value();
}
inline void valueOf(const Result<void>& result) {
    if (!result.ok()) throw std::runtime_error(result.error().message);
}

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "tramontane-history-XXXXXX").string();
        if (!::mkdtemp(name.data())) std::abort();
        path_ = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

class StoreTest : public testing::Test {
protected:
    HistoryStore open() { return valueOf(HistoryStore::open(file(), options())); }
    // A clock that moves a millisecond at each look, and no waiting for the disk.
    HistoryOptions options() {
        HistoryOptions made;
        made.clock = [this] { return ++time_; };
        made.vfsName = vfs_.name();
        return made;
    }
    std::filesystem::path file() const { return folder_.path() / "history.sqlite"; }
    const std::filesystem::path& folder() const { return folder_.path(); }

    static NewMessage question(ConversationId conversation, std::optional<MessageId> parent, std::string text) {
        return {conversation, parent, Role::user, std::move(text)};
    }
    static NewMessage answer(ConversationId conversation, std::optional<MessageId> parent, std::string text = {},
                             MessageStatus status = MessageStatus::partial) {
        return {conversation, parent, Role::assistant, std::move(text), status};
    }
    // However busy the machine is.
    static SearchQuery patiently(SearchQuery query) {
        query.timeLimitMs = 60'000;
        return query;
    }
    static std::vector<std::string> texts(const std::vector<BranchMessage>& branch) {
        std::vector<std::string> list;
        for (const BranchMessage& entry : branch) list.push_back(entry.message.text);
        return list;
    }

    UnixMilliseconds time_ = 1'700'000'000'000;
    HookedVfs vfs_;

private:
    TemporaryFolder folder_;
};

} // namespace tramontane
