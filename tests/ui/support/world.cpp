// A script in, a running App with its threads out.
#include "world.h"

#include <QFile>
#include <QThread>

#include <ctime>

namespace tramontane::desktop {

World::World(std::shared_ptr<FakeScript> script, const QString& folder)
    : path_(folder.isEmpty() ? folder_.path() : folder), script_(std::move(script)) {}

World::~World() { stop(); }

std::filesystem::path World::historyFile() const {
    return std::filesystem::path(QFile::encodeName((path_ + QStringLiteral("/tramontane.sqlite"))).toStdString());
}

void World::start(bool ready) {
    app_ =
        std::make_unique<App>(path_ + QStringLiteral("/preferences.ini"), path_, path_ + QStringLiteral("/built-in"));
    backstage_ = std::make_unique<Backstage>(app_.get(), fakeEngines(script_), historyFile(), historyOptions);
    backstage_->start({});
    if (!ready) return;
    QTRY_COMPARE(app_->engine()->status(), EngineState::Ready);
    QTRY_VERIFY(!app_->session()->opening());
}

bool World::stop() {
    if (!backstage_) return true;
    script_->release();
    const bool clean = backstage_->shutDown();
    backstage_.reset();
    app_.reset();
    return clean;
}

QVariant World::role(int row, int role) const {
    auto* model = app_->session()->messages();
    return model->data(model->index(row < 0 ? model->count() + row : row), role);
}

QStringList World::shown() const {
    QStringList rows;
    for (int row = 0; row < app_->session()->messages()->count(); ++row) {
        QString line = role(row, MessageListModel::AuthorRole).toString() + QStringLiteral(": ") + text(row);
        if (status(row) != QLatin1String("complete")) line += QStringLiteral(" (%1)").arg(status(row));
        const int count = role(row, MessageListModel::SiblingCountRole).toInt();
        if (count > 1)
            line += QStringLiteral(" %1/%2").arg(role(row, MessageListModel::SiblingIndexRole).toInt() + 1).arg(count);
        rows << line;
    }
    return rows;
}

bool World::sendAndFinish(const QString& text) {
    if (!app_->session()->send(text)) return false;
    return QTest::qWaitFor([this] { return !app_->session()->generating(); }, 10000);
}

namespace {
double clockMs(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}
} // namespace

bool TimedApplication::notify(QObject* receiver, QEvent* event) {
    if (depth_ > 0 || QThread::currentThread() != thread()) return QGuiApplication::notify(receiver, event);
    ++depth_;
    const double wall = clockMs(CLOCK_MONOTONIC), busy = clockMs(CLOCK_THREAD_CPUTIME_ID);
    const bool handled = QGuiApplication::notify(receiver, event);
    longestWallMs_ = std::max(longestWallMs_, clockMs(CLOCK_MONOTONIC) - wall);
    longestBusyMs_ = std::max(longestBusyMs_, clockMs(CLOCK_THREAD_CPUTIME_ID) - busy);
    ++events_;
    --depth_;
    return handled;
}

void TimedApplication::startTiming() {
    longestWallMs_ = longestBusyMs_ = 0;
    events_ = 0;
}

} // namespace tramontane::desktop
