// Looking for a GPU harms nothing where there is none, and what is found is told truly.
#include <gtest/gtest.h>

#include <algorithm>

#include "gpu/device/discovery.h"

namespace tramontane::gpu {
namespace {

TEST(GpuDiscovery, saysInASentenceWhyThereIsNone) {
    const GpuDiscovery found = discoverGpus();
    if (!found.devices.empty()) GTEST_SKIP() << "this machine has " << found.devices.front().name;
    EXPECT_NE(found.explanation.find("CPU"), std::string::npos) << found.explanation;
    EXPECT_EQ(found.explanation.back(), '.');
}

TEST(GpuDiscovery, givesTheSameAnswerEachTime) {
    const GpuDiscovery first = discoverGpus(), second = discoverGpus();
    EXPECT_EQ(first.devices.size(), second.devices.size());
    EXPECT_EQ(first.explanation, second.explanation);
}

TEST(GpuDiscovery, listsUsableDevicesWithTheMostFreeMemoryFirst) {
    const GpuDiscovery found = discoverGpus();
    if (found.devices.empty()) GTEST_SKIP() << found.explanation;
    EXPECT_TRUE(std::is_sorted(found.devices.begin(), found.devices.end(),
                               [](const auto& a, const auto& b) { return a.freeBytes > b.freeBytes; }));
    for (const GpuDevice& device : found.devices) {
        EXPECT_FALSE(device.name.empty());
        EXPECT_GE(device.computeMajor, 8);
        EXPECT_GT(device.multiprocessors, 0);
        EXPECT_GT(device.freeBytes, 0u);
        EXPECT_LE(device.freeBytes, device.totalBytes);
    }
}

} // namespace
} // namespace tramontane::gpu
