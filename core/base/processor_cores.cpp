// Reads the topology, the speeds and the quota, all of them small files.
#include "core/base/processor_cores.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace tramontane {
namespace {

std::string readLine(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::optional<double> readNumber(const std::filesystem::path& path) {
    std::istringstream line(readLine(path));
    double number = 0;
    if (line >> number && number > 0) return number;
    return std::nullopt;
}

// Whether a list like "0-3,8,10-11" has `processor`.
bool listHas(const std::string& list, int processor) {
    std::istringstream ranges(list);
    for (std::string range; std::getline(ranges, range, ',');) {
        std::istringstream ends(range);
        int first = 0, last = 0;
        char dash = 0;
        if (!(ends >> first)) continue;
        last = ends >> dash >> last && dash == '-' ? last : first;
        if (first <= processor && processor <= last) return true;
    }
    return false;
}

// Relative to each other; 0 where nothing is known. Linux gives capacities on arm64 and, lately, on hybrid x86; before
// that, there are frequencies and the list of the efficient cores, which do about 0.7 as much in a cycle.
double speedOf(const std::filesystem::path& sys, const std::filesystem::path& processor, int number) {
    if (const auto capacity = readNumber(processor / "cpu_capacity")) return *capacity;
    constexpr double kEfficientWork = 0.7;
    const bool efficient = listHas(readLine(sys / "devices/cpu_atom/cpus"), number);
    return readNumber(processor / "cpufreq/cpuinfo_max_freq").value_or(0) * (efficient ? kEfficientWork : 1.0);
}

// "200000 100000": microseconds of all processors together in so many; "max 100000" is no limit.
std::optional<int> quotaOf(const std::filesystem::path& sys) {
    std::istringstream line(readLine(sys / "fs/cgroup/cpu.max"));
    double quota = 0, period = 0;
    if (!(line >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
    return std::max(1, static_cast<int>(std::ceil(quota / period)));
}

} // namespace

int coreCountOf(const std::filesystem::path& sys, const std::vector<int>& allowedProcessors) {
    std::map<std::string, double> cores; // by the list of a core's hyper-threads: its speed
    int unknown = 0;
    for (const int number : allowedProcessors) {
        const std::filesystem::path processor = sys / "devices/system/cpu" / ("cpu" + std::to_string(number));
        const std::string siblings = readLine(processor / "topology/thread_siblings_list");
        if (siblings.empty())
            ++unknown;
        else
            cores[siblings] = speedOf(sys, processor, number);
    }
    double fastest = 0;
    for (const auto& [siblings, speed] : cores) fastest = std::max(fastest, speed);
    int count = unknown;
    for (const auto& [siblings, speed] : cores)
        if (speed * 2 >= fastest || speed == 0) ++count;
    if (const auto quota = quotaOf(sys)) count = std::min(count, *quota);
    return std::max(1, count);
}

int usableCoreCount() {
    std::vector<int> allowed;
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
            if (CPU_ISSET(cpu, &set)) allowed.push_back(cpu);
#endif
    if (allowed.empty()) return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    return coreCountOf("/sys", allowed);
}

} // namespace tramontane
