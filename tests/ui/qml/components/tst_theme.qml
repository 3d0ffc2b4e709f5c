// The theme: text and marks stand out as WCAG AA asks, in light and in dark, and follow the text size.
import QtQuick
import QtTest
import Tramontane

Item {
    width: 100
    height: 100

    TestCase {
        name: "theme"
        when: windowShown

        function light(channel) { return channel <= 0.04045 ? channel / 12.92 : Math.pow((channel + 0.055) / 1.055, 2.4) }
        function luminance(color) { return 0.2126 * light(color.r) + 0.7152 * light(color.g) + 0.0722 * light(color.b) }
        function contrast(a, b) {
            const one = luminance(a), two = luminance(b)
            return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05)
        }
        function cleanup() {
            App.preferences.theme = "system"
            App.preferences.textScale = 1
        }
        function test_contrast_data() { return [{tag: "light", theme: "light"}, {tag: "dark", theme: "dark"}] }
        function test_contrast(data) {
            App.preferences.theme = data.theme
            compare(Theme.dark, data.theme === "dark")
            const text = [
                ["text", "window"], ["text", "side"], ["text", "surface"], ["text", "raised"], ["text", "bubble"],
                ["text", "codeSurface"], ["text", "codeInline"], ["text", "hover"], ["text", "pressed"], ["text", "selected"],
                ["text", "selection"], ["text", "match"], ["text", "infoSurface"], ["text", "warningSurface"], ["text", "errorSurface"],
                ["textSecondary", "window"], ["textSecondary", "side"], ["textSecondary", "surface"], ["textSecondary", "raised"],
                ["textSecondary", "codeSurface"], ["textSecondary", "hover"], ["textSecondary", "selected"],
                ["textSecondary", "errorSurface"], ["textSecondary", "warningSurface"], ["textSecondary", "infoSurface"],
                ["textOnAccent", "accent"], ["textOnAccent", "accentHover"], ["link", "window"], ["link", "raised"],
                ["error", "raised"], ["error", "window"], ["error", "errorSurface"], ["warning", "side"], ["success", "codeSurface"]
            ]
            for (const [ink, ground] of text)
                verify(contrast(Theme[ink], Theme[ground]) >= 4.5, ink + " on " + ground + ": " + contrast(Theme[ink], Theme[ground]))
            for (const [mark, ground] of [["outline", "surface"], ["outline", "window"], ["outline", "raised"], ["accent", "window"],
                                          ["focus", "window"], ["focus", "side"], ["focus", "raised"], ["success", "side"],
                                          ["error", "side"], ["warning", "side"], ["outline", "side"]])
                verify(contrast(Theme[mark], Theme[ground]) >= 3, mark + " on " + ground + ": " + contrast(Theme[mark], Theme[ground]))
        }
        function test_textSize() {
            const before = Theme.textSize
            App.preferences.textScale = 2
            compare(Theme.textSize, 2 * before)
            verify(Theme.controlHeight > 36)
        }
    }
}
