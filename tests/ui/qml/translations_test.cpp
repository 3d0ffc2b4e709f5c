// The catalogues: every sentence of the window is there in French and in German, with the same places for numbers.
#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTest>
#include <QTranslator>
#include <QXmlStreamReader>

namespace {

struct Message {
    QString context, source;
    QStringList translations; // several for a plural
    bool unfinished = false, plural = false;
};

QList<Message> messagesOf(const QString& language) {
    QFile file(QStringLiteral(TRAMONTANE_SOURCE_DIR "/i18n/tramontane_%1.ts").arg(language));
    if (!file.open(QIODevice::ReadOnly)) return {};
    QXmlStreamReader xml(&file);
    QList<Message> messages;
    QString context;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement) continue;
        if (xml.name() == QLatin1String("name")) {
            context = xml.readElementText();
        } else if (xml.name() == QLatin1String("message")) {
            messages << Message{
                context, {}, {}, false, xml.attributes().value(QLatin1String("numerus")) == QLatin1String("yes")};
        } else if (xml.name() == QLatin1String("source")) {
            messages.last().source = xml.readElementText();
        } else if (xml.name() == QLatin1String("translation")) {
            messages.last().unfinished = xml.attributes().hasAttribute(QLatin1String("type"));
            if (!messages.last().plural) messages.last().translations << xml.readElementText();
        } else if (xml.name() == QLatin1String("numerusform")) {
            messages.last().translations << xml.readElementText();
        }
    }
    return messages;
}

QStringList places(const QString& text) {
    QStringList found;
    static const QRegularExpression place(QStringLiteral("%(?:[1-9]|n)"));
    for (auto match = place.globalMatch(text); match.hasNext();) found << match.next().captured();
    found.sort();
    return found;
}

} // namespace

class TranslationsTest : public QObject {
    Q_OBJECT

private slots:
    void everySentenceIsTranslated_data() {
        QTest::addColumn<QString>("language");
        QTest::newRow("French") << QStringLiteral("fr");
        QTest::newRow("German") << QStringLiteral("de");
    }
    void everySentenceIsTranslated() {
        QFETCH(QString, language);
        const auto messages = messagesOf(language);
        QVERIFY(messages.size() > 150);
        for (const auto& message : messages) {
            const auto where = qPrintable(message.context + QStringLiteral(": ") + message.source);
            QVERIFY2(!message.unfinished, where);
            QCOMPARE(message.translations.size(), message.plural ? 2 : 1);
            for (const auto& translation : message.translations) {
                QVERIFY2(!translation.isEmpty(), where);
                // One of a thing may go without its number.
                QVERIFY2(places(translation) == places(message.source) ||
                             (message.plural && &translation == &message.translations.first()),
                         where);
                QCOMPARE(translation.endsWith(QStringLiteral("…")), message.source.endsWith(QStringLiteral("…")));
            }
        }
    }

    // What QML says is what the catalogues hold: a string added without `update_translations` is found here.
    void everySentenceOfTheQmlIsInTheCatalogues() {
        QStringList known;
        for (const auto& message : messagesOf(QStringLiteral("fr"))) known << message.source;
        static const QRegularExpression call(QStringLiteral("qsTr\\(\"((?:[^\"\\\\]|\\\\.)*)\""));
        QDir folder(QStringLiteral(TRAMONTANE_SOURCE_DIR "/ui/desktop/qml"));
        int sentences = 0;
        QStringList folders{folder.path()};
        while (!folders.isEmpty()) {
            const QDir now(folders.takeFirst());
            for (const auto& entry : now.entryInfoList(QDir::AllEntries | QDir::NoDotAndDotDot)) {
                if (entry.isDir()) folders << entry.filePath();
                if (entry.suffix() != QLatin1String("qml")) continue;
                QFile file(entry.filePath());
                QVERIFY(file.open(QIODevice::ReadOnly));
                const QString text = QString::fromUtf8(file.readAll());
                for (auto match = call.globalMatch(text); match.hasNext(); ++sentences) {
                    QString sentence = match.next().captured(1);
                    sentence.replace(QStringLiteral("\\\""), QStringLiteral("\""));
                    QVERIFY2(known.contains(sentence), qPrintable(entry.fileName() + QStringLiteral(": ") + sentence));
                }
            }
        }
        QVERIFY(sentences > 120);
    }

    void pluralsAreRight_data() {
        QTest::addColumn<QString>("language");
        QTest::addColumn<QString>("one");
        QTest::addColumn<QString>("two");
        QTest::newRow("English") << "en"
                                 << "1 token"
                                 << "2 tokens";
        QTest::newRow("French") << "fr"
                                << "1 jeton"
                                << "2 jetons";
        QTest::newRow("German") << "de"
                                << "1 Token"
                                << "2 Token";
    }
    void pluralsAreRight() {
        QFETCH(QString, language);
        QFETCH(QString, one);
        QFETCH(QString, two);
        QTranslator translator;
        QVERIFY(translator.load(QStringLiteral(":/i18n/tramontane_") + language));
        QCOMPARE(translator.translate("AnswerActions", "%n token(s)", nullptr, 1)
                     .replace(QStringLiteral("%n"), QStringLiteral("1")),
                 one);
        QCOMPARE(translator.translate("AnswerActions", "%n token(s)", nullptr, 2)
                     .replace(QStringLiteral("%n"), QStringLiteral("2")),
                 two);
    }
};

QTEST_MAIN(TranslationsTest)
#include "translations_test.moc"
