// Words that are read and not written. kind: "body", "small", "title" or "heading".
import QtQuick
import Tramontane

Text {
    id: label
    property string kind: "body"

    textFormat: Text.PlainText
    font.family: Theme.family
    font.pixelSize: kind === "title" ? Theme.textTitle : kind === "heading" ? Theme.textLarge
                  : kind === "small" ? Theme.textSmall : Theme.textSize
    font.weight: kind === "title" || kind === "heading" ? Font.DemiBold : Font.Normal
    color: kind === "small" ? Theme.textSecondary : Theme.text
    wrapMode: Text.Wrap
    lineHeight: kind === "title" || kind === "heading" ? 1.15 : 1.35
    Accessible.role: kind === "title" || kind === "heading" ? Accessible.Heading : Accessible.StaticText
    Accessible.name: text
}
