// A link's whole address in; it opens in the browser only after the person has seen it and says so.
import QtQuick
import Tramontane

AppDialog {
    id: popup
    property string address
    readonly property bool mail: address.toLowerCase().startsWith("mailto:")
    readonly property string host: {
        const rest = address.replace(/^[a-z]+:\/*/i, "").split(/[\/?#]/)[0]
        return mail ? rest : rest.substring(rest.lastIndexOf("@") + 1)
    }
    signal openRequested(string address)

    objectName: "linkPopup"
    preferredWidth: Math.round(540 * Math.max(1, Theme.scale))
    title: mail ? qsTr("Write to this address?") : qsTr("Open this link in the browser?")

    function ask(where) {
        address = where
        open()
        openButton.forceActiveFocus(Qt.TabFocusReason)
    }

    AppLabel {
        width: parent.width
        text: popup.host
        font.weight: Font.DemiBold
        wrapMode: Text.WrapAnywhere
    }
    Rectangle {
        width: parent.width
        height: Math.min(whole.implicitHeight, 220)
        radius: Theme.radius
        color: Theme.codeSurface
        Flickable {
            anchors.fill: parent
            contentHeight: whole.implicitHeight
            clip: true
            boundsBehavior: Flickable.StopAtBounds
            TextEdit {
                id: whole
                objectName: "linkAddress"
                width: parent.width
                padding: Theme.space3
                text: popup.address
                textFormat: TextEdit.PlainText
                readOnly: true
                selectByMouse: true
                wrapMode: TextEdit.WrapAnywhere
                font.family: Theme.monoFamily
                font.pixelSize: Theme.codeSize
                color: Theme.text
                selectionColor: Theme.selection
                selectedTextColor: Theme.text
                Accessible.role: Accessible.StaticText
                Accessible.name: popup.address
            }
        }
    }
    buttons: [
        AppButton {
            id: openButton
            objectName: "openLink"
            kind: "primary"
            glyph: "external"
            text: popup.mail ? qsTr("Open in the mail program") : qsTr("Open in the browser")
            onClicked: {
                popup.openRequested(popup.address)
                popup.close()
            }
        },
        AppButton {
            objectName: "copyLink"
            text: qsTr("Copy the address")
            onClicked: {
                App.clipboard.setText(popup.address)
                popup.close()
            }
        },
        AppButton {
            objectName: "cancelLink"
            text: qsTr("Cancel")
            onClicked: popup.close()
        }
    ]
}
