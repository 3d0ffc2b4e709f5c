import QtQuick
import QtQuick.Controls.Basic
import Tramontane

ApplicationWindow {
    visible: true
    width: 900
    height: 600
    title: App.session.title
}
