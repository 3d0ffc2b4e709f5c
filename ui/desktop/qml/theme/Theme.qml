// The desktop's wishes (dark or light, text size) in; every colour, size and space of the window out.
pragma Singleton
import QtQuick
import Tramontane

QtObject {
    id: theme

    readonly property bool dark: App.preferences.dark
    readonly property real scale: App.preferences.textScale

    // Surfaces, from the back to the front.
    readonly property color window: dark ? "#11161c" : "#fbfcfd"
    readonly property color side: dark ? "#0c1116" : "#f1f4f8"
    readonly property color surface: dark ? "#19212a" : "#ffffff"
    readonly property color raised: dark ? "#202a35" : "#ffffff"
    readonly property color bubble: dark ? "#1f2c3a" : "#e8f0f9"
    readonly property color codeSurface: dark ? "#0c1116" : "#f1f4f8"
    readonly property color codeInline: dark ? "#26313d" : "#e9eef4"
    readonly property color hover: dark ? "#1d2731" : "#e6ebf1"
    readonly property color pressed: dark ? "#273441" : "#d9e1ea"
    readonly property color selected: dark ? "#213246" : "#dbe8f7"
    readonly property color scrim: dark ? "#99000000" : "#66202a36"

    // Lines. `line` parts surfaces; `outline` is what shows where a control is.
    readonly property color line: dark ? "#27323d" : "#dfe5ec"
    readonly property color outline: dark ? "#6b7b8b" : "#7c8a99"

    // Text.
    readonly property color text: dark ? "#e5ebf1" : "#18212c"
    readonly property color textSecondary: dark ? "#a3b1bf" : "#4f5d6c"
    readonly property color textOnAccent: dark ? "#07131f" : "#ffffff"
    readonly property color link: dark ? "#7cb9f5" : "#14589f"

    // Meaning.
    readonly property color accent: dark ? "#6eb1f0" : "#1863b0"
    readonly property color accentHover: dark ? "#8cc2f5" : "#12508f"
    readonly property color focus: dark ? "#8cc2f5" : "#1863b0"
    readonly property color info: dark ? "#7cb9f5" : "#14589f"
    readonly property color infoSurface: dark ? "#16283a" : "#e6f0fb"
    readonly property color warning: dark ? "#e9b95c" : "#7a5200"
    readonly property color warningSurface: dark ? "#33280f" : "#fdf3dc"
    readonly property color error: dark ? "#f49a92" : "#a8261c"
    readonly property color errorSurface: dark ? "#3a1a17" : "#fdebe9"
    readonly property color success: dark ? "#7fd1a0" : "#1d6b3f"
    readonly property color match: dark ? "#5a4a14" : "#ffe9a3"
    readonly property color selection: dark ? "#2f5d8c" : "#b9d6f5"

    // Type.
    readonly property string family: "Inter"
    readonly property string monoFamily: "Hack"
    readonly property int textSize: Math.round(15 * scale)
    readonly property int textSmall: Math.round(13 * scale)
    readonly property int textTiny: Math.round(12 * scale)
    readonly property int textLarge: Math.round(18 * scale)
    readonly property int textTitle: Math.round(24 * scale)
    readonly property int codeSize: Math.round(13.5 * scale)

    // Space, in steps.
    readonly property int space1: 4
    readonly property int space2: 8
    readonly property int space3: 12
    readonly property int space4: 16
    readonly property int space5: 24
    readonly property int space6: 32
    readonly property int space7: 48

    readonly property int radiusSmall: 6
    readonly property int radius: 10
    readonly property int radiusLarge: 16

    readonly property int controlHeight: Math.round(36 * Math.max(1, scale))
    readonly property int iconSize: Math.round(18 * Math.max(1, scale))
    readonly property int columnWidth: Math.round(760 * Math.max(1, scale))
    readonly property int sidebarWidth: Math.round(272 * Math.max(1, 0.6 + 0.4 * scale))
    readonly property int focusWidth: 2
    readonly property int quick: 120 // milliseconds

    // Rich text is coloured where it is parsed: this goes in front of it and changes with the theme.
    readonly property string richStyle: "<style>p{margin:0;line-height:150%}" +
        "a{color:" + link + ";text-decoration:underline}" +
        "b{font-weight:600}" +
        "code{font-family:'" + monoFamily + "';font-size:" + Math.round(13 * scale) + "px;background-color:" + codeInline + "}" +
        "</style>"
    readonly property string cellStyle: richStyle.replace("line-height:150%", "line-height:120%")

    function rich(html) { return richStyle + "<p>" + html + "</p>" }
    function richCell(html) { return cellStyle + "<p>" + html + "</p>" }
    function icon(name) { return "qrc:/Tramontane/icons/" + name + ".svg" }

    // Plain text as rich text that shows exactly that.
    function escaped(plain) {
        return plain.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;")
    }
}
