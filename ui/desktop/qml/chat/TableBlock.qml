// Cells in rows; as wide as the words need, scrolled where the window is narrower.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Tramontane

Item {
    id: block
    property var columns: []
    property var cells: []
    property var plainCells: []
    property var links: []
    readonly property int columnCount: Math.max(1, columns.length)
    readonly property int widestColumn: Math.round(300 * Math.max(1, Theme.scale))
    signal linkActivated(string address)

    implicitHeight: view.height
    Accessible.role: Accessible.Table
    Accessible.name: qsTr("Table with %n column(s)", "", columns.length)

    activeFocusOnTab: links.length > 0
    Keys.onReturnPressed: linkKeys.open()
    Keys.onEnterPressed: linkKeys.open()
    Keys.onSpacePressed: linkKeys.open()
    FocusRing { control: block; visible: block.activeFocus }
    property LinkKeys linkKeys: LinkKeys {
        host: block
        links: block.links
        onLinkActivated: (address) => block.linkActivated(address)
    }

    // Rows are added to this as they stream in, so that the cells that are there stay.
    ListModel { id: places }
    function fill() {
        const wanted = block.cells.length
        if (places.count > wanted) places.remove(wanted, places.count - wanted)
        while (places.count < wanted) places.append({})
    }
    onCellsChanged: fill()
    Component.onCompleted: fill()

    Flickable {
        id: view
        width: Math.min(parent.width, grid.implicitWidth + 2)
        height: grid.implicitHeight + 2 + (bar.visible ? 8 : 0)
        contentWidth: grid.implicitWidth + 2
        contentHeight: height
        flickableDirection: Flickable.HorizontalFlick
        boundsBehavior: Flickable.StopAtBounds
        interactive: contentWidth > width
        clip: true
        T.ScrollBar.horizontal: AppScrollBar { id: bar }

        Rectangle {
            width: grid.implicitWidth + 2
            height: grid.implicitHeight + 2
            radius: Theme.radiusSmall
            color: "transparent"
            border.width: 1
            border.color: Theme.line
        }
        GridLayout {
            id: grid
            x: 1
            y: 1
            columns: block.columnCount
            columnSpacing: 0
            rowSpacing: 0
            Repeater {
                model: places
                Rectangle {
                    id: cell
                    required property int index
                    readonly property bool head: index < block.columnCount
                    readonly property string align: block.columns[index % block.columnCount] || "left"
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.maximumWidth: block.widestColumn
                    implicitWidth: words.implicitWidth + 2 * Theme.space3
                    implicitHeight: words.implicitHeight + 2 * 7
                    color: head ? Theme.codeSurface : "transparent"
                    Rectangle {
                        visible: cell.index >= block.columnCount
                        width: parent.width
                        height: 1
                        color: Theme.line
                    }
                    Text {
                        id: words
                        x: Theme.space3
                        width: parent.width - 2 * Theme.space3
                        anchors.verticalCenter: parent.verticalCenter
                        anchors.verticalCenterOffset: 1 // the line height leaves its room below the words
                        text: Theme.richCell(block.cells[cell.index] || "")
                        textFormat: Text.RichText
                        font.family: Theme.family
                        font.pixelSize: Theme.textSmall
                        font.weight: cell.head ? Font.DemiBold : Font.Normal
                        color: Theme.text
                        wrapMode: Text.Wrap
                        horizontalAlignment: cell.align === "right" ? Text.AlignRight
                                           : cell.align === "center" ? Text.AlignHCenter : Text.AlignLeft
                        onLinkActivated: (address) => block.linkActivated(address)
                        Accessible.role: cell.head ? Accessible.ColumnHeader : Accessible.Cell
                        Accessible.name: block.plainCells[cell.index] || ""
                        HoverHandler { cursorShape: words.hoveredLink !== "" ? Qt.PointingHandCursor : Qt.ArrowCursor }
                    }
                }
            }
        }
    }
}
