// An answer: its blocks, what became of it, and what can be done with it.
import QtQuick
import Tramontane

FocusScope {
    id: message
    property var messageId
    property string text
    property var blocks: null
    property string status
    property string errorText
    property int siblingIndex: 0
    property int siblingCount: 1
    property var figures: ({})
    property bool last: false
    readonly property bool streaming: status === "streaming"
    readonly property bool empty: text === ""
    property real viewTop: -Infinity
    property real viewBottom: Infinity
    property bool editing: false
    signal linkActivated(string address)
    signal detailsRequested()
    signal grewAbove(real by)

    implicitHeight: column.height
    Accessible.role: Accessible.Grouping
    Accessible.name: qsTr("Answer")
    Accessible.description: streaming ? qsTr("being written") : text

    HoverHandler { id: hover }

    Column {
        id: column
        width: parent.width
        spacing: Theme.space2

        PromptProgress {
            width: parent.width
            visible: message.streaming && message.empty
        }
        AnswerBlocks {
            width: parent.width
            visible: !message.empty && !message.editing
            blocks: message.blocks
            streaming: message.streaming
            viewTop: message.viewTop
            viewBottom: message.viewBottom
            onGrewAbove: (by) => message.grewAbove(by)
            onLinkActivated: (address) => message.linkActivated(address)
        }
        Loader {
            id: editor
            active: message.editing
            visible: active
            width: parent.width
            sourceComponent: MessageEditor {
                text: message.text
                name: qsTr("Edit the answer")
                submitText: qsTr("Keep this answer")
                enterSubmits: false
                onCancelled: message.endEditing()
                onSubmitted: (text) => {
                    if (App.session.editAnswer(message.messageId, text)) message.endEditing()
                }
            }
            onLoaded: item.begin()
        }
        AnswerState {
            width: parent.width
            visible: message.status === "partial" || message.status === "failed"
            failed: message.status === "failed"
            stopped: message.figures.finishReason === "cancelled"
            errorText: message.errorText
            canContinue: !message.empty
            busy: App.session.generating
            onContinueRequested: App.session.continueAnswer(message.messageId)
            onRetryRequested: App.session.regenerate(message.messageId)
        }
        AnswerActions {
            width: parent.width
            visible: !message.streaming && !message.editing
            shown: message.last || hover.hovered || activeFocus || message.siblingCount > 1
            siblingIndex: message.siblingIndex
            siblingCount: message.siblingCount
            figures: message.figures
            busy: App.session.generating
            onCopyRequested: App.session.copyMessage(message.messageId)
            onRegenerateRequested: App.session.regenerate(message.messageId)
            onStep: (by) => App.session.selectSibling(message.messageId, by)
            onContinueRequested: App.session.continueAnswer(message.messageId)
            onEditRequested: message.editing = true
            onDetailsRequested: message.detailsRequested()
            onDeleteRequested: App.session.deleteMessage(message.messageId)
        }
    }

    function endEditing() {
        editing = false
        forceActiveFocus()
    }
}
