// A number to type; what is no number in the range is marked and not taken.
import QtQuick
import Tramontane

AppTextField {
    id: field
    property real value: 0
    property real minimum: 0
    property real maximum: 1
    property bool integer: false
    property string name
    signal edited(real value)

    readonly property string shown: integer ? String(Math.round(value)) : String(Math.round(value * 10000) / 10000)
    readonly property real typed: text.trim() === "" ? NaN : Number(text.trim().replace(",", "."))

    implicitWidth: Math.round(86 * Math.max(1, Theme.scale))
    horizontalAlignment: TextInput.AlignRight
    inputMethodHints: Qt.ImhFormattedNumbersOnly
    valid: !isNaN(typed) && typed >= minimum && typed <= maximum && (!integer || Number.isInteger(typed))
    Accessible.name: name
    Accessible.description: qsTr("A number from %1 to %2").arg(minimum).arg(maximum)

    function showValue() { if (text !== shown) text = shown }
    onShownChanged: if (!activeFocus || valid) showValue()
    Component.onCompleted: showValue()
    onEditingFinished: {
        if (valid && typed !== value) edited(typed)
        showValue()
    }
    onActiveFocusChanged: if (activeFocus) selectAll(); else showValue()
    Keys.onEscapePressed: (event) => {
        event.accepted = text !== shown
        showValue()
    }
}
