// Before the first question: a greeting and four ways to begin.
import QtQuick
import QtQuick.Templates as T
import Tramontane

Item {
    id: empty
    readonly property bool builtIn: App.engine.modelIsBuiltIn
    readonly property bool anyModel: App.engine.modelName !== ""
    // The built-in guide speaks English alone, so what is asked of it stays English.
    readonly property var suggestions: builtIn || !anyModel ? [
        "What can you do?",
        "How do I open a larger model?",
        "Where are my conversations saved?",
        "Tell me a short story about the wind."
    ] : [
        qsTr("Explain how tides work, in a few sentences."),
        qsTr("Write a polite reply that declines a meeting."),
        qsTr("Compare three ways to store passwords in a table."),
        qsTr("Write a Python function that finds the median.")
    ]
    signal chosen(string text)

    implicitHeight: column.height

    Column {
        id: column
        width: parent.width
        anchors.centerIn: parent
        spacing: Theme.space5
        Rectangle {
            anchors.horizontalCenter: parent.horizontalCenter
            width: 56
            height: 56
            radius: 18
            color: Theme.selected
            Icon {
                anchors.centerIn: parent
                glyph: "wind"
                size: 32
                color: Theme.accent
            }
        }
        AppLabel {
            kind: "title"
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: qsTr("What is on your mind?")
        }
        AppLabel {
            objectName: "whoAnswers"
            kind: "small"
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            visible: empty.anyModel
            text: empty.builtIn ? qsTr("The built-in guide answers. It is small, knows Tramontane best, and speaks English.")
                                : qsTr("%1 answers, on this computer alone.").arg(App.engine.modelName)
        }
        Flow {
            id: chips
            anchors.horizontalCenter: parent.horizontalCenter
            width: Math.min(parent.width, 640 * Math.max(1, Theme.scale))
            readonly property int perRow: width >= 480 ? 2 : 1
            spacing: Theme.space2
            Repeater {
                model: empty.suggestions
                T.AbstractButton {
                    id: chip
                    required property string modelData
                    required property int index
                    objectName: "suggestion" + index
                    width: (chips.width - (chips.perRow - 1) * chips.spacing) / chips.perRow
                    height: Math.max(words.implicitHeight + 2 * Theme.space3, Theme.controlHeight + 8)
                    hoverEnabled: true
                    focusPolicy: Qt.StrongFocus
                    Accessible.role: Accessible.Button
                    Accessible.name: modelData
                    onClicked: empty.chosen(modelData)
                    Keys.onReturnPressed: clicked()
                    Keys.onEnterPressed: clicked()
                    contentItem: Item {
                        Text {
                            id: words
                            anchors.verticalCenter: parent.verticalCenter
                            x: Theme.space4
                            width: parent.width - 2 * Theme.space4
                            text: chip.modelData
                            textFormat: Text.PlainText
                            font.family: Theme.family
                            font.pixelSize: Theme.textSmall
                            color: Theme.text
                            wrapMode: Text.Wrap
                            Accessible.ignored: true
                        }
                    }
                    background: Rectangle {
                        radius: Theme.radius
                        color: chip.down ? Theme.pressed : chip.hovered ? Theme.hover : Theme.surface
                        border.width: 1
                        border.color: Theme.line
                    }
                    FocusRing { control: chip; radius: Theme.radius + gap }
                }
            }
        }
    }
}
