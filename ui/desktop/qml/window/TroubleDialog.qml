// Something the person asked for could not be done: says what and why.
import QtQuick
import Tramontane

AppDialog {
    id: dialog
    property string message

    function show(words) {
        message = words
        open()
    }
    onOpened: close.forceActiveFocus(Qt.TabFocusReason)
    AppLabel {
        objectName: "troubleMessage"
        width: parent.width
        text: dialog.message
        wrapMode: Text.Wrap
        Accessible.role: Accessible.AlertMessage
    }
    buttons: [
        AppButton {
            id: close
            objectName: "closeTrouble"
            text: qsTr("Close")
            onClicked: dialog.close()
        }
    ]
}
