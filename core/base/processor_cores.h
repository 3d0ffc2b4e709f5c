// What the system says of the processor in, how many threads compute best on it out.
#pragma once

#include <filesystem>
#include <vector>

namespace tramontane {

// Physical cores that this process may use and that are worth a thread of their own, at least 1:
// - hyper-threads of one core count once, because they share what the kernels are limited by;
// - cores of less than half the speed of the fastest one do not count (the low-power ones of hybrid processors): a step
//   has some 200 phases, and each would wait for them; slower ones above that take fewer of a phase's tasks;
// - no more than the control group's share of the processors, rounded up.
int usableCoreCount();

// The same from a tree like /sys and the processors that the process may run on. Files that are missing say nothing.
int coreCountOf(const std::filesystem::path& sys, const std::vector<int>& allowedProcessors);

} // namespace tramontane
