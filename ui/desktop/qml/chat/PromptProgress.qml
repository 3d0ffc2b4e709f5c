// Before the first word: the model opens, reads the conversation, or thinks.
import QtQuick
import Tramontane

Item {
    id: progress
    readonly property bool loading: App.engine.status === EngineState.Loading || App.engine.status === EngineState.Starting
    readonly property bool reading: App.session.readingPrompt && App.session.prefillFraction < 1

    implicitHeight: row.height + Theme.space2
    Row {
        id: row
        spacing: Theme.space3
        height: Math.max(caret.height, words.implicitHeight)
        StreamCaret {
            id: caret
            anchors.verticalCenter: parent.verticalCenter
        }
        Text {
            id: words
            anchors.verticalCenter: parent.verticalCenter
            text: progress.loading ? qsTr("Waiting for the model")
                : progress.reading ? qsTr("Reading the conversation") : qsTr("Thinking")
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.textSmall
            color: Theme.textSecondary
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
        ProgressLine {
            anchors.verticalCenter: parent.verticalCenter
            visible: progress.reading && !progress.loading
            value: App.session.prefillFraction
            name: qsTr("Reading the conversation")
        }
    }
}
