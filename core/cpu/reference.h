// The model in plain float32 loops on dequantized weights (model/gptq.h): the oracle that every kernel is measured against.
// Each function is one operation of the model as its paper or Hugging Face's implementation has it.
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "core/base/result.h"
#include "core/cpu/model_views.h"
#include "core/engine/backend.h"
#include "core/engine/chat_engine.h"

namespace tramontane {

// Rows as floats, (rows, columns).
std::vector<float> referenceDense(const DenseView& view);

// out[i] = x[i] / sqrt(mean of squares + eps) * weight[i] (Zhang and Sennrich 2019).
void referenceRmsNorm(const float* x, const float* weight, int count, float eps, float* out);
// out[n] = bias[n] + sum of x[k] * weights[k][n]; weights (K, N), bias null for none.
void referenceLinear(const float* x, const float* weights, const float* bias, int inputs, int outputs, float* out);
// Turns dimension i with i + D/2 by position * theta^(-2i/D) (Su et al. 2021, rotate-half convention).
void referenceRotary(float* head, int headDim, int position, float theta);
float referenceSilu(float x);
// One query head over positions first..last-1: softmax(q . k / sqrt(D)) v. Position p of keys and values begins
// at p*stride.
void referenceAttention(const float* query, const float* keys, const float* values, int headDim, std::ptrdiff_t stride,
                        int first, int last, float* out);

// The whole model, one thread, sequences copied when forked. Needs 8 times the memory of the packed weights.
Result<std::unique_ptr<Backend>> makeReferenceBackend(ModelViews views, int contextLength, const LoadProgress& progress,
                                                      std::stop_token stop);
// The same as a BackendFactory.
Result<std::unique_ptr<Backend>> makeReferenceBackend(const ModelFiles& files, const ModelOptions& options,
                                                      const LoadProgress& progress, std::stop_token stop);

} // namespace tramontane
