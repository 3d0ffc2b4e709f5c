// A panel in the middle of the window that takes the keyboard until it is closed.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.Popup {
    id: dialog
    property string title
    property int preferredWidth: Math.round(460 * Math.max(1, Theme.scale))
    default property alias content: column.data
    property alias buttons: buttonRow.data

    parent: T.Overlay.overlay
    anchors.centerIn: parent
    width: Math.min(preferredWidth, parent ? parent.width - 32 : preferredWidth)
    implicitHeight: contentItem.implicitHeight + topPadding + bottomPadding
    padding: Theme.space5
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside

    contentItem: FocusScope {
        implicitHeight: column.implicitHeight + buttonRow.height + (buttonRow.visible ? Theme.space5 : 0)
        focus: true
        Accessible.role: Accessible.Dialog
        Accessible.name: dialog.title
        Column {
            id: column
            width: parent.width
            spacing: Theme.space3
            AppLabel {
                kind: "heading"
                text: dialog.title
                width: parent.width
                visible: text !== ""
            }
        }
        Flow {
            id: buttonRow
            anchors.bottom: parent.bottom
            width: parent.width
            layoutDirection: Qt.RightToLeft
            spacing: Theme.space2
            visible: children.length > 0
        }
    }
    background: PopupSurface { radius: Theme.radiusLarge }
    T.Overlay.modal: Rectangle { color: Theme.scrim }
}
