// A file is there whole or not at all, and what had its name before stays until then.
#include "core/exchange/new_file.h"

#include <csignal>
#include <cstdlib>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exchange_fixture.h"

namespace tramontane {
namespace {

using testing::HasSubstr;

class NewFileTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "tramontane-newfile-XXXXXX").string();
        ASSERT_TRUE(::mkdtemp(name.data()));
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    std::vector<std::string> names() const {
        std::vector<std::string> list;
        for (const auto& entry : std::filesystem::directory_iterator(folder_)) list.push_back(entry.path().filename());
        std::sort(list.begin(), list.end());
        return list;
    }
    std::filesystem::path folder_;
};

TEST_F(NewFileTest, isThereWholeAndForItsOwnerOnly) {
    valueOf(writeNewFile(folder_ / "a.md", "first"));
    valueOf(writeNewFile(folder_ / "a.md", "second"));
    EXPECT_EQ(fileBytes(folder_ / "a.md"), "second");
    EXPECT_THAT(names(), testing::ElementsAre("a.md"));
    struct stat status {};
    ASSERT_EQ(::stat((folder_ / "a.md").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(NewFileTest, withoutACommitLeavesWhatWasThere) {
    valueOf(writeNewFile(folder_ / "a.md", "first"));
    {
        NewFile file = valueOf(NewFile::create(folder_ / "a.md"));
        valueOf(file.write("half of the sec"));
        EXPECT_EQ(names().size(), 2u);
    }
    EXPECT_THAT(names(), testing::ElementsAre("a.md"));
    EXPECT_EQ(fileBytes(folder_ / "a.md"), "first");
}

TEST_F(NewFileTest, aFullDiskLeavesNothingAndSaysWhy) {
    // A limit on the size of files stands for the disk.
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit before {};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = before;
    small.rlim_cur = 10'000;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const Result<void> written = writeNewFile(folder_ / "a.md", std::string(20'000, 'x'));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().kind, ErrorKind::io);
    EXPECT_THAT(written.error().message, HasSubstr("a.md cannot be written: "));
    EXPECT_THAT(names(), testing::IsEmpty());
}

TEST_F(NewFileTest, saysWhyThereIsNoPlaceForIt) {
    EXPECT_THAT(writeNewFile(folder_ / "none" / "a.md", "x").error().message, HasSubstr("cannot be written: "));
    EXPECT_THAT(writeNewFile(folder_, "x").error().message, HasSubstr("it is a folder"));
    valueOf(writeNewFile(folder_ / std::string(255, 'n'), "long name"));
    EXPECT_THAT(writeNewFile(folder_ / std::string(256, 'n'), "x").error().message,
                HasSubstr("cannot be given its name: "));
    EXPECT_EQ(names().size(), 1u);
}

TEST_F(NewFileTest, replacesWhatALinkLeadsToAndKeepsTheLink) {
    valueOf(writeNewFile(folder_ / "real.md", "first"));
    std::filesystem::create_symlink("real.md", folder_ / "link.md");
    valueOf(writeNewFile(folder_ / "link.md", "second"));
    EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "link.md"));
    EXPECT_EQ(fileBytes(folder_ / "real.md"), "second");
}

} // namespace
} // namespace tramontane
