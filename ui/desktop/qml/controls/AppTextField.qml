// One line of text to write in.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.TextField {
    id: field
    property bool valid: true

    implicitWidth: 160
    implicitHeight: Theme.controlHeight
    leftPadding: Theme.space3
    rightPadding: Theme.space3
    verticalAlignment: TextInput.AlignVCenter
    font.family: Theme.family
    font.pixelSize: Theme.textSmall
    color: Theme.text
    selectionColor: Theme.selection
    selectedTextColor: Theme.text
    placeholderTextColor: Theme.textSecondary
    selectByMouse: true
    Accessible.name: placeholderText

    Text { // the template draws no placeholder
        x: field.leftPadding
        width: field.width - field.leftPadding - field.rightPadding
        height: field.height
        visible: field.length === 0 && field.preeditText === ""
        text: field.placeholderText
        textFormat: Text.PlainText
        font: field.font
        color: field.placeholderTextColor
        elide: Text.ElideRight
        verticalAlignment: Text.AlignVCenter
        Accessible.ignored: true
    }
    background: Rectangle {
        radius: Theme.radius
        color: Theme.surface
        border.width: field.activeFocus || !field.valid ? Theme.focusWidth : 1
        border.color: !field.valid ? Theme.error : field.activeFocus ? Theme.focus : Theme.outline
    }
}
