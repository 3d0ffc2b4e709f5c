// Mapped files: their bytes, word of their change, and survival of their loss.
#include "core/files/mapped_file.h"

#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/model_builder.h"

namespace tramontane {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;
using testing::writeFile;

constexpr std::size_t pageBytes = 4096;

// The sum is used, so that the reads happen.
unsigned sumOf(std::span<const std::byte> bytes) {
    unsigned sum = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 64) sum += unsigned(bytes[i]);
    return sum;
}

struct MappedFileTest : ::testing::Test {
    TemporaryFolder folder;
    std::filesystem::path path = folder.path() / "file";

    MappedFile openPages(std::size_t pages) {
        writeFile(path, std::string(pages * pageBytes, '\1'));
        Result<MappedFile> file = MappedFile::open(path);
        EXPECT_TRUE(file.ok());
        return std::move(file).value();
    }
};

TEST_F(MappedFileTest, givesTheBytesOfTheFile) {
    writeFile(path, "hello");
    const Result<MappedFile> file = MappedFile::open(path);
    ASSERT_TRUE(file.ok()) << file.error().message;
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()), "hello");
    EXPECT_TRUE(file->checkUnchanged().ok());
}

TEST_F(MappedFileTest, opensAnEmptyFileAsNoBytes) {
    writeFile(path, "");
    const Result<MappedFile> file = MappedFile::open(path);
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(file->bytes().empty());
}

TEST_F(MappedFileTest, refusesFoldersPipesAndWhatIsNotThere) {
    EXPECT_THAT(MappedFile::open(folder.path()).error().message, HasSubstr("not a regular file"));
    EXPECT_EQ(MappedFile::open(path).error().kind, ErrorKind::notFound);
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    EXPECT_THAT(MappedFile::open(path).error().message, HasSubstr("not a regular file")) << "and does not wait";
}

TEST_F(MappedFileTest, keepsItsBytesWhenItMoves) {
    MappedFile first = openPages(2);
    const std::byte* address = first.bytes().data();
    MappedFile second = std::move(first);
    EXPECT_EQ(second.bytes().data(), address);
    EXPECT_EQ(sumOf(second.bytes()), 128u);
    first = openPages(1);
    std::swap(first, second);
    EXPECT_EQ(first.bytes().data(), address);
}

TEST_F(MappedFileTest, noticesEveryWayAFileChanges) {
    const auto changed = [&](const std::function<void()>& change) {
        const MappedFile file = openPages(4);
        EXPECT_TRUE(file.checkUnchanged().ok());
        change();
        const Result<void> check = file.checkUnchanged();
        return !check.ok() && check.error().kind == ErrorKind::changedOnDisk &&
               check.error().message.find("the model changed on disk") == 0;
    };
    EXPECT_TRUE(changed([&] { std::filesystem::resize_file(path, pageBytes); })) << "cut";
    EXPECT_TRUE(changed([&] { std::filesystem::resize_file(path, 5 * pageBytes); })) << "grown";
    EXPECT_TRUE(changed([&] { std::filesystem::remove(path); })) << "removed";
    EXPECT_TRUE(changed([&] {
        writeFile(folder.path() / "other", std::string(4 * pageBytes, '\1'));
        std::filesystem::rename(folder.path() / "other", path);
    })) << "replaced";
    EXPECT_TRUE(changed([&] {
        // Long enough for the file system's clock to have moved on.
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.put('\2');
    })) << "rewritten in place";
}

TEST_F(MappedFileTest, readsACutFileAsZerosAndSaysSo) {
    const MappedFile file = openPages(1024);
    EXPECT_EQ(sumOf(file.bytes()), 1024u * 64);
    std::filesystem::resize_file(path, 3 * pageBytes + 100);
    EXPECT_EQ(sumOf(file.bytes()), 3u * 64 + 2) << "two of the kept bytes of the fourth page are summed";
    EXPECT_EQ(file.checkUnchanged().error().kind, ErrorKind::changedOnDisk);
    std::filesystem::resize_file(path, 1024 * pageBytes);
    EXPECT_FALSE(file.checkUnchanged().ok());
}

TEST_F(MappedFileTest, remembersALostPageThoughTheFileLooksAsItDid) {
    const MappedFile file = openPages(16);
    const auto modified = std::filesystem::last_write_time(path);
    std::filesystem::resize_file(path, 0);
    std::filesystem::resize_file(path, 16 * pageBytes);
    std::filesystem::last_write_time(path, modified);
    EXPECT_TRUE(file.checkUnchanged().ok()) << "no page was missed so far";
    std::filesystem::resize_file(path, 0);
    EXPECT_EQ(sumOf(file.bytes()), 0u);
    std::filesystem::resize_file(path, 16 * pageBytes);
    std::filesystem::last_write_time(path, modified);
    EXPECT_FALSE(file.checkUnchanged().ok());
}

TEST_F(MappedFileTest, survivesManyThreadsReadingACutFile) {
    const MappedFile file = openPages(4096);
    std::filesystem::resize_file(path, 0);
    std::vector<std::thread> readers;
    std::atomic<unsigned> sum = 0;
    for (int i = 0; i < 8; ++i) readers.emplace_back([&] { sum += sumOf(file.bytes()); });
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(sum, 0u);
    EXPECT_FALSE(file.checkUnchanged().ok());
}

TEST_F(MappedFileTest, thatIsLostDoesNotSpeakForAnother) {
    const MappedFile lost = openPages(16);
    const std::filesystem::path second = folder.path() / "second";
    writeFile(second, std::string(16 * pageBytes, '\3'));
    const Result<MappedFile> kept = MappedFile::open(second);
    std::filesystem::resize_file(path, 0);
    EXPECT_EQ(sumOf(lost.bytes()), 0u);
    EXPECT_FALSE(lost.checkUnchanged().ok());
    EXPECT_TRUE(kept->checkUnchanged().ok());
    EXPECT_EQ(sumOf(kept->bytes()), 16u * 64 * 3);
}

TEST_F(MappedFileTest, findsItsRangeWhereverOthersLie) {
    // The place in the table that the first file leaves goes to one that lies below the second in memory.
    auto first = std::make_unique<MappedFile>(openPages(4));
    const std::filesystem::path second = folder.path() / "second", third = folder.path() / "third";
    writeFile(second, std::string(4 * pageBytes, '\3'));
    const Result<MappedFile> above = MappedFile::open(second);
    first.reset();
    writeFile(third, std::string(4096 * pageBytes, '\1'));
    const Result<MappedFile> below = MappedFile::open(third);
    std::filesystem::resize_file(second, 0);
    EXPECT_EQ(sumOf(above->bytes()), 0u);
    EXPECT_FALSE(above->checkUnchanged().ok());
    EXPECT_TRUE(below->checkUnchanged().ok());
    EXPECT_EQ(sumOf(below->bytes()), 4096u * 64);
}

TEST_F(MappedFileTest, canBeOpenedAndClosedWithoutEnd) {
    writeFile(path, std::string(100, '\1'));
    for (int i = 0; i < 2000; ++i) ASSERT_TRUE(MappedFile::open(path).ok()) << i;
    std::vector<MappedFile> open;
    for (;;) {
        Result<MappedFile> file = MappedFile::open(path);
        if (!file) {
            EXPECT_EQ(file.error().kind, ErrorKind::busy);
            break;
        }
        open.push_back(std::move(file).value());
        ASSERT_LE(open.size(), 10000u);
    }
    EXPECT_GE(open.size(), 200u);
    open.clear();
    EXPECT_TRUE(MappedFile::open(path).ok());
}

TEST_F(MappedFileTest, hintsKeepTheBytes) {
    const MappedFile file = openPages(64);
    file.willRead(file.bytes().subspan(100, 10000));
    file.release(file.bytes());
    EXPECT_EQ(sumOf(file.bytes()), 64u * 64);
    const std::byte outside[4]{};
    file.release(outside);
    file.willRead({});
    std::filesystem::resize_file(path, 0);
    file.willRead(file.bytes()); // no page is there; a hint must not raise the signal
    EXPECT_EQ(sumOf(file.bytes()), 0u);
}

TEST(FaultGuardDeath, busErrorsElsewhereStillEndTheProcess) {
    ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
    EXPECT_EXIT(
        {
            TemporaryFolder folder;
            const std::filesystem::path path = folder.path() / "file";
            writeFile(path, std::string(pageBytes, '\1'));
            const Result<MappedFile> guarded = MappedFile::open(path); // installs the handler
            writeFile(folder.path() / "other", std::string(pageBytes, '\1'));
            FILE* other = std::fopen((folder.path() / "other").c_str(), "r+");
            const auto* bytes =
                static_cast<const volatile char*>(mmap(nullptr, pageBytes, PROT_READ, MAP_SHARED, fileno(other), 0));
            if (ftruncate(fileno(other), 0) == 0) _exit(bytes[10]); // not protected: the signal, not an exit
        },
        [](int status) { return !WIFEXITED(status) || WEXITSTATUS(status) != 0; }, "");
}

TEST(FaultGuardDeath, anEarlierHandlerStillHearsOfOtherBusErrors) {
    ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
    EXPECT_EXIT(
        {
            std::signal(SIGBUS, [](int) { _exit(42); });
            TemporaryFolder folder;
            writeFile(folder.path() / "file", std::string(pageBytes, '\1'));
            const Result<MappedFile> guarded = MappedFile::open(folder.path() / "file");
            std::raise(SIGBUS);
        },
        ::testing::ExitedWithCode(42), "");
}

} // namespace
} // namespace tramontane
