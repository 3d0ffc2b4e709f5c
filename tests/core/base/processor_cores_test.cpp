// How many threads on which processor, by trees like /sys of machines that are not here.
#include <fstream>
#include <numeric>
#include <thread>

#include <gtest/gtest.h>

#include "core/base/processor_cores.h"

namespace tramontane {
namespace {

namespace fs = std::filesystem;

class ProcessorCoresTest : public ::testing::Test {
protected:
    void SetUp() override {
        sys = fs::path(::testing::TempDir()) /
              ("sys-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "-" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::remove_all(sys);
    }
    void TearDown() override { fs::remove_all(sys); }
    void write(const std::string& file, const std::string& line) {
        fs::create_directories((sys / file).parent_path());
        std::ofstream(sys / file) << line << '\n';
    }
    void processor(int number, const std::string& siblings, int megahertz = 0, int capacity = 0) {
        const std::string folder = "devices/system/cpu/cpu" + std::to_string(number) + "/";
        write(folder + "topology/thread_siblings_list", siblings);
        if (megahertz > 0) write(folder + "cpufreq/cpuinfo_max_freq", std::to_string(megahertz * 1000));
        if (capacity > 0) write(folder + "cpu_capacity", std::to_string(capacity));
    }
    static std::vector<int> first(int count) {
        std::vector<int> numbers(static_cast<std::size_t>(count));
        std::iota(numbers.begin(), numbers.end(), 0);
        return numbers;
    }
    fs::path sys;
};

TEST_F(ProcessorCoresTest, count_takesHyperThreadsForOneCore) {
    for (int n = 0; n < 8; ++n) processor(n, std::to_string(n % 4) + "," + std::to_string(n % 4 + 4), 4800);
    EXPECT_EQ(coreCountOf(sys, first(8)), 4);
    EXPECT_EQ(coreCountOf(sys, {0, 4}), 1);
    EXPECT_EQ(coreCountOf(sys, {1, 2, 6}), 2);
}

TEST_F(ProcessorCoresTest, count_leavesTheLowPowerCoresOfAHybridProcessorOut) {
    // 6 fast cores with two threads each, 8 efficient ones, 2 of low power, as a laptop has them.
    for (int n = 0; n < 12; ++n) processor(n, std::to_string(n / 2 * 2) + "-" + std::to_string(n / 2 * 2 + 1), 4800);
    for (int n = 12; n < 20; ++n) processor(n, std::to_string(n), 3800);
    for (int n = 20; n < 22; ++n) processor(n, std::to_string(n), 2500);
    write("devices/cpu_core/cpus", "0-11");
    write("devices/cpu_atom/cpus", "12-21");
    EXPECT_EQ(coreCountOf(sys, first(22)), 14);
    EXPECT_EQ(coreCountOf(sys, {20, 21}), 2); // where they are all there is, they are the fastest
}

TEST_F(ProcessorCoresTest, count_goesByCapacityWhereLinuxKnowsIt) {
    for (int n = 0; n < 4; ++n) processor(n, std::to_string(n), 1800, 400);
    for (int n = 4; n < 7; ++n) processor(n, std::to_string(n), 2400, 800);
    processor(7, "7", 2800, 1024);
    EXPECT_EQ(coreCountOf(sys, first(8)), 4);
}

TEST_F(ProcessorCoresTest, count_staysWithinTheQuotaOfTheControlGroup) {
    for (int n = 0; n < 16; ++n) processor(n, std::to_string(n), 3000);
    EXPECT_EQ(coreCountOf(sys, first(16)), 16);
    write("fs/cgroup/cpu.max", "max 100000");
    EXPECT_EQ(coreCountOf(sys, first(16)), 16);
    write("fs/cgroup/cpu.max", "250000 100000");
    EXPECT_EQ(coreCountOf(sys, first(16)), 3);
    write("fs/cgroup/cpu.max", "5000 100000");
    EXPECT_EQ(coreCountOf(sys, first(16)), 1);
    write("fs/cgroup/cpu.max", "many");
    EXPECT_EQ(coreCountOf(sys, first(16)), 16);
}

TEST_F(ProcessorCoresTest, count_isThatOfTheProcessorsWhereNothingIsKnown) {
    EXPECT_EQ(coreCountOf(sys, first(5)), 5);
    EXPECT_EQ(coreCountOf(sys, {}), 1);
    processor(0, "0"); // no speed at all
    processor(1, "1", 3000);
    EXPECT_EQ(coreCountOf(sys, first(2)), 2);
}

TEST_F(ProcessorCoresTest, usableCoreCount_isOneOrMore) {
    EXPECT_GE(usableCoreCount(), 1);
    EXPECT_LE(usableCoreCount(), std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
}

} // namespace
} // namespace tramontane
