// An answer's blocks (MarkdownBlocks) in; each shown by its own kind of delegate, one below the other. Only what is
// or was near the view is made: an answer of a thousand blocks opens as fast as one of ten.
import QtQuick
import Tramontane

Column {
    id: answer
    property var blocks: null
    property bool streaming: false
    // What of this answer is in view, in its own coordinates.
    property real viewTop: -Infinity
    property real viewBottom: Infinity
    readonly property int margin: 900
    property bool placed: false // the blocks know where they lie
    signal linkActivated(string address)
    signal grewAbove(real by) // a block above the view turned out taller than thought

    onPositioningComplete: placed = true
    onBlocksChanged: placed = false

    Repeater {
        id: repeater
        model: answer.blocks
        delegate: Item {
            id: block
            required property int index
            required property var model
            readonly property bool last: index === repeater.count - 1
            readonly property string kind: model.kind
            readonly property int gap: index === 0 || !model.firstPiece ? 0
                                     : kind === "heading" ? Theme.space5 - 2
                                     : model.marker !== "" ? 5 : Theme.space3
            readonly property bool near: answer.placed && y + thoughtHeight > answer.viewTop - answer.margin && y < answer.viewBottom + answer.margin
            property bool wanted: false
            readonly property int thoughtHeight: {
                const line = Theme.textSize * (kind === "plain" ? 1.21 : 1.82)
                if (kind === "code") return Math.round(model.bulk * Theme.codeSize * 1.2 + 44)
                if (kind === "table") return Math.round(model.bulk * (Theme.textSmall * 1.2 + 16))
                if (kind === "rule") return Theme.space4
                if (kind === "image") return 54
                return Math.round(Math.max(1, Math.ceil(model.bulk * Theme.textSize * 0.53 / Math.max(80, answer.width))) * line)
            }

            width: answer.width
            height: gap + (shown.item ? shown.item.height : thoughtHeight)
            onNearChanged: if (near) wanted = true
            property real heightBefore: 0
            Component.onCompleted: if (near) wanted = true
            onHeightChanged: {
                if (heightBefore > 0 && y + heightBefore < answer.viewTop) answer.grewAbove(height - heightBefore)
                heightBefore = height
            }

            Loader {
                id: shown
                y: block.gap
                width: parent.width
                active: block.wanted
                sourceComponent: AnswerBlock {
                    owner: answer
                    index: block.index
                    kind: block.kind
                    nest: block.model.nest
                    marker: block.model.marker
                    task: block.model.task
                    level: block.model.level
                    html: block.model.html
                    plain: block.model.plain
                    language: block.model.language
                    address: block.model.address
                    links: block.model.links
                    columns: block.model.columns
                    cells: block.model.cells
                    plainCells: block.model.plainCells
                    firstPiece: block.model.firstPiece
                    lastPiece: block.model.lastPiece
                    caret: answer.streaming && block.last
                }
            }
        }
    }
}
