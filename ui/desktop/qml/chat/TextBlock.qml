// A paragraph, a heading or plain text: selectable; links are told by `linkActivated` and never opened here.
import QtQuick
import Tramontane

TextEdit {
    id: block
    property string html
    property string plain
    property int level: 0 // above 0: a heading
    property var links: []
    property bool byPointer: false // clicked into: nothing to show the keyboard's place for

    text: html === "" ? plain : Theme.rich(html)
    textFormat: html === "" ? TextEdit.PlainText : TextEdit.RichText
    readOnly: true
    selectByMouse: true
    persistentSelection: false
    wrapMode: TextEdit.Wrap
    font.family: Theme.family
    font.pixelSize: level === 1 ? Math.round(Theme.textSize * 1.5) : level === 2 ? Math.round(Theme.textSize * 1.3)
                  : level === 3 ? Math.round(Theme.textSize * 1.13) : Theme.textSize
    font.weight: level > 0 ? Font.DemiBold : Font.Normal
    color: Theme.text
    selectionColor: Theme.selection
    selectedTextColor: Theme.text
    activeFocusOnTab: links.length > 0
    Accessible.role: level > 0 ? Accessible.Heading : links.length > 0 ? Accessible.Link : Accessible.StaticText
    Accessible.name: plain
    Accessible.onPressAction: linkKeys.open()
    Keys.onReturnPressed: linkKeys.open()
    Keys.onEnterPressed: linkKeys.open()
    Keys.onSpacePressed: linkKeys.open()

    property LinkKeys linkKeys: LinkKeys {
        host: block
        links: block.links
        onLinkActivated: (address) => block.linkActivated(address)
    }
    HoverHandler {
        cursorShape: block.hoveredLink !== "" ? Qt.PointingHandCursor : Qt.IBeamCursor
    }
    PointHandler { id: pointer; onActiveChanged: if (active) block.byPointer = true }
    onActiveFocusChanged: if (!activeFocus) byPointer = false
    FocusRing { control: block; visible: block.activeFocus && block.activeFocusOnTab && !block.byPointer }
}
