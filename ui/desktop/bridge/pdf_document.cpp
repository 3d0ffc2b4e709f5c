#include "pdf_document.h"

#include <QAbstractTextDocumentLayout>
#include <QBuffer>
#include <QFont>
#include <QImage>
#include <QPageLayout>
#include <QPainter>
#include <QPdfWriter>
#include <QTextDocument>

namespace tramontane::desktop {

namespace {

// A megabyte is several hundred pages, and a second of work.
constexpr qsizetype longestHtml = 16 * 1024 * 1024;
constexpr int dotsPerInch = 600, pixelsPerInch = 96;
constexpr int footerMillimetres = 8;

class Document : public QTextDocument {
protected:
    QVariant loadResource(int, const QUrl&) override { return {}; }
};

int millimetres(int count) { return int(count / 25.4 * dotsPerInch); }

} // namespace

Result<QByteArray> pdfOf(const QString& html, const QString& title, const std::function<bool()>& proceed) {
    if (html.size() > longestHtml)
        return makeError(ErrorKind::invalidInput, "the conversation is too long for a PDF; choose HTML or Markdown");
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setResolution(dotsPerInch);
    writer.setPageLayout(QPageLayout(QPageSize(QPageSize::A4), QPageLayout::Portrait, QMarginsF(20, 18, 20, 12),
                                     QPageLayout::Millimeter));
    writer.setTitle(title);
    writer.setCreator(QStringLiteral("Tramontane"));

    // Laid out in pixels of CSS, 96 an inch on whatever screen, since margins and borders do not grow with a printer's
    // dots; without hinting, so that letters keep their distances when they are scaled.
    QImage inch(1, 1, QImage::Format_RGB32);
    inch.setDotsPerMeterX(qRound(pixelsPerInch / 0.0254));
    inch.setDotsPerMeterY(qRound(pixelsPerInch / 0.0254));
    Document document;
    QFont font(QStringLiteral("Inter"), 10);
    font.setHintingPreference(QFont::PreferNoHinting);
    document.setDefaultFont(font);
    document.setUseDesignMetrics(true);
    document.setDocumentMargin(0);
    document.documentLayout()->setPaintDevice(&inch);
    constexpr double scale = double(dotsPerInch) / pixelsPerInch;
    const QSizeF page(writer.width() / scale, (writer.height() - millimetres(footerMillimetres)) / scale);
    document.setPageSize(page);
    document.setHtml(html);

    QPainter painter(&writer);
    const int pages = document.pageCount();
    for (int number = 0; number < pages; ++number) {
        if (!proceed()) return makeError(ErrorKind::cancelled, "the PDF was not finished");
        if (number > 0) writer.newPage();
        painter.save();
        painter.scale(scale, scale);
        painter.translate(0, -number * page.height());
        QAbstractTextDocumentLayout::PaintContext context;
        context.clip = QRectF({0, number * page.height()}, page);
        context.palette.setColor(QPalette::Text, Qt::black); // whatever theme the window has
        painter.setClipRect(context.clip);
        document.documentLayout()->draw(&painter, context);
        painter.restore();
        painter.setFont(QFont(QStringLiteral("Inter"), 8));
        painter.setPen(QColor(0x55, 0x62, 0x6e));
        painter.drawText(QRectF(0, 0, writer.width(), writer.height()), Qt::AlignHCenter | Qt::AlignBottom,
                         QStringLiteral("%1 / %2").arg(number + 1).arg(pages));
    }
    painter.end();
    return bytes;
}

} // namespace tramontane::desktop
