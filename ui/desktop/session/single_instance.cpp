// A data folder in; this start's place in it out. The kernel gives the lock back however the holder ended.
#include "single_instance.h"

#include <QCryptographicHash>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLocalSocket>
#include <QStandardPaths>
#include <QThread>
#include <QTimer>

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace tramontane::desktop {

namespace {
constexpr int answerMs = 1500;
constexpr int longestMessage = 8192;
} // namespace

SingleInstance::SingleInstance(const QString& dataFolder, QObject* parent) : QObject(parent) {
    const QDir folder(dataFolder);
    lockFile_ = folder.filePath(QStringLiteral("tramontane.lock"));
    // A socket's path may have 107 bytes, a data folder's more: the name is made from it instead.
    const QString canonical = folder.canonicalPath().isEmpty() ? folder.absolutePath() : folder.canonicalPath();
    const auto hash = QCryptographicHash::hash(canonical.toUtf8(), QCryptographicHash::Sha256).toHex().left(16);
    const QString name = QStringLiteral("tramontane-%1-%2").arg(getuid()).arg(QString::fromLatin1(hash));
    const QString runtime = qEnvironmentVariable("XDG_RUNTIME_DIR");
    const bool usable = !runtime.isEmpty() && QFileInfo(runtime).isWritable() && runtime.size() < 60;
    socketName_ = usable ? QDir(runtime).filePath(name) : name;
    server_.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&server_, &QLocalServer::newConnection, this, &SingleInstance::greet);
}

SingleInstance::~SingleInstance() {
    server_.close();
    if (lockDescriptor_ >= 0) ::close(lockDescriptor_);
}

bool SingleInstance::lock() {
    lockDescriptor_ = ::open(QFile::encodeName(lockFile_).constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lockDescriptor_ < 0) return true; // a folder that takes no file holds nobody off; the history will say so
    if (::flock(lockDescriptor_, LOCK_EX | LOCK_NB) == 0) return true;
    const bool held = errno == EWOULDBLOCK;
    ::close(lockDescriptor_);
    lockDescriptor_ = -1;
    return !held;
}

bool SingleInstance::claim(const QString& model) {
    QElapsedTimer since;
    since.start();
    while (!lock()) {
        if (tellOther(model)) return false;
        // It holds the lock and does not listen yet, or any more: it is starting or ending.
        if (since.elapsed() > 5000) return false;
        QThread::msleep(50);
    }
    QLocalServer::removeServer(socketName_); // what a kill left; nobody listens there, the lock is ours
    server_.listen(socketName_);
    return true;
}

bool SingleInstance::tellOther(const QString& model) const {
    QLocalSocket socket;
    socket.connectToServer(socketName_);
    if (!socket.waitForConnected(answerMs)) return false;
    socket.write("raise\n" + model.toUtf8() + '\n');
    socket.waitForBytesWritten(answerMs);
    // Its word that it heard, so that this process does not end before the message is out.
    socket.waitForReadyRead(answerMs);
    return true;
}

void SingleInstance::greet() {
    while (auto* socket = server_.nextPendingConnection()) {
        connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
        QTimer::singleShot(answerMs, socket, &QLocalSocket::abort);
        const auto read = [this, socket] {
            if (socket->bytesAvailable() > longestMessage) return socket->abort();
            const auto lines = socket->peek(longestMessage).split('\n');
            if (lines.size() < 3) return;
            socket->readAll();
            if (lines[0] != "raise") return socket->abort();
            socket->write("ok\n");
            socket->disconnectFromServer();
            emit raised(QString::fromUtf8(lines[1]));
        };
        connect(socket, &QLocalSocket::readyRead, this, read);
        read();
    }
}

} // namespace tramontane::desktop
