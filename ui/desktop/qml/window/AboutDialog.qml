// What this program is, its version, what it stands on.
import QtQuick
import Tramontane

AppDialog {
    id: about
    objectName: "aboutDialog"
    title: qsTr("Tramontane %1").arg(App.version)

    AppLabel {
        width: parent.width
        text: qsTr("Chat with a language model on your own computer. Named after the cold, clear north wind.")
    }
    AppLabel {
        width: parent.width
        kind: "small"
        text: qsTr("Nothing is sent anywhere: no account, no telemetry, no network use at all.")
    }
    AppLabel {
        width: parent.width
        kind: "small"
        text: qsTr("Open source under the Apache License 2.0. Built with Qt, SQLite, sentencepiece, md4c and JSON for Modern C++; set in Inter and Hack.")
    }
    AppLabel {
        width: parent.width
        kind: "small"
        visible: App.engine.fingerprint !== ""
        text: qsTr("Model: %1, fingerprint %2").arg(App.engine.modelName).arg(App.engine.fingerprint.substring(0, 16))
    }
    buttons: [
        AppButton {
            objectName: "closeAbout"
            text: qsTr("Close")
            onClicked: about.close()
        }
    ]
}
