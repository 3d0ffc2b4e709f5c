// Memory from the system (large) or the heap (small); /proc/meminfo and the control group in, bytes left out.
#include "core/cpu/pages.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <new>
#include <string>

#include <sys/mman.h>

namespace tramontane {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kMapFrom = std::numeric_limits<std::size_t>::max(); // the heap has guard zones
#else
constexpr std::size_t kMapFrom = std::size_t{1} << 20;
#endif

constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();

// The number after `key` in a file of "key number" lines; kUnknown where there is none.
std::uint64_t readField(const char* path, const std::string& key) {
    std::ifstream file(path);
    std::uint64_t value = 0;
    for (std::string line; std::getline(file, line);) {
        if (line.compare(0, key.size(), key) != 0) continue;
        value = std::strtoull(line.c_str() + key.size(), nullptr, 10);
        return value;
    }
    return kUnknown;
}

std::uint64_t readNumber(const char* path) {
    std::ifstream file(path);
    std::uint64_t value = 0;
    return file >> value ? value : kUnknown; // "max" is no number
}

} // namespace

Result<Pages> Pages::allocate(std::size_t sizeBytes) {
    const auto refuse = [&] {
        return makeError(ErrorKind::outOfMemory, "the system gave no " + std::to_string(sizeBytes >> 20) +
                                                     " MB of memory: close other programs or use a shorter context");
    };
    Pages pages;
    pages.sizeBytes_ = sizeBytes;
    if (sizeBytes < kMapFrom) {
        pages.data_ = ::operator new(std::max<std::size_t>(sizeBytes, 1), std::align_val_t(64), std::nothrow);
        if (pages.data_ == nullptr) return refuse();
        std::memset(pages.data_, 0, sizeBytes);
        return pages;
    }
    // One huge page more than needed, so that the data can begin on one; the rest goes back.
    if (sizeBytes > std::numeric_limits<std::size_t>::max() / 2) return refuse();
    const std::size_t wanted = (sizeBytes + 4095) / 4096 * 4096;
    void* raw = mmap(nullptr, wanted + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) return refuse();
    const auto address = reinterpret_cast<std::uintptr_t>(raw);
    const std::uintptr_t aligned = (address + kHugePage - 1) / kHugePage * kHugePage;
    if (aligned > address) munmap(raw, aligned - address);
    const std::uintptr_t end = aligned + wanted;
    if (const std::size_t rest = address + wanted + kHugePage - end; rest > 0)
        munmap(reinterpret_cast<void*>(end), rest);
    pages.data_ = reinterpret_cast<void*>(aligned);
    pages.mappedBytes_ = wanted;
#if defined(MADV_HUGEPAGE)
    madvise(pages.data_, wanted, MADV_HUGEPAGE);
#endif
    return pages;
}

Pages::~Pages() {
    if (mappedBytes_ > 0)
        munmap(data_, mappedBytes_);
    else if (data_ != nullptr)
        ::operator delete(data_, std::align_val_t(64));
}

std::uint64_t availableMemoryBytes() {
    std::uint64_t available = kUnknown;
    if (const std::uint64_t kilobytes = readField("/proc/meminfo", "MemAvailable:"); kilobytes != kUnknown)
        available = kilobytes * 1024;
    const std::uint64_t limit = readNumber("/sys/fs/cgroup/memory.max");
    const std::uint64_t used = readNumber("/sys/fs/cgroup/memory.current");
    if (limit != kUnknown && used != kUnknown) {
        std::uint64_t cache = readField("/sys/fs/cgroup/memory.stat", "inactive_file ");
        if (cache == kUnknown) cache = 0;
        const std::uint64_t taken = used > cache ? used - cache : 0;
        available = std::min(available, limit > taken ? limit - taken : 0);
    }
    return available;
}

} // namespace tramontane
