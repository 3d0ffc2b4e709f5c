// The values that travel between the window, the inference thread and the history thread. Qt types only, copied
// freely, never shared: whoever receives one owns it.
#pragma once

#include <QDateTime>
#include <QHash>
#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

#include <optional>
#include <stop_token>

namespace tramontane::desktop {

// Names one answer being made. Whatever carries the number of a job that is over is dropped.
using JobId = quint64;
// Of a conversation or a message: the store's number where it has one, negative until then, 0 for none.
using Key = qint64;

enum class Author { system, person, assistant };
enum class MessageState { complete, streaming, partial, failed };

// Which way on a problem leaves, not what words it is told in.
enum class ProblemKind {
    none,
    other,
    modelInvalid, // the folder does not hold a model this program can run
    modelMissing, // the folder or one of its files is not there
    modelChanged, // the files are no longer what was opened
    outOfMemory,
    unsupported,
    contextFull,
    numeric,
    cancelled,
    historyBusy,  // another process holds the database
    historyWrite, // full disk, read-only file system, failing device
    historyNewer, // written by a newer version
    historyDamaged,
    historyGone, // no such conversation any more
};

struct Problem {
    ProblemKind kind = ProblemKind::none;
    QString detail; // what the core said: expected, found, do
    explicit operator bool() const { return kind != ProblemKind::none; }
};

// Every sampling number by the name the field gives it, and the two that are no numbers.
struct SamplingChoice {
    QMap<QString, double> values;
    std::optional<quint64> seed; // none: drawn anew for each answer
    QStringList stop;
    bool operator==(const SamplingChoice&) const = default;
};

struct Turn {
    Author author = Author::person;
    QString text;
};

// Why no GPU answers.
struct DeviceNote {
    QString gpuName;     // one that is there
    QString explanation; // why none is found, or why the model that is loaded does not run on it, in English
};

struct LoadRequest {
    quint64 id = 0;
    QString folder;
    QString device;        // auto, cpu, cuda
    int gpuLayers = -1;    // -1: as many as fit there
    int threads = 0;       // 0: as many as suit this machine
    int contextLength = 0; // 0: what suits the model
    std::stop_source stop;
};

struct LoadedModel {
    QString name, fingerprint, folder;
    QString device, deviceKind; // "CPU (AVX2, 2 threads)", "cpu"
    int contextLength = 0;      // tokens it holds now
    int contextMaximum = 0;     // tokens it was made for
    int layerCount = 0;
    quint64 weightBytes = 0, kvBytesPerToken = 0;
};

struct LoadOutcome {
    quint64 id = 0;
    std::optional<LoadedModel> model; // what is loaded now; after a failure the one before, where it was kept
    Problem problem;                  // none: the model asked for is loaded
};

struct PromptJob {
    JobId id = 0;
    QList<Turn>
        turns; // the system text first where there is one; the last is the person's, or the answer to go on with
    bool continueLast = false;
    SamplingChoice sampling;
    std::stop_source stop;
};

struct CountRequest {
    quint64 id = 0;
    QList<Turn> turns;
};

// What is known of an answer while it is being written.
struct LiveFigures {
    int newTokens = 0;
    double tokensPerSecond = 0;
    double timeToFirstTokenMs = 0;
};

// How an answer came about; stored with it.
struct AnswerFigures {
    int promptTokens = 0, newTokens = 0, contextLength = 0, droppedMessages = 0;
    double tokensPerSecond = 0, timeToFirstTokenMs = 0;
    QString finishReason; // stop, length, cancelled, error
    QString device, modelName, fingerprint;
    QString samplingJson;
    quint64 seed = 0;
};

struct AnswerResult {
    JobId id = 0;
    MessageState state = MessageState::complete;
    Problem problem;
    AnswerFigures figures;
};

struct StoredMessage {
    Key id = 0, parent = 0;
    Author author = Author::person;
    QString text;
    MessageState state = MessageState::complete;
    QString errorText;
    std::optional<AnswerFigures> figures;
    QDateTime createdAt;
};

// A message with its place among the variants that share its parent, oldest first.
struct ShownMessage {
    StoredMessage message;
    int siblingIndex = 0, siblingCount = 1;
};

// A conversation as it is shown: one branch, from the first message to its end.
struct StoredConversation {
    Key id = 0;
    QString title;
    QString draft;
    QList<ShownMessage> branch;
    Problem problem; // none: this is the conversation
};

struct ConversationSummary {
    Key id = 0;
    QString title;
    QDateTime updatedAt;
    bool pinned = false, archived = false;
    QDateTime deletedAt;  // valid: in the trash
    Key matchMessage = 0; // of a search; 0: the title matches
    QString snippet;
    int snippetStart = 0, snippetLength = 0;
};

struct ConversationMatches {
    quint64 id = 0; // of the question
    QString query;
    QList<ConversationSummary> rows;
};

struct Question {
    Key key = 0, parent = 0;
    QString text;
    bool fromDraft = false; // what stood in the composer: the stored draft goes with it
};

// What has to be safe on disk before the model starts.
struct Exchange {
    JobId job = 0;
    Key conversation = 0; // negative and not known yet: made with `title`
    QString title;
    std::optional<Question> question;
    Key answer = 0, answerParent = 0;
    QString answerStart;    // an answer that is continued: its text so far
    bool continued = false; // the answer is in the store already
};

// Tells the window which numbers the store gave to keys it made up.
struct ExchangeStored {
    JobId job = 0;
    QHash<Key, Key> conversations, messages;
};

// A copy of the whole history that can be put in its place.
struct StoredBackup {
    QString file;
    QDateTime time;
    qint64 sizeBytes = 0;
    int conversations = 0, messages = 0;
    QString problem; // why it cannot be restored; empty: it can
};

// What became of a backup or of putting one back.
struct BackupOutcome {
    bool restored = false; // otherwise: made
    Problem problem;       // none: it is done
};

enum class FileFormat { markdown, json, html, pdf };

// What is said in a file of who wrote a message, in the language of the window.
struct ExportNames {
    QString person, assistant, system, tool;
    QString untitled, image;
};

struct ExportRequest {
    Key conversation = 0; // 0: all of them, as JSON
    FileFormat format = FileFormat::json;
    QString file;
    ExportNames names;
};

// What became of an export or an import.
struct TransferOutcome {
    bool imported = false; // otherwise: exported
    QString file;
    int conversations = 0, messages = 0;
    Problem problem; // none: it is done, all of it; otherwise nothing of it is
};

// What the history found when it was opened.
struct HistoryReport {
    bool open = false;
    bool temporary = false;                                // nothing is kept beyond this run
    int salvagedConversations = -1, salvagedMessages = -1; // -1: nothing had to be salvaged
    QString originalKeptAt;
};

} // namespace tramontane::desktop
