#!/usr/bin/env python3
"""Scores the built-in guide on tests/golden/guide_questions.json.

In: answers to the questions, from a file or asked of the program here. Out: the score
by kind and in all, on stdout.

    score_guide.py ANSWERS.json                 [{"id": 1, "answer": "..."}, ...]
    score_guide.py --run PROGRAM --model DIR    asks PROGRAM (tramontane-cli) itself
    score_guide.py --self-test                  checks the keys and the scorer

A question has one or several user turns; only the last answer is judged. Lower-cased,
it passes when each list of "all" has an alternative that occurs in it (a plain
substring, or a regular expression after "re:") and nothing in "none" occurs. A question
without an answer counts as missed.

With --run a question of one turn is asked with
    PROGRAM run --model DIR --temperature 0 --max-tokens 300 --json --prompt TEXT
and one of several turns with --messages - in the place of --prompt: the conversation so
far, the program's own answers included, goes in on stdin as a JSON array of
{"role": ..., "content": ...}, once for each turn.

The exit status is 0, or 1 when --minimum is not reached, a self-test fails or the
program does; 2 for wrong use or an unreadable file. Standard library only.
"""

import argparse
import json
import re
import subprocess
import sys
import unittest
from collections import Counter
from pathlib import Path

QUESTIONS = Path(__file__).resolve().parent.parent / "golden" / "guide_questions.json"
KINDS = ("feature", "identity", "smalltalk", "arithmetic", "list",
         "table", "code", "story", "limits", "followup")


def occurs(alternative, answer):
    if alternative.startswith("re:"):
        return re.search(alternative[3:], answer) is not None
    return alternative in answer


def passes(question, answer):
    answer = answer.lower()
    return (all(any(occurs(a, answer) for a in group) for group in question["all"])
            and not any(occurs(n, answer) for n in question["none"]))


def load_questions(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))["questions"]


def text_of(output):
    """The answer in what --json printed: one object, or lines of which the last one with an
    answer counts. Of several plausible names for the field the first one present is taken."""
    output = output.strip()
    try:
        objects = [json.loads(output)]
    except ValueError:
        objects = []
        for line in output.splitlines():
            try:
                objects.append(json.loads(line))
            except ValueError:
                continue
    for value in reversed(objects):
        if not isinstance(value, dict):
            continue
        choices = value.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            value = choices[0]
        if isinstance(value.get("message"), dict):
            value = value["message"]
        for name in ("answer", "text", "content", "response", "output"):
            if isinstance(value.get(name), str):
                return value[name]
    raise ValueError("no answer in the program's output: " + output[:200])


def call(arguments, stdin, timeout):
    done = subprocess.run(arguments, input=stdin, capture_output=True, text=True,
                          encoding="utf-8", errors="replace", timeout=timeout, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr.strip()[-300:]}")
    return text_of(done.stdout)


def ask(program, model, turns, timeout):
    base = [program, "run", "--model", model, "--temperature", "0",
            "--max-tokens", "300", "--json"]
    if len(turns) == 1:
        # One word, so that a question that begins with a dash is no option.
        return call(base + ["--prompt=" + turns[0]] if turns[0].startswith("-")
                    else base + ["--prompt", turns[0]], "", timeout)
    messages = []
    for turn in turns:
        messages.append({"role": "user", "content": turn})
        answer = call(base + ["--messages", "-"], json.dumps(messages), timeout)
        messages.append({"role": "assistant", "content": answer})
    return messages[-1]["content"]


def ask_all(questions, program, model, timeout):
    """Every answer, and how many calls failed; a failed call leaves an empty answer."""
    answers, failed = {}, 0
    for number, question in enumerate(questions, 1):
        try:
            answers[question["id"]] = ask(program, model, question["turns"], timeout)
        except (OSError, RuntimeError, ValueError, subprocess.TimeoutExpired) as error:
            answers[question["id"]] = ""
            failed += 1
            print(f"question {question['id']}: {error}", file=sys.stderr)
            if failed == number == 3:
                print("the first three calls failed; giving up", file=sys.stderr)
                break
        if sys.stderr.isatty():
            print(f"\r{number}/{len(questions)}", end="", file=sys.stderr)
    return answers, failed


def report(questions, answers, show_missed):
    """Prints the table and returns the share of right answers."""
    asked, right, missed = Counter(), Counter(), []
    for question in questions:
        asked[question["kind"]] += 1
        if passes(question, answers.get(question["id"], "")):
            right[question["kind"]] += 1
        else:
            missed.append(question)
    if show_missed:
        for question in missed:
            print(f"missed {question['id']} ({question['kind']}): "
                  f"{' / '.join(question['turns'])}")
            print("    " + answers.get(question["id"], "(no answer)").replace("\n", "\n    "))
    for kind in KINDS:
        if asked[kind]:
            print(f"{kind:<12}{right[kind]:>4} / {asked[kind]:<4}"
                  f"{100 * right[kind] / asked[kind]:6.1f} %")
    total, all_right = sum(asked.values()), sum(right.values())
    share = all_right / total if total else 0.0
    print(f"{'in all':<12}{all_right:>4} / {total:<4}{100 * share:6.1f} %")
    return share


class GuideQuestions(unittest.TestCase):
    def setUp(self):
        self.questions = load_questions(QUESTIONS)

    def with_last_turn(self, text):
        found = [q for q in self.questions if q["turns"][-1] == text]
        self.assertEqual(len(found), 1, text)
        return found[0]

    def test_keyAcceptsRightAnswers(self):
        for turn, answer in (
                ("fresh chat pls", "Press **Ctrl + N**, or click the + button."),
                ("17+25", "17 + 25 = 42."),
                ("table with two columns: fruit, colour",
                 "| Fruit | Colour |\n|:--|---|\n| Apple | red |\n| Plum | blue |")):
            self.assertTrue(passes(self.with_last_turn(turn), answer), turn)

    def test_keyRejectsWrongAnswers(self):
        for turn, answer in (
                ("fresh chat pls", "Press Ctrl+O and choose a fresh chat."),
                ("17+25", "17 + 25 = 142, or 42.5."),
                ("table with two columns: fruit, colour",
                 "| Fruit | Colour |\n| Apple | red |")):
            self.assertFalse(passes(self.with_last_turn(turn), answer), turn)

    def test_noneOverridesAll(self):
        question = {"all": [["sidebar"]], "none": ["re:\\bbold\\b"]}
        self.assertTrue(passes(question, "It hides the Sidebar."))
        self.assertFalse(passes(question, "It makes the sidebar bold."))

    def test_everyQuestionIsWellFormed(self):
        self.assertEqual([q["id"] for q in self.questions],
                         list(range(1, len(self.questions) + 1)))
        self.assertEqual(len({tuple(q["turns"]) for q in self.questions}), 200)
        for question in self.questions:
            with self.subTest(id=question["id"]):
                self.assertEqual(set(question), {"id", "kind", "turns", "all", "none"})
                self.assertIn(question["kind"], KINDS)
                self.assertTrue(question["turns"] and all(question["turns"]))
                self.assertTrue(question["all"] and all(question["all"]))
                for key in sum(question["all"], []) + question["none"]:
                    if key.startswith("re:"):
                        re.compile(key[3:])
                    else:
                        self.assertEqual(key, key.lower())
                        self.assertTrue(key)

    def test_emptyOrEchoedAnswerMisses(self):
        for question in self.questions:
            with self.subTest(id=question["id"]):
                self.assertFalse(passes(question, ""))
                # A greeting may well be returned word for word, and so may a wish.
                if question["kind"] != "smalltalk":
                    self.assertFalse(passes(question, question["turns"][-1]))

    def test_jsonOutputIsRead(self):
        self.assertEqual(text_of('{"text": "Hello", "tokens": 2}'), "Hello")
        self.assertEqual(text_of('{"token": 1}\n{"answer": "Hi"}\n'), "Hi")
        self.assertEqual(text_of('{"choices": [{"message": {"content": "Hey"}}]}'), "Hey")
        with self.assertRaises(ValueError):
            text_of("not JSON")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", nargs="?", help="JSON file of answers")
    parser.add_argument("--run", metavar="PROGRAM", help="ask this program")
    parser.add_argument("--model", metavar="DIR", help="the model folder, with --run")
    parser.add_argument("--questions", default=QUESTIONS, help="another question file")
    parser.add_argument("--kind", choices=KINDS, action="append",
                        help="only this kind (may be repeated)")
    parser.add_argument("--save", metavar="FILE", help="write the answers of --run")
    parser.add_argument("--missed", action="store_true", help="print each missed question")
    parser.add_argument("--minimum", type=float, metavar="PERCENT", default=0.0,
                        help="exit with 1 when the score in all is lower")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one call")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()

    if options.self_test:
        return 0 if unittest.main(argv=[sys.argv[0]], exit=False).result.wasSuccessful() else 1
    if bool(options.run) == bool(options.answers) or bool(options.run) != bool(options.model):
        parser.error("give either a file of answers or --run PROGRAM --model DIR")

    failed = 0
    try:
        questions = load_questions(options.questions)
        if options.kind:
            questions = [q for q in questions if q["kind"] in options.kind]
        if options.run:
            answers, failed = ask_all(questions, options.run, options.model, options.timeout)
            if options.save:
                rows = [{"id": key, "answer": text} for key, text in answers.items()]
                Path(options.save).write_text(
                    json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        else:
            rows = json.loads(Path(options.answers).read_text(encoding="utf-8"))
            answers = {row["id"]: row["answer"] for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    share = report(questions, answers, options.missed)
    return 1 if failed or 100 * share < options.minimum else 0


if __name__ == "__main__":
    sys.exit(main())
