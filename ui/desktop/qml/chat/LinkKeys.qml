// The links of a block in; by keyboard, the one link or a choice among several out.
import QtQuick
import Tramontane

QtObject {
    id: keys
    property Item host
    property var links: []
    signal linkActivated(string address)

    property Component menu: AppMenu {
        id: list
        widest: 320
        onClosed: destroy()
        Repeater {
            model: keys.links
            AppMenuItem {
                required property var modelData
                text: modelData.text
                glyph: "external"
                onTriggered: keys.linkActivated(modelData.address)
            }
        }
    }

    function open() {
        if (links.length === 1) linkActivated(links[0].address)
        else if (links.length > 1) menu.createObject(host).popup(host, 0, host.height)
    }
}
