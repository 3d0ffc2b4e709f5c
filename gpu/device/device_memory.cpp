// cudaMalloc, and what its errors mean to a person.
#include "gpu/device/device_memory.h"

#include "gpu/device/memory_limit.h"

namespace tramontane::gpu {

Error deviceError(cudaError_t error, const char* what) {
    cudaGetLastError(); // a refused allocation would be reported again by the next launch
    if (error == cudaErrorMemoryAllocation)
        return makeError(ErrorKind::outOfMemory, std::string("the GPU has too little free memory for ") + what +
                                                     ": choose a shorter context or close other programs");
    return makeError(ErrorKind::internal, std::string("the GPU failed at ") + what + ": " + cudaGetErrorString(error));
}

Result<std::uint64_t> freeDeviceBytes(std::uint64_t limitBytes) {
    std::size_t free = 0, total = 0;
    TRY_OK(checkCuda(cudaMemGetInfo(&free, &total), "asking for its free memory"));
    return freeWithin(limitBytes, free, total);
}

Result<DeviceMemory> DeviceMemory::allocate(std::size_t sizeBytes) {
    DeviceMemory memory;
    if (sizeBytes == 0) return memory;
    if (const cudaError_t error = cudaMalloc(&memory.data_, sizeBytes); error != cudaSuccess) {
        memory.data_ = nullptr;
        return deviceError(error, "a buffer");
    }
    memory.sizeBytes_ = sizeBytes;
    return memory;
}

} // namespace tramontane::gpu
