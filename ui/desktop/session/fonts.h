// The fonts that come with the program in, the application's font out, with what stands in for missing characters;
// and the style of the one panel that is Qt's.
#pragma once

namespace tramontane::desktop {

// Call once, after the application exists and before the first window.
void installFonts();

// Call once, before the first QML is loaded. Only Qt's folder dialog is styled, and it shows wherever the desktop has
// none of its own: Fusion takes all its colours from the window's palette, the others keep white grounds in the dark.
void installStyle();

} // namespace tramontane::desktop
