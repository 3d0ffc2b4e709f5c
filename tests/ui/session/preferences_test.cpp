// Claims about the settings: kept, bounded, and never a reason not to start.
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "ui/desktop/session/preferences.h"

using namespace tramontane::desktop;

class PreferencesTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    QString file() const { return folder_.filePath("preferences.ini"); }

private slots:
    void init() { QFile::remove(file()); }

    void preferences_whatIsSetIsThereNextTime() {
        {
            Preferences preferences(file(), "/data");
            preferences.setTheme("dark");
            preferences.setLanguage("fr");
            preferences.setTextScale(1.3);
            preferences.setSidebarVisible(false);
            preferences.setModelFolder(QString::fromUtf8("/models/Mistral é, 7B"));
            preferences.setDevice("cpu");
            preferences.setGpuLayers(20);
            preferences.setContextLength(4096);
            preferences.setSystemPrompt("Line one\n\"two\", %3 \\n");
            preferences.setSeed("18446744073709551615");
            preferences.setStopStrings("###\n\nEND ");
            preferences.setWindowGeometry({10, 20, 800, 600});
            preferences.samplingParameters()->setValue("temperature", 0.35);
            QVERIFY(preferences.savePreset("Mine, \"own\""));
        }
        Preferences preferences(file(), "/data");
        QCOMPARE(preferences.theme(), QString("dark"));
        QVERIFY(preferences.dark());
        QCOMPARE(preferences.language(), QString("fr"));
        QCOMPARE(preferences.textScale(), 1.3);
        QVERIFY(!preferences.sidebarVisible());
        QCOMPARE(preferences.modelFolder(), QString::fromUtf8("/models/Mistral é, 7B"));
        QCOMPARE(preferences.device(), QString("cpu"));
        QCOMPARE(preferences.gpuLayers(), 20);
        QCOMPARE(preferences.contextLength(), 4096);
        QCOMPARE(preferences.systemPrompt(), QString("Line one\n\"two\", %3 \\n"));
        QCOMPARE(preferences.windowGeometry(), QRect(10, 20, 800, 600));
        const auto sampling = preferences.sampling();
        QCOMPARE(sampling.values.value("temperature"), 0.35);
        QVERIFY(sampling.seed == 18446744073709551615ull);
        QCOMPARE(sampling.stop, (QStringList{"###", "END "}));
        QCOMPARE(preferences.currentPreset(), QString("Mine, \"own\""));
    }

    void preferences_outOfRangeIsBroughtIntoRange() {
        Preferences preferences(file(), {});
        preferences.setTextScale(9);
        QCOMPARE(preferences.textScale(), 2.0);
        preferences.setTextScale(std::nan(""));
        QCOMPARE(preferences.textScale(), 2.0);
        preferences.setTheme("purple");
        QCOMPARE(preferences.theme(), QString("system"));
        preferences.setThreads(100000);
        QCOMPARE(preferences.threads(), preferences.maximumThreads());
        preferences.setGpuLayers(-7);
        QCOMPARE(preferences.gpuLayers(), -1);
        preferences.setContextLength(-5);
        QCOMPARE(preferences.contextLength(), 0);
        auto* sampling = preferences.samplingParameters();
        sampling->setValue("temperature", 99);
        QCOMPARE(sampling->value("temperature"), 2.0);
        sampling->setValue("top-k", 12.6);
        QCOMPARE(sampling->value("top-k"), 13.0);
        sampling->setValue("temperature", std::nan(""));
        QCOMPARE(sampling->value("temperature"), 2.0);
    }

    void preferences_anyFileAtAllOpens_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("binary") << QByteArray("\x00\xff\xfe[[[\n=\n", 9).repeated(100);
        QTest::newRow("wrong types") << QByteArray(
            "[general]\ntheme=@Variant(\\0\\0\\0\\x7f)\ntextScale=nan\n"
            "[model]\nthreads=many\ncontextLength=1e99\ndevice=7\ngpuLayers=most\n"
            "[sampling]\nvalues={\"temperature\":\"hot\",\"top-k\":1e300}\n"
            "presets=[1,2]\nseed=-1\n[window]\ngeometry=here\n");
        QTest::newRow("empty") << QByteArray();
    }
    void preferences_anyFileAtAllOpens() {
        QFETCH(QByteArray, bytes);
        QFile out(file());
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(bytes);
        out.close();
        Preferences preferences(file(), {});
        QCOMPARE(preferences.theme(), QString("system"));
        QCOMPARE(preferences.textScale(), 1.0);
        QCOMPARE(preferences.device(), QString("auto"));
        QCOMPARE(preferences.gpuLayers(), -1);
        QCOMPARE(preferences.samplingParameters()->value("temperature"), 0.7);
        QVERIFY(preferences.samplingParameters()->value("top-k") <= 1000);
        preferences.setTheme("light");
        QCOMPARE(preferences.theme(), QString("light"));
    }

    void preferences_everySamplingParameterHasWordsRangeAndReset() {
        Preferences preferences(file(), {});
        auto* model = preferences.samplingParameters();
        QVERIFY(model->count() >= 10);
        for (int row = 0; row < model->count(); ++row) {
            const auto at = [&](int role) { return model->data(model->index(row), role); };
            const QString name = at(SamplingModel::NameRole).toString();
            QVERIFY2(!at(SamplingModel::ExplanationRole).toString().isEmpty(), qPrintable(name));
            QVERIFY2(at(SamplingModel::LabelRole).toString() != name, qPrintable(name));
            const double low = at(SamplingModel::MinimumRole).toDouble(),
                         high = at(SamplingModel::MaximumRole).toDouble();
            QVERIFY(low < high);
            QVERIFY(at(SamplingModel::StepRole).toDouble() > 0);
            QVERIFY(at(SamplingModel::IsDefaultRole).toBool());
            const double before = at(SamplingModel::ValueRole).toDouble();
            model->setValue(name, before == high ? low : high);
            QVERIFY(!at(SamplingModel::IsDefaultRole).toBool());
            model->reset(name);
            QCOMPARE(at(SamplingModel::ValueRole).toDouble(), before);
        }
    }

    void preferences_presetsSetTheirNumbersAndKnowThemselves() {
        Preferences preferences(file(), {});
        QSignalSpy current(&preferences, &Preferences::currentPresetChanged);
        QCOMPARE(preferences.currentPreset(), QString("Balanced"));
        preferences.samplingParameters()->setValue("top-k", 40);
        QCOMPARE(preferences.currentPreset(), QString());
        preferences.applyPreset("Precise");
        QCOMPARE(preferences.sampling().values.value("temperature"), 0.2);
        QCOMPARE(preferences.sampling().values.value("top-k"), 0.0); // a preset is all of the numbers
        QCOMPARE(preferences.currentPreset(), QString("Precise"));
        preferences.applyPreset("Creative");
        QCOMPARE(preferences.sampling().values.value("temperature"), 1.0);
        QCOMPARE(current.size(), 3);
        QVERIFY(!preferences.savePreset("precise")); // a built-in one stays what it is
        QVERIFY(!preferences.savePreset("  "));
        preferences.samplingParameters()->setValue("min-p", 0.1);
        QVERIFY(preferences.savePreset(" Wild "));
        QCOMPARE(preferences.currentPreset(), QString("Wild"));
        preferences.applyPreset("Balanced");
        preferences.applyPreset("Wild");
        QCOMPARE(preferences.sampling().values.value("min-p"), 0.1);
        preferences.deletePreset("Wild");
        QVERIFY(!preferences.presets()->find("Wild"));
        preferences.deletePreset("Precise");
        QVERIFY(preferences.presets()->find("Precise"));
        preferences.resetSampling();
        QCOMPARE(preferences.currentPreset(), QString("Balanced"));
    }

    void preferences_aSeedThatIsNoNumberIsToldAndNotUsed() {
        Preferences preferences(file(), {});
        preferences.setSeed("twelve");
        QVERIFY(!preferences.seedValid());
        QVERIFY(!preferences.sampling().seed);
        preferences.setSeed(" 12 ");
        QVERIFY(preferences.seedValid());
        QVERIFY(preferences.sampling().seed == 12u);
        preferences.setSeed("");
        QVERIFY(preferences.seedValid());
        QVERIFY(!preferences.sampling().seed);
    }

    void preferences_theCommandLinesDeviceIsNotWritten() {
        {
            Preferences preferences(file(), {});
            preferences.overrideDevice("cpu");
            preferences.overrideGpuLayers(5);
            QCOMPARE(preferences.device(), QString("cpu"));
            QCOMPARE(preferences.gpuLayers(), 5);
        }
        Preferences preferences(file(), {});
        QCOMPARE(preferences.device(), QString("auto"));
        QCOMPARE(preferences.gpuLayers(), -1);
    }

    void preferences_engineSettingsAskForTheModelAnew() {
        Preferences preferences(file(), {});
        QSignalSpy changed(&preferences, &Preferences::engineSettingsChanged);
        preferences.setThreads(1);
        preferences.setContextLength(512);
        preferences.setDevice("cpu");
        preferences.setGpuLayers(4);
        QCOMPARE(changed.size(), 4);
        preferences.setDevice("cpu");
        preferences.setGpuLayers(4);
        QCOMPARE(changed.size(), 4);
    }
};

QTEST_GUILESS_MAIN(PreferencesTest)
#include "preferences_test.moc"
