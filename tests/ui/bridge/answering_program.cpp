// The program without its window, in the middle of an answer: asks in the folder of its argument, says on stdout every
// word the model made, and goes on until it is killed. A test kills it.
#include <QCoreApplication>
#include <QGuiApplication>

#include <cstdio>

#include "world.h"

using namespace tramontane::desktop;

int main(int argc, char** argv) {
    QGuiApplication application(argc, argv);
    if (argc != 2) return 2;
    auto script = std::make_shared<FakeScript>();
    script->tokens.clear();
    for (int i = 0; i < 100000; ++i) script->tokens.push_back(std::to_string(i) + " ");
    script->tokenDelay = std::chrono::milliseconds(3);
    script->onToken = [](const std::string& token) {
        std::fputs((token + "\n").c_str(), stdout);
        std::fflush(stdout);
    };
    World world(script, QString::fromLocal8Bit(argv[1]));
    world.start();
    if (!world.session().send(QStringLiteral("Count for me"))) return 1;
    return QCoreApplication::exec();
}
