// Claims about the program's arguments.
#include <QDir>
#include <QTest>

#include "ui/desktop/session/command_line.h"

using namespace tramontane::desktop;

class CommandLineTest : public QObject {
    Q_OBJECT

private slots:
    void commandLine_withoutArgumentsUsesTheXdgFolders() {
        qputenv("XDG_DATA_HOME", "/xdg/data");
        qputenv("XDG_CONFIG_HOME", "/xdg/config");
        const auto line = readCommandLine({"tramontane"});
        QCOMPARE(line.exitCode, -1);
        QCOMPARE(line.dataFolder, QString("/xdg/data/tramontane"));
        QCOMPARE(line.preferencesFile, QString("/xdg/config/tramontane/preferences.ini"));
        QVERIFY(line.model.isEmpty());
    }

    void commandLine_dataHoldsEverything() {
        const auto line = readCommandLine({"tramontane", "--data", "here", "--model=m", "--device", "cpu"});
        QCOMPARE(line.exitCode, -1);
        QCOMPARE(line.dataFolder, QDir::current().absoluteFilePath("here"));
        QCOMPARE(line.preferencesFile, QDir::current().absoluteFilePath("here/preferences.ini"));
        QCOMPARE(line.model, QDir::current().absoluteFilePath("m"));
        QCOMPARE(line.device, QString("cpu"));
        QVERIFY(!line.gpuLayers);
    }

    void commandLine_gpuLayersAreANumberOrAuto() {
        QVERIFY(readCommandLine({"tramontane", "--gpu-layers", "auto"}).gpuLayers == -1);
        QVERIFY(readCommandLine({"tramontane", "--gpu-layers=20"}).gpuLayers == 20);
        QVERIFY(readCommandLine({"tramontane", "--gpu-layers", "0"}).gpuLayers == 0);
    }

    void commandLine_wrongUseEndsWithTwo_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("unknown option") << QStringList{"tramontane", "--mdoel", "x"};
        QTest::newRow("unknown device") << QStringList{"tramontane", "--device", "tpu"};
        QTest::newRow("no number of layers") << QStringList{"tramontane", "--gpu-layers", "some"};
        QTest::newRow("fewer than no layers") << QStringList{"tramontane", "--gpu-layers", "-2"};
        QTest::newRow("stray word") << QStringList{"tramontane", "model"};
        QTest::newRow("missing value") << QStringList{"tramontane", "--model"};
    }
    void commandLine_wrongUseEndsWithTwo() {
        QFETCH(QStringList, arguments);
        const auto line = readCommandLine(arguments);
        QCOMPARE(line.exitCode, 2);
        QCOMPARE(line.message.count('\n'), 1);
    }

    void commandLine_helpAndVersionEndWithNought() {
        const auto help = readCommandLine({"tramontane", "--help"});
        QCOMPARE(help.exitCode, 0);
        for (const char* option : {"--model", "--device", "--gpu-layers", "--data", "--help", "--version"})
            QVERIFY2(help.message.contains(option), option);
        QCOMPARE(readCommandLine({"tramontane", "--version"}).exitCode, 0);
    }
};

QTEST_GUILESS_MAIN(CommandLineTest)
#include "command_line_test.moc"
