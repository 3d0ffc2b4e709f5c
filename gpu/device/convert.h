// Dense tensors of any dtype in, f16 out.
#pragma once

#include <cstddef>

#include <cuda_fp16.h>
#include <cuda_runtime_api.h>

#include "core/base/dtype.h"

namespace tramontane::gpu {

// `from` (count) f16, bf16 or f32, aligned to 4 bytes. Rounds to the nearest, beyond the range to infinity.
cudaError_t convertToHalf(const void* from, DType dtype, __half* to, std::size_t count, cudaStream_t stream);

} // namespace tramontane::gpu
