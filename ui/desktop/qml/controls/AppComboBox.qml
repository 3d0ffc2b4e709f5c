// One of several, in a list that opens.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.ComboBox {
    id: box
    property string name

    implicitWidth: 220
    implicitHeight: Theme.controlHeight
    leftPadding: Theme.space3
    rightPadding: Theme.space3 + Theme.iconSize + Theme.space1
    font.family: Theme.family
    font.pixelSize: Theme.textSmall
    focusPolicy: Qt.StrongFocus
    Accessible.name: name
    Keys.onReturnPressed: popup.open()
    Keys.onEnterPressed: popup.open()

    contentItem: Text {
        text: box.displayText
        textFormat: Text.PlainText
        font: box.font
        color: Theme.text
        elide: Text.ElideRight
        verticalAlignment: Text.AlignVCenter
        Accessible.ignored: true
    }
    indicator: Icon {
        x: box.width - width - Theme.space3
        anchors.verticalCenter: parent.verticalCenter
        glyph: "chevron-down"
    }
    background: Rectangle {
        radius: Theme.radius
        color: box.down ? Theme.pressed : box.hovered ? Theme.hover : Theme.surface
        border.width: 1
        border.color: Theme.outline
    }
    delegate: AppMenuItem {
        required property var model
        required property int index
        width: ListView.view.width
        text: box.textRole === "" ? model.modelData : model[box.textRole] !== undefined ? model[box.textRole] : model.modelData[box.textRole]
        checked: box.currentIndex === index
        highlighted: box.highlightedIndex === index
    }
    popup: T.Popup {
        y: box.height + 4
        width: box.width
        implicitHeight: Math.min(contentItem.implicitHeight + 2 * padding, 320)
        padding: 4
        margins: 8
        contentItem: ListView {
            clip: true
            implicitHeight: contentHeight
            model: box.delegateModel
            currentIndex: box.highlightedIndex
            T.ScrollBar.vertical: AppScrollBar {}
        }
        background: PopupSurface {}
    }
    FocusRing { control: box; radius: Theme.radius + gap }
}
