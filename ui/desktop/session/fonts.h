// The fonts that come with the program in, the application's font out, with what stands in for missing characters.
#pragma once

namespace tramontane::desktop {

// Call once, after the application exists and before the first window.
void installFonts();

} // namespace tramontane::desktop
