// A menu: items above one another, moved through with the arrow keys.
import QtQuick
import QtQuick.Templates as T
import Tramontane

T.Menu {
    id: menu
    property int widest: Math.round(220 * Math.max(1, Theme.scale))

    implicitWidth: widest
    implicitHeight: contentHeight + topPadding + bottomPadding
    margins: 6
    padding: 4
    overlap: 1
    delegate: AppMenuItem {}

    contentItem: ListView {
        implicitHeight: contentHeight
        model: menu.contentModel
        interactive: contentHeight > height
        clip: true
        currentIndex: menu.currentIndex
    }
    background: PopupSurface {}
}
