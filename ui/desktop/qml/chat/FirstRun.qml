// The first start: what answers here, how to open a real model, and that everything stays on this computer.
import QtQuick
import Tramontane

Item {
    id: first
    signal started()
    signal openModelRequested()

    implicitHeight: column.height

    component Point: Row {
        id: point
        property string glyph
        property string title
        property string words
        width: parent ? parent.width : 0
        spacing: Theme.space4
        Rectangle {
            id: disc
            width: 40
            height: 40
            radius: 13
            color: Theme.selected
            Icon {
                anchors.centerIn: parent
                glyph: point.glyph
                color: Theme.accent
            }
        }
        Column {
            width: parent.width - disc.width - parent.spacing
            spacing: 2
            AppLabel {
                width: parent.width
                text: point.title
                font.weight: Font.DemiBold
            }
            AppLabel {
                kind: "small"
                width: parent.width
                text: point.words
            }
        }
    }

    Column {
        id: column
        width: Math.min(parent.width, 600 * Math.max(1, Theme.scale))
        anchors.centerIn: parent
        spacing: Theme.space5

        AppLabel {
            kind: "title"
            width: parent.width
            text: qsTr("Welcome to Tramontane")
        }
        AppLabel {
            width: parent.width
            text: qsTr("A language model that runs on your own computer, and a quiet window to talk with it.")
            color: Theme.textSecondary
        }
        Point {
            glyph: "wind"
            title: qsTr("A guide is built in")
            words: qsTr("It answers at once, in English. It is a very small model: good at explaining Tramontane, small talk and sums, and often wrong about everything else.")
        }
        Point {
            glyph: "folder"
            title: qsTr("Open a real model when you want one")
            words: qsTr("Get the folder of Mistral-7B-Instruct-v0.3-GPTQ-4bit (about 4.2 GB, published by neuralmagic) on any computer, then choose it with Open model. It needs about 5 GB of memory.")
        }
        Point {
            glyph: "shield"
            title: qsTr("Nothing leaves this computer")
            words: qsTr("No account, no network. Conversations are saved as they are written, in one file of yours.")
        }
        Flow {
            width: parent.width
            spacing: Theme.space2
            AppButton {
                objectName: "startWithGuide"
                kind: "primary"
                text: qsTr("Start with the built-in guide")
                onClicked: first.started()
            }
            AppButton {
                objectName: "firstRunOpenModel"
                glyph: "folder"
                text: qsTr("Open a model…")
                onClicked: first.openModelRequested()
            }
        }
    }
}
