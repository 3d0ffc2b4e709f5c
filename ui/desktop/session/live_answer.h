// An answer that is being made, in whichever conversation it belongs to.
#pragma once

#include "ui/desktop/bridge/messages.h"

namespace tramontane::desktop {

struct LiveAnswer {
    Key conversation = 0, answer = 0;
    PromptJob job;
    QString text;              // all of it so far
    qsizetype startLength = 0; // of an answer that is continued: what was there before
    LiveFigures figures;
    int promptDone = 0, promptTotal = 0;
    bool submitted = false; // its question is safe on disk and the engine has the job
};

} // namespace tramontane::desktop
