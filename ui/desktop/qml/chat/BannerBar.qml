// What the person has to know now, in a sentence, with at most two ways on.
import QtQuick
import Tramontane

Rectangle {
    id: bar
    property var banner
    readonly property int type: banner ? banner.type : Banner.None
    readonly property color ink: type === Banner.Error ? Theme.error : type === Banner.Warning ? Theme.warning : Theme.info

    visible: type !== Banner.None
    implicitHeight: visible ? content.implicitHeight + 2 * Theme.space3 : 0
    radius: Theme.radius
    color: type === Banner.Error ? Theme.errorSurface : type === Banner.Warning ? Theme.warningSurface : Theme.infoSurface
    Accessible.role: Accessible.AlertMessage
    Accessible.name: banner ? banner.text : ""
    Accessible.description: banner ? banner.detail : ""

    Icon {
        id: icon
        x: Theme.space3
        y: Theme.space3
        glyph: bar.type === Banner.Error ? "error" : bar.type === Banner.Warning ? "warning" : "info"
        color: bar.ink
    }
    Column {
        id: content
        anchors.left: icon.right
        anchors.leftMargin: Theme.space3
        anchors.right: close.visible ? close.left : parent.right
        anchors.rightMargin: Theme.space3
        y: Theme.space3
        spacing: Theme.space2
        Text {
            width: parent.width
            text: bar.banner ? bar.banner.text : ""
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.textSmall
            font.weight: Font.DemiBold
            color: Theme.text
            wrapMode: Text.Wrap
            Accessible.ignored: true
        }
        Text {
            width: parent.width
            visible: text !== ""
            text: bar.banner ? bar.banner.detail : ""
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.textTiny
            color: Theme.textSecondary
            wrapMode: Text.Wrap
            maximumLineCount: 4
            elide: Text.ElideRight
            Accessible.ignored: true
        }
        Flow {
            width: parent.width
            spacing: Theme.space2
            visible: first.text !== "" || second.text !== ""
            AppButton {
                id: first
                objectName: "bannerAction"
                visible: text !== ""
                kind: "primary"
                text: bar.banner ? bar.banner.actionText : ""
                onClicked: bar.banner.action()
            }
            AppButton {
                id: second
                objectName: "bannerSecondAction"
                visible: text !== ""
                text: bar.banner ? bar.banner.secondActionText : ""
                onClicked: bar.banner.secondAction()
            }
        }
    }
    IconButton {
        id: close
        objectName: "bannerClose"
        anchors.right: parent.right
        anchors.rightMargin: Theme.space1
        y: Theme.space1
        visible: bar.banner ? bar.banner.dismissable : false
        glyph: "close"
        name: qsTr("Dismiss")
        onClicked: bar.banner.dismiss()
    }
}
