// A mapped range of memory in; reads of pages that the file lost give zeros instead of killing the process.
#pragma once

#include <cstddef>

namespace tramontane {

// While it lives, SIGBUS inside [base, base+length) puts zero pages from the faulting page to the end of the
// range and raises a flag; every other SIGBUS goes to whoever handled it before. At most 256 ranges at once:
// one more is not protected, which `active` tells. The range must be page aligned and outlive the guard.
class FaultGuard {
public:
    FaultGuard() = default;
    FaultGuard(void* base, std::size_t length);
    FaultGuard(FaultGuard&& other) noexcept;
    FaultGuard& operator=(FaultGuard&& other) noexcept;
    ~FaultGuard();

    bool active() const { return slot_ >= 0; }
    // True once a page of the range was not there.
    bool faulted() const;

private:
    int slot_ = -1;
};

} // namespace tramontane
