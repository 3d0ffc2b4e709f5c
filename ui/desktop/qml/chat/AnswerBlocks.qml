// An answer's blocks (MarkdownBlocks) in; each shown by its own kind of delegate, one below the other.
import QtQuick
import Tramontane

Column {
    id: answer
    property var blocks: null
    property bool streaming: false
    signal linkActivated(string address)

    Repeater {
        id: repeater
        model: answer.blocks
        delegate: Item {
            id: block
            required property int index
            required property string kind
            required property string nest
            required property string marker
            required property string task
            required property int level
            required property string html
            required property string plain
            required property string language
            required property string address
            required property var links
            required property var columns
            required property var cells
            required property var plainCells
            required property bool firstPiece
            required property bool lastPiece
            readonly property bool last: index === repeater.count - 1
            readonly property int gap: index === 0 || !firstPiece ? 0
                                     : kind === "heading" ? Theme.space5 - 2
                                     : marker !== "" ? 5 : Theme.space3

            width: answer.width
            height: gap + frame.height

            NestFrame {
                id: frame
                y: block.gap
                width: parent.width
                height: body.height
                nest: block.nest
                marker: block.marker
                task: block.task
            }
            Loader {
                id: body
                x: frame.inset
                y: block.gap
                width: Math.max(80, parent.width - frame.inset)
                sourceComponent: block.kind === "code" ? code : block.kind === "table" ? table
                               : block.kind === "image" ? image : block.kind === "rule" ? rule : words
            }
            Component {
                id: words
                TextBlock {
                    html: block.html
                    plain: block.plain
                    level: block.level
                    links: block.links
                    onLinkActivated: (address) => answer.linkActivated(address)
                    StreamCaret {
                        visible: answer.streaming && block.last
                        readonly property rect place: visible && parent.length >= 0 && parent.width > 0
                                                      ? parent.positionToRectangle(parent.length) : Qt.rect(0, 0, 0, 0)
                        x: place.x + 2
                        y: place.y + (place.height - height) / 2
                    }
                }
            }
            Component {
                id: code
                CodeBlock {
                    code: block.plain
                    language: block.language
                    firstPiece: block.firstPiece
                    lastPiece: block.lastPiece
                    onCopyRequested: App.session.copyText(answer.blocks.codeAt(block.index))
                }
            }
            Component {
                id: table
                TableBlock {
                    columns: block.columns
                    cells: block.cells
                    plainCells: block.plainCells
                    links: block.links
                    onLinkActivated: (address) => answer.linkActivated(address)
                }
            }
            Component {
                id: image
                ImageBlock {
                    description: block.plain
                    address: block.address
                }
            }
            Component {
                id: rule
                Item {
                    implicitHeight: Theme.space4
                    Rectangle {
                        anchors.verticalCenter: parent.verticalCenter
                        width: parent.width
                        height: 1
                        color: Theme.line
                    }
                    Accessible.role: Accessible.Separator
                    Accessible.name: qsTr("Separator")
                }
            }
        }
    }
}
