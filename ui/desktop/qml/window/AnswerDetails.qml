// How an answer was made: model, seed, every setting, device and speed; made once more by the same, or copied.
import QtQuick
import Tramontane

AppDialog {
    id: details
    objectName: "answerDetails"
    title: qsTr("How this answer was made")
    preferredWidth: Math.round(520 * Math.max(1, Theme.scale))
    property var messageId: 0
    property var figures: ({})
    readonly property bool sameModel: figures.fingerprint !== undefined && figures.fingerprint === App.engine.fingerprint
    readonly property var settings: {
        try {
            return figures.sampling ? JSON.parse(figures.sampling) : {}
        } catch (error) {
            return {}
        }
    }
    // Names and values, as they are shown and copied.
    readonly property var rows: {
        const list = [
            [qsTr("Model"), figures.modelName || ""],
            [qsTr("Fingerprint"), figures.fingerprint || ""],
            [qsTr("Device"), figures.device || ""],
            [qsTr("Ended by"), ending(figures.finishReason)],
            [qsTr("Prompt"), qsTr("%n token(s)", "", figures.promptTokens || 0)],
            [qsTr("Answer"), qsTr("%n token(s)", "", figures.newTokens || 0)],
            [qsTr("Time to first token"), qsTr("%1 ms").arg(number(figures.timeToFirstTokenMs || 0, 0))],
            [qsTr("Speed"), qsTr("%1 tokens/s").arg(number(figures.tokensPerSecond || 0, 1))],
            [qsTr("Seed"), settings.seed === undefined ? "" : figures.seed]
        ]
        for (const name in settings)
            if (name !== "seed") list.push([name, shown(settings[name])])
        return list.filter((row) => row[1] !== "")
    }

    function number(value, digits) { return Number(value).toLocaleString(Qt.locale(), "f", digits) }
    function shown(value) {
        if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)))
        if (Array.isArray(value)) return value.length === 0 ? "" : JSON.stringify(value)
        return typeof value === "object" ? JSON.stringify(value) : String(value)
    }
    function ending(reason) {
        return reason === "stop" ? qsTr("the model") : reason === "length" ? qsTr("the longest length")
             : reason === "cancelled" ? qsTr("Stop") : reason === "error" ? qsTr("an error") : ""
    }
    function show(id, made) {
        messageId = id
        figures = made
        open()
        again.forceActiveFocus(Qt.TabFocusReason)
    }

    Flickable {
        id: flick
        width: parent.width
        height: Math.min(table.implicitHeight, details.parent ? details.parent.height - 260 : 400)
        contentHeight: table.implicitHeight
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        Column {
            id: table
            objectName: "answerDetailRows"
            width: flick.width
            spacing: Theme.space1
            Repeater {
                model: details.rows
                Item {
                    id: entry
                    required property var modelData
                    width: table.width
                    height: Math.max(label.implicitHeight, value.implicitHeight)
                    AppLabel {
                        id: label
                        width: Math.round(parent.width * 0.38)
                        kind: "small"
                        text: entry.modelData[0]
                    }
                    AppLabel {
                        id: value
                        anchors.left: label.right
                        anchors.right: parent.right
                        kind: "small"
                        color: Theme.text
                        text: entry.modelData[1]
                        wrapMode: Text.WrapAtWordBoundaryOrAnywhere
                        Accessible.name: entry.modelData[0] + ": " + text
                    }
                }
            }
        }
    }
    AppLabel {
        width: parent.width
        kind: "small"
        visible: !details.sameModel
        text: qsTr("Another model is loaded now; the same answer needs the one above.")
    }
    buttons: [
        AppButton {
            objectName: "closeDetails"
            text: qsTr("Close")
            onClicked: details.close()
        },
        AppButton {
            id: again
            objectName: "runAgainExactly"
            kind: "primary"
            glyph: "regenerate"
            text: qsTr("Run again exactly")
            enabled: details.sameModel && details.settings.seed !== undefined && !App.session.generating
            onClicked: {
                App.session.regenerateExactly(details.messageId)
                details.close()
            }
        },
        AppButton {
            objectName: "copyDetails"
            glyph: "copy"
            text: qsTr("Copy")
            onClicked: App.session.copyText(details.rows.map((row) => row[0] + ": " + row[1]).join("\n"))
        }
    ]
}
