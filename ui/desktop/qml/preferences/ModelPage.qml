// Which model answers, on what, and how much of a conversation it sees.
import QtQuick
import Tramontane

Column {
    id: page
    signal openModelRequested()
    readonly property int contextMaximum: App.preferences.contextMaximum
    spacing: Theme.space5

    SettingBlock {
        title: qsTr("Model")
        explanation: App.engine.modelName === "" ? qsTr("No model is open.")
                   : App.engine.modelIsBuiltIn ? qsTr("The built-in guide: a very small model that comes with Tramontane.")
                   : App.engine.modelName
        AppLabel {
            width: parent.width
            kind: "small"
            visible: text !== ""
            text: App.engine.modelIsBuiltIn ? "" : App.engine.modelPath
            wrapMode: Text.WrapAnywhere
            font.family: Theme.monoFamily
        }
        Flow {
            width: parent.width
            spacing: Theme.space2
            AppButton {
                objectName: "chooseModel"
                glyph: "folder"
                text: qsTr("Open model…")
                onClicked: page.openModelRequested()
            }
            AppButton {
                objectName: "useBuiltIn"
                text: qsTr("Use the built-in model")
                enabled: !App.engine.modelIsBuiltIn
                onClicked: App.engine.useBuiltIn()
            }
        }
    }
    SettingBlock {
        title: qsTr("Device")
        explanation: App.engine.deviceNote !== "" ? App.engine.deviceNote
                   : qsTr("Automatic takes the graphics card where it can be used, else the processor.")
        SegmentedChoice {
            width: parent.width
            objectName: "device"
            name: qsTr("Device")
            value: App.preferences.device
            options: [
                {value: "auto", label: qsTr("Automatic")},
                {value: "cpu", label: qsTr("CPU")},
                {value: "cuda", label: qsTr("GPU")}
            ]
            onChosen: (value) => App.preferences.device = value
        }
    }
    SettingBlock {
        id: gpuLayers
        readonly property bool automatic: App.preferences.gpuLayers < 0
        title: qsTr("GPU layers")
        explanation: qsTr("How many of the model's layers the graphics card computes; the processor computes the others. Automatic takes as many as fit into its memory.")
        enabled: App.preferences.device !== "cpu"
        opacity: enabled ? 1 : 0.5
        Row {
            spacing: Theme.space3
            SegmentedChoice {
                objectName: "gpuLayers"
                anchors.verticalCenter: parent.verticalCenter
                name: gpuLayers.title
                value: gpuLayers.automatic ? "auto" : "number"
                options: [
                    {value: "auto", label: qsTr("Automatic")},
                    {value: "number", label: qsTr("Number")}
                ]
                onChosen: (value) => {
                    if (value === "auto") App.preferences.gpuLayers = -1
                    else if (gpuLayers.automatic) App.preferences.gpuLayers = Math.ceil(App.engine.layerCount / 2)
                }
            }
            NumberField {
                objectName: "gpuLayersField"
                anchors.verticalCenter: parent.verticalCenter
                name: gpuLayers.title
                visible: !gpuLayers.automatic
                value: Math.max(0, App.preferences.gpuLayers)
                minimum: 0
                maximum: App.engine.layerCount > 0 ? App.engine.layerCount : 1000
                integer: true
                onEdited: (value) => App.preferences.gpuLayers = value
            }
        }
    }
    SettingBlock {
        title: qsTr("Threads")
        explanation: qsTr("How many processor cores the model may use. Automatic suits most computers.")
        Row {
            spacing: Theme.space3
            AppSlider {
                id: threads
                objectName: "threads"
                name: qsTr("Threads")
                anchors.verticalCenter: parent.verticalCenter
                from: 0
                to: App.preferences.maximumThreads
                stepSize: 1
                snapMode: AppSlider.SnapAlways
                value: App.preferences.threads
                onMoved: App.preferences.threads = Math.round(value)
            }
            AppLabel {
                anchors.verticalCenter: parent.verticalCenter
                lineHeight: 1
                text: App.preferences.threads === 0 ? qsTr("Automatic") : String(App.preferences.threads)
            }
        }
    }
    SettingBlock {
        title: qsTr("Context length")
        explanation: qsTr("How many tokens the model can look at, at once. More context needs more memory; 0 is automatic.")
        Row {
            spacing: Theme.space3
            AppSlider {
                objectName: "contextLength"
                name: qsTr("Context length")
                anchors.verticalCenter: parent.verticalCenter
                enabled: page.contextMaximum > 0
                from: 0
                to: Math.max(1, page.contextMaximum)
                stepSize: page.contextMaximum > 4096 ? 1024 : 128
                snapMode: AppSlider.SnapAlways
                value: Math.min(App.preferences.contextLength, to)
                onMoved: App.preferences.contextLength = Math.round(value)
            }
            NumberField {
                objectName: "contextLengthField"
                anchors.verticalCenter: parent.verticalCenter
                name: qsTr("Context length")
                value: App.preferences.contextLength
                minimum: 0
                maximum: page.contextMaximum > 0 ? page.contextMaximum : 1048576
                integer: true
                onEdited: (value) => App.preferences.contextLength = value
            }
        }
        AppLabel {
            width: parent.width
            kind: "small"
            visible: App.preferences.contextMemoryText !== ""
            text: (App.preferences.contextLength === 0 ? qsTr("Automatic") + " · " : "") + App.preferences.contextMemoryText
        }
    }
}
