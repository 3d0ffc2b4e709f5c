// A model being opened: what, how far, and a way to stop it. Short loads do not show.
import QtQuick
import Tramontane

Item {
    id: bar
    readonly property bool loading: App.engine.status === EngineState.Loading
    property bool late: false

    visible: loading && late
    implicitHeight: visible ? Math.max(cancel.height, words.implicitHeight) + line.height + Theme.space3 : 0
    onLoadingChanged: {
        late = false
        if (loading) wait.restart(); else wait.stop()
    }
    Component.onCompleted: if (loading) wait.start()
    Timer { id: wait; interval: 400; onTriggered: bar.late = true }

    Text {
        id: words
        anchors.left: parent.left
        anchors.right: cancel.left
        anchors.rightMargin: Theme.space3
        anchors.verticalCenter: cancel.verticalCenter
        text: qsTr("Opening %1").arg(App.engine.loadingName) + (App.engine.loadStage === "" ? "" : " · " + App.engine.loadStage)
              + " · " + Number(Math.floor(App.engine.loadFraction * 100)).toLocaleString(Qt.locale(), "f", 0) + " %"
        textFormat: Text.PlainText
        font.family: Theme.family
        font.pixelSize: Theme.textSmall
        color: Theme.textSecondary
        elide: Text.ElideRight
        Accessible.role: Accessible.StaticText
        Accessible.name: text
    }
    AppButton {
        id: cancel
        objectName: "cancelLoading"
        anchors.right: parent.right
        text: qsTr("Cancel")
        onClicked: App.engine.cancelLoading()
    }
    ProgressLine {
        id: line
        anchors.bottom: parent.bottom
        width: parent.width
        value: App.engine.loadFraction
        name: qsTr("Opening the model")
    }
}
