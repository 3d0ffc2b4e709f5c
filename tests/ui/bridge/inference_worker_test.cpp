// Claims about the inference thread: order, frames, stopping, models that do not open.
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>
#include <QThread>

#include "fake_engine.h"
#include "ui/desktop/bridge/inference_worker.h"

using namespace tramontane;
using namespace tramontane::desktop;

namespace {

LoadRequest wish(quint64 id, const QString& folder = "/models/one") {
    LoadRequest request;
    request.id = id;
    request.folder = folder;
    request.device = "auto";
    return request;
}

PromptJob prompt(JobId id, const QString& text = "Hi") {
    PromptJob job;
    job.id = id;
    job.turns = {Turn{Author::person, text}};
    return job;
}

} // namespace

class InferenceWorkerTest : public QObject {
    Q_OBJECT

    std::shared_ptr<FakeScript> script_;
    std::unique_ptr<QThread> thread_;
    InferenceWorker* worker_ = nullptr;
    std::unique_ptr<QSignalSpy> loads_, texts_, answers_;

    void post(auto&& call) {
        QMetaObject::invokeMethod(worker_, std::forward<decltype(call)>(call), Qt::QueuedConnection);
    }
    void load(const LoadRequest& request) {
        post([this, request] { worker_->load(request); });
    }
    void generate(const PromptJob& job) {
        post([this, job] { worker_->generate(job); });
    }
    LoadOutcome outcome(int index = -1) {
        return loads_->at(index < 0 ? loads_->size() + index : index).at(0).value<LoadOutcome>();
    }
    AnswerResult answer(int index) { return answers_->at(index).at(0).value<AnswerResult>(); }

private slots:
    void init() {
        script_ = std::make_shared<FakeScript>();
        thread_ = std::make_unique<QThread>();
        worker_ = new InferenceWorker(fakeEngines(script_));
        worker_->moveToThread(thread_.get());
        loads_ = std::make_unique<QSignalSpy>(worker_, &InferenceWorker::loadEnded);
        texts_ = std::make_unique<QSignalSpy>(worker_, &InferenceWorker::textReady);
        answers_ = std::make_unique<QSignalSpy>(worker_, &InferenceWorker::answered);
        thread_->start();
    }

    void cleanup() {
        script_->release();
        post([this] { worker_->close(); });
        post([this] { thread_->quit(); });
        QVERIFY(thread_->wait(5000));
        delete worker_;
        QCOMPARE(script_->enginesAlive.load(), 0);
    }

    void inference_streamsEveryPieceInOrder() {
        script_->tokens.clear();
        QString whole;
        for (int i = 0; i < 500; ++i) {
            script_->tokens.push_back(std::to_string(i) + " ");
            whole += QString::number(i) + " ";
        }
        load(wish(1));
        generate(prompt(7));
        QTRY_COMPARE(answers_->size(), 1);
        QString streamed;
        for (const auto& call : *texts_) {
            QCOMPARE(call[0].toULongLong(), 7u);
            streamed += call[1].toString();
        }
        QCOMPARE(streamed, whole);
        QCOMPARE(answer(0).figures.newTokens, 500);
        QCOMPARE(answer(0).figures.finishReason, QString("stop"));
        QCOMPARE(int(answer(0).state), int(MessageState::complete));
    }

    void inference_sendsTextAtMostOnceAFrame() {
        script_->tokens.assign(1000, "word ");
        script_->tokenDelay = std::chrono::microseconds(1000);
        load(wish(1));
        generate(prompt(1));
        QElapsedTimer since;
        since.start();
        QTRY_COMPARE_WITH_TIMEOUT(answers_->size(), 1, 20000);
        // A frame is 16 ms; the first piece and the last do not wait for one.
        const auto frames = since.elapsed() / 16 + 2;
        QVERIFY2(texts_->size() <= frames,
                 qPrintable(QString("%1 messages in %2 frames").arg(texts_->size()).arg(frames)));
    }

    void inference_aSlowModelsWordsDoNotWaitForTheNext() {
        script_->tokens = {"One", "Two", "Three"};
        load(wish(1));
        QTRY_COMPARE(loads_->size(), 1);
        script_->onGenerate = [this](const auto&) { script_->hold(); };
        generate(prompt(1));
        QTest::qWait(30);
        QCOMPARE(texts_->size(), 0);
        script_->release();
        QTRY_COMPARE(answers_->size(), 1);
        QCOMPARE(texts_->first()[1].toString(), QString("One"));
    }

    void inference_stopsWithinOneStep() {
        script_->tokens.assign(100000, "x");
        script_->tokenDelay = std::chrono::microseconds(5000);
        load(wish(1));
        auto job = prompt(1);
        generate(job);
        QTRY_VERIFY(texts_->size() >= 3);
        QElapsedTimer since;
        since.start();
        job.stop.request_stop();
        QTRY_COMPARE(answers_->size(), 1);
        QVERIFY2(since.elapsed() < 100, qPrintable(QString::number(since.elapsed())));
        QVERIFY(script_->tokensAfterStop.load() <= 1);
        QCOMPARE(int(answer(0).state), int(MessageState::partial));
        QCOMPARE(answer(0).figures.finishReason, QString("cancelled"));
        QString text;
        for (const auto& call : *texts_) text += call[1].toString();
        QCOMPARE(text.size(), qsizetype(answer(0).figures.newTokens)); // the text so far is all there
    }

    void inference_aJobStoppedBeforeItsTurnNeverRuns() {
        load(wish(1));
        script_->tokens.assign(50, "x");
        script_->tokenDelay = std::chrono::microseconds(2000);
        auto second = prompt(2);
        generate(prompt(1));
        generate(second);
        second.stop.request_stop();
        QTRY_COMPARE(answers_->size(), 2);
        QCOMPARE(script_->requests().size(), std::size_t(1));
        QCOMPARE(answer(1).id, JobId(2));
        QCOMPARE(answer(1).figures.finishReason, QString("cancelled"));
    }

    void inference_anAnswerWithoutAModelFailsInWords() {
        generate(prompt(1));
        QTRY_COMPARE(answers_->size(), 1);
        QCOMPARE(int(answer(0).state), int(MessageState::failed));
        QVERIFY(!answer(0).problem.detail.isEmpty());
    }

    void inference_anErrorKeepsTheTextBeforeIt() {
        script_->failWith = "The model changed on disk.";
        load(wish(1));
        generate(prompt(1));
        QTRY_COMPARE(answers_->size(), 1);
        QCOMPARE(int(answer(0).state), int(MessageState::failed));
        QCOMPARE(answer(0).problem.detail, QString("The model changed on disk."));
        QVERIFY(!texts_->isEmpty());
    }

    void inference_aModelThatDoesNotOpenLeavesTheOneBefore() {
        load(wish(1));
        QTRY_COMPARE(loads_->size(), 1);
        QVERIFY(!outcome().problem);
        script_->loadCheck = [](const ModelOptions&) -> Result<void> {
            return makeError(ErrorKind::invalidInput, "config.json: bits is 8, expected 4");
        };
        load(wish(2, "/models/two"));
        QTRY_COMPARE(loads_->size(), 2);
        QCOMPARE(int(outcome().problem.kind), int(ProblemKind::modelInvalid));
        QVERIFY(outcome().problem.detail.contains("bits"));
        QVERIFY(outcome().model && outcome().model->folder == "/models/one");
        QCOMPARE(script_->enginesAlive.load(), 1);
        generate(prompt(1));
        QTRY_COMPARE(answers_->size(), 1);
        QCOMPARE(int(answer(0).state), int(MessageState::complete));
    }

    void inference_everyKindOfErrorHasItsWayOn_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("problem");
        const auto row = [](const char* name, ErrorKind kind, ProblemKind problem) {
            QTest::newRow(name) << int(kind) << int(problem);
        };
        row("invalid", ErrorKind::invalidInput, ProblemKind::modelInvalid);
        row("missing", ErrorKind::notFound, ProblemKind::modelMissing);
        row("io", ErrorKind::io, ProblemKind::modelMissing);
        row("memory", ErrorKind::outOfMemory, ProblemKind::outOfMemory);
        row("format", ErrorKind::unsupported, ProblemKind::unsupported);
        row("changed", ErrorKind::changedOnDisk, ProblemKind::modelChanged);
        row("defect", ErrorKind::internal, ProblemKind::other);
    }
    void inference_everyKindOfErrorHasItsWayOn() {
        QFETCH(int, kind);
        QFETCH(int, problem);
        script_->loadCheck = [kind](const ModelOptions&) -> Result<void> {
            return makeError(ErrorKind(kind), "found this, expected that");
        };
        load(wish(1));
        QTRY_COMPARE(loads_->size(), 1);
        QCOMPARE(int(outcome().problem.kind), problem);
        QVERIFY(!outcome().model);
        QCOMPARE(outcome().problem.detail, QString("found this, expected that"));
    }

    void inference_aLoadCanBeCancelled() {
        script_->loadMs = 5000;
        const auto request = wish(1);
        QSignalSpy progress(worker_, &InferenceWorker::loadProgressed);
        load(request);
        QTRY_VERIFY(progress.size() >= 2);
        QVERIFY(progress.last()[1].toDouble() > progress.first()[1].toDouble());
        auto stop = request.stop;
        QElapsedTimer since;
        since.start();
        stop.request_stop();
        QTRY_COMPARE(loads_->size(), 1);
        QVERIFY(since.elapsed() < 200);
        QCOMPARE(int(outcome().problem.kind), int(ProblemKind::cancelled));
        QVERIFY(!outcome().model);
    }

    void inference_onlyTheLastOfSeveralWishesIsLoaded() {
        script_->loadMs = 50;
        LoadRequest requests[] = {wish(1), wish(2), wish(3)};
        for (const auto& request : requests) load(request);
        requests[0].stop.request_stop();
        requests[1].stop.request_stop();
        QTRY_COMPARE(loads_->size(), 3);
        QCOMPARE(script_->enginesAlive.load(), 1);
        QVERIFY(!outcome().problem);
        QCOMPARE(outcome().id, quint64(3));
    }

    void inference_handsTheSettingsOnAsTheyAre() {
        load(wish(1));
        auto job = prompt(1);
        job.turns = {Turn{Author::system, "Be brief."},
                     Turn{Author::person, QString::fromUtf8("é\0\xF0\x9F\x9A\x80", 7)}};
        job.sampling.values = {{"temperature", 0.0}, {"top-k", 12}, {"repeat-last-n", -1}, {"no such", 5}};
        job.sampling.seed = 18446744073709551615ull;
        job.sampling.stop = {"END"};
        generate(job);
        QTRY_COMPARE(answers_->size(), 1);
        const auto request = script_->requests().front();
        QCOMPARE(request.sampling.temperature, 0.0);
        QCOMPARE(request.sampling.topK, 12);
        QCOMPARE(request.sampling.repeatLastN, -1);
        QCOMPARE(request.sampling.topP, SamplingSettings().topP);
        QVERIFY(request.sampling.seed == 18446744073709551615ull);
        QCOMPARE(request.sampling.stop, std::vector<std::string>{"END"});
        QVERIFY(request.messages[0].role == Role::system);
        QCOMPARE(request.messages[1].content, std::string("\xC3\xA9\0\xF0\x9F\x9A\x80", 7));
        QVERIFY(answer(0).figures.samplingJson.contains("18446744073709551615"));
    }
};

QTEST_GUILESS_MAIN(InferenceWorkerTest)
#include "inference_worker_test.moc"
