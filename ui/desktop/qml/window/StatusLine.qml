// At the bottom: the model, the device, how fast it writes, and how full its context is.
import QtQuick
import Tramontane

Rectangle {
    id: line
    readonly property int used: App.session.contextUsed
    readonly property int size: App.session.contextSize
    readonly property real fill: size > 0 ? used / size : 0
    readonly property string usedText: Number(used).toLocaleString(Qt.locale(), "f", 0)
    readonly property string sizeText: Number(size).toLocaleString(Qt.locale(), "f", 0)
    readonly property bool wide: width > 620 * Math.max(1, Theme.scale)

    implicitHeight: Math.round(30 * Math.max(1, Theme.scale))
    color: Theme.side
    Accessible.role: Accessible.StatusBar
    Accessible.name: qsTr("Status")

    component Words: Text {
        textFormat: Text.PlainText
        font.family: Theme.family
        font.pixelSize: Theme.textTiny
        color: Theme.textSecondary
        elide: Text.ElideRight
        anchors.verticalCenter: parent.verticalCenter
        Accessible.role: Accessible.StaticText
        Accessible.name: text
    }

    Rectangle { width: parent.width; height: 1; color: Theme.line }
    Rectangle {
        id: light
        x: Theme.space4
        anchors.verticalCenter: parent.verticalCenter
        width: 8
        height: 8
        radius: 4
        color: App.engine.status === EngineState.Ready ? Theme.success
             : App.engine.status === EngineState.Failed ? Theme.error : Theme.warning
    }
    Words {
        id: model
        objectName: "statusModel"
        anchors.left: light.right
        anchors.leftMargin: Theme.space2
        width: Math.min(implicitWidth, Math.max(80, parent.width * 0.3))
        text: App.engine.modelName !== "" ? App.engine.modelName
            : App.engine.status === EngineState.Failed ? qsTr("No model") : qsTr("Opening the model")
        color: Theme.text
    }
    Words {
        id: device
        objectName: "statusDevice"
        anchors.left: model.right
        anchors.leftMargin: Theme.space4
        anchors.right: speed.left
        anchors.rightMargin: Theme.space3
        text: App.engine.deviceName
    }
    Words {
        id: speed
        objectName: "statusSpeed"
        anchors.right: context.left
        anchors.rightMargin: Theme.space4
        visible: App.session.tokensPerSecond > 0
        text: !visible ? "" : qsTr("%1 tokens/s").arg(Number(App.session.tokensPerSecond).toLocaleString(Qt.locale(), "f", 1))
    }
    Row {
        id: context
        objectName: "statusContext"
        anchors.right: parent.right
        anchors.rightMargin: Theme.space4
        height: parent.height
        spacing: Theme.space2
        visible: line.size > 0
        ProgressLine {
            anchors.verticalCenter: parent.verticalCenter
            visible: line.wide
            implicitWidth: 72
            value: line.fill
            name: qsTr("Context used")
        }
        Words {
            text: line.wide ? qsTr("%1 of %2 tokens").arg(line.usedText).arg(line.sizeText)
                            : line.usedText + " / " + line.sizeText
            color: line.fill > 0.9 ? Theme.warning : Theme.textSecondary
            Accessible.name: qsTr("Context: %1 of %2 tokens used").arg(line.usedText).arg(line.sizeText)
        }
    }
    HoverHandler { id: hover }
    ToolTipBubble {
        x: line.width - implicitWidth - 8
        visible: hover.hovered && App.session.contextSize > 0
        text: App.engine.deviceNote === "" ? qsTr("How much of what the model can look at, at once, is in use")
                                           : App.engine.deviceNote
    }
}
