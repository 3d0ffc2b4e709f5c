// One block of an answer with what it stands in: quote bars, list marks, then the delegate of its kind.
import QtQuick
import Tramontane

Item {
    id: block
    property Item owner // the AnswerBlocks it belongs to
    property int index: 0
    property string kind
    property string nest
    property string marker
    property string task
    property int level: 0
    property string html
    property string plain
    property string language
    property string address
    property var links: []
    property var columns: []
    property var cells: []
    property var plainCells: []
    property bool firstPiece: true
    property bool lastPiece: true
    property bool caret: false

    width: parent ? parent.width : 0
    height: body.height

    NestFrame {
        id: frame
        visible: block.nest !== ""
        width: parent.width
        height: body.height
        nest: block.nest
        marker: block.marker
        task: block.task
    }
    Loader {
        id: body
        x: frame.inset
        width: Math.max(80, parent.width - frame.inset)
        sourceComponent: block.kind === "code" ? code : block.kind === "table" ? table
                       : block.kind === "image" ? image : block.kind === "rule" ? rule : words
    }
    Component {
        id: words
        TextBlock {
            id: text
            html: block.html
            plain: block.plain
            level: block.level
            links: block.links
            onLinkActivated: (address) => block.owner.linkActivated(address)
            Loader {
                active: block.caret
                readonly property rect place: active && text.width > 0 && text.length >= 0 && text.implicitHeight > 0
                                              ? text.positionToRectangle(text.length) : Qt.rect(0, 0, 0, 0)
                x: place.x + 2
                y: place.y + (place.height - height) / 2
                sourceComponent: StreamCaret {}
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
            onCopyRequested: App.session.copyText(block.owner.blocks.codeAt(block.index))
        }
    }
    Component {
        id: table
        TableBlock {
            columns: block.columns
            cells: block.cells
            plainCells: block.plainCells
            links: block.links
            onLinkActivated: (address) => block.owner.linkActivated(address)
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
