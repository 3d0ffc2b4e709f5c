// The row under an answer: copy, regenerate, its variants, its menu, how fast it was.
import QtQuick
import Tramontane

FocusScope {
    id: actions
    property bool shown: true
    property bool busy: false
    property bool copied: false
    property int siblingIndex: 0
    property int siblingCount: 1
    property var figures: ({})
    readonly property bool cutShort: figures.finishReason === "length"
    signal copyRequested()
    signal regenerateRequested()
    signal continueRequested()
    signal step(int by)
    signal editRequested()
    signal detailsRequested()
    signal deleteRequested()

    implicitHeight: row.height
    opacity: shown ? 1 : 0
    Behavior on opacity { NumberAnimation { duration: Theme.quick } }

    Row {
        id: row
        x: -8
        IconButton {
            objectName: "copyAnswer"
            glyph: actions.copied ? "check" : "copy"
            tint: actions.copied ? Theme.success : Theme.textSecondary
            name: actions.copied ? qsTr("Copied") : qsTr("Copy the answer")
            size: Theme.controlHeight - 4
            onClicked: {
                actions.copyRequested()
                actions.copied = true
                back.restart()
            }
            Timer { id: back; interval: 1600; onTriggered: actions.copied = false }
        }
        IconButton {
            objectName: "regenerate"
            glyph: "regenerate"
            name: qsTr("Another answer")
            shortcut: "Ctrl+R"
            size: Theme.controlHeight - 4
            enabled: !actions.busy
            onClicked: actions.regenerateRequested()
        }
        IconButton {
            objectName: "continueLong"
            visible: actions.cutShort
            glyph: "continue"
            name: qsTr("Continue: the answer reached its longest length")
            size: Theme.controlHeight - 4
            enabled: !actions.busy
            onClicked: actions.continueRequested()
        }
        VariantSwitch {
            index: actions.siblingIndex
            count: actions.siblingCount
            enabled: !actions.busy
            onStep: (by) => actions.step(by)
        }
        IconButton {
            id: more
            objectName: "answerMenu"
            glyph: "more"
            quiet: menu.visible
            name: qsTr("More for this answer")
            size: Theme.controlHeight - 4
            onClicked: menu.popup(more, 0, more.height)
        }
    }
    Text {
        anchors.right: parent.right
        anchors.left: row.right
        anchors.leftMargin: Theme.space3
        anchors.verticalCenter: parent.verticalCenter
        horizontalAlignment: Text.AlignRight
        visible: actions.figures.newTokens > 0
        text: visible ? qsTr("%n token(s)", "", actions.figures.newTokens) + " · "
                        + qsTr("%1 tokens/s").arg(Number(actions.figures.tokensPerSecond).toLocaleString(Qt.locale(), "f", 1))
                      : ""
        textFormat: Text.PlainText
        font.family: Theme.family
        font.pixelSize: Theme.textTiny
        color: Theme.textSecondary
        elide: Text.ElideRight
        Accessible.role: Accessible.StaticText
        Accessible.name: text
    }
    AppMenu {
        id: menu
        widest: Math.round(260 * Math.max(1, Theme.scale))
        AppMenuItem {
            objectName: "editAnswerItem"
            text: qsTr("Edit the answer")
            glyph: "edit"
            enabled: !actions.busy
            onTriggered: Qt.callLater(actions.editRequested)
        }
        AppMenuItem {
            objectName: "detailsItem"
            text: qsTr("How this was made…")
            glyph: "info"
            enabled: actions.figures.modelName !== undefined
            onTriggered: Qt.callLater(actions.detailsRequested)
        }
        AppMenuSeparator {}
        AppMenuItem {
            objectName: "deleteAnswerItem"
            text: qsTr("Delete the answer")
            glyph: "trash"
            danger: true
            enabled: !actions.busy
            onTriggered: Qt.callLater(actions.deleteRequested)
        }
    }
}
