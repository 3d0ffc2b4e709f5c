// Why an answer ended, as programs and files spell it.
#pragma once

namespace tramontane {

enum class FinishReason { stop, length, cancelled, error };
const char* finishReasonName(FinishReason reason); // "stop", "length", "cancelled", "error"

} // namespace tramontane
