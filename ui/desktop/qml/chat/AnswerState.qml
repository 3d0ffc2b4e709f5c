// Says in words that an answer is not whole, and offers the way on.
import QtQuick
import Tramontane

Rectangle {
    id: note
    property bool failed: false
    property bool stopped: false
    property bool canContinue: true
    property bool busy: false
    property string errorText
    signal continueRequested()
    signal retryRequested()

    implicitHeight: Math.max(words.implicitHeight, buttons.height) + 2 * Theme.space2
    radius: Theme.radius
    color: failed ? Theme.errorSurface : Theme.infoSurface

    Icon {
        id: icon
        x: Theme.space3
        anchors.verticalCenter: parent.verticalCenter
        glyph: note.failed ? "error" : "info"
        color: note.failed ? Theme.error : Theme.info
    }
    Text {
        id: words
        anchors.left: icon.right
        anchors.leftMargin: Theme.space2
        anchors.right: buttons.left
        anchors.rightMargin: Theme.space2
        anchors.verticalCenter: parent.verticalCenter
        text: note.failed ? (note.errorText === "" ? qsTr("The answer could not be finished.") : note.errorText)
            : note.stopped ? qsTr("Stopped. The text so far is kept.")
            : qsTr("Interrupted. The text so far is kept.")
        textFormat: Text.PlainText
        font.family: Theme.family
        font.pixelSize: Theme.textSmall
        color: Theme.text
        wrapMode: Text.Wrap
        Accessible.role: Accessible.AlertMessage
        Accessible.name: text
    }
    Row {
        id: buttons
        anchors.right: parent.right
        anchors.rightMargin: Theme.space2
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.space2
        AppButton {
            objectName: "retryAnswer"
            visible: note.failed || !note.canContinue
            text: qsTr("Try again")
            glyph: "regenerate"
            enabled: !note.busy
            onClicked: note.retryRequested()
        }
        AppButton {
            objectName: "continueAnswer"
            visible: note.canContinue
            text: qsTr("Continue")
            glyph: "continue"
            enabled: !note.busy
            onClicked: note.continueRequested()
        }
    }
}
