"""The intent files of text/ in, intents with endless phrasings out.

Blocks are separated by blank lines. `intent:` names, `topic:` groups, `q:` is a way of asking, `f:` an
elliptical follow-up that makes sense only after another intent of the topic, `f(one two):` one that is asked
only after those intents, `a:` an answer (`\\n` breaks the line). `{a|b|}` picks one alternative, `<word>` one synonym of synonyms.txt (`word: a | b | c`).
"""
import random
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path

TEXT = Path(__file__).parent / "text"
SLOT = re.compile(r"<([a-z0-9_ -]+)>", re.I)


@dataclass
class Intent:
    name: str
    topic: str = ""
    questions: list = field(default_factory=list)
    followups: list = field(default_factory=list)
    after: list = field(default_factory=list)   # (names of the intents before it, how it is asked then)
    answers: list = field(default_factory=list)
    source: str = ""


def parse_alternatives(text: str):
    """Text with nested braces -> a tree: list of str and of lists of alternatives (each such a list)."""
    def sequence(i: int, nested: bool):
        parts, run = [], []
        while i < len(text):
            c = text[i]
            if c == "{":
                parts.append("".join(run))
                run = []
                options, i = alternatives(i + 1)
                parts.append(options)
                continue
            if nested and c in "|}":
                break
            run.append(c)
            i += 1
        parts.append("".join(run))
        return parts, i

    def alternatives(i: int):
        options = []
        while True:
            option, i = sequence(i, True)
            options.append(option)
            if i >= len(text):
                raise ValueError(f"unclosed brace: {text}")
            if text[i] == "}":
                return options, i + 1
            i += 1

    return sequence(0, False)[0]


def pick(tree, rng: random.Random) -> str:
    return "".join(p if isinstance(p, str) else pick(rng.choice(p), rng) for p in tree)


class Grammar:
    """Expands `{a|b}` and `<word>`; parsed templates are kept."""

    def __init__(self, synonyms: dict):
        self.synonyms = {k.lower(): [parse_alternatives(v) for v in vs] for k, vs in synonyms.items()}
        self.parsed = {}

    def expand(self, template: str, rng: random.Random, depth: int = 0) -> str:
        tree = self.parsed.get(template)
        if tree is None:
            tree = self.parsed[template] = parse_alternatives(template)
        text = pick(tree, rng)

        def replace(match):
            options = self.synonyms.get(match.group(1).lower())
            if options is None or depth > 4:
                return match.group(0)
            chosen = pick(rng.choice(options), rng)
            return self.expand(chosen, rng, depth + 1) if "<" in chosen else chosen

        text = SLOT.sub(replace, text) if "<" in text else text
        return re.sub(r"  +", " ", text).strip()


def read_synonyms(path: Path = TEXT / "synonyms.txt") -> dict:
    found = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if ":" in line and not line.lstrip().startswith("#"):
                word, rest = line.split(":", 1)
                options = [o.strip() for o in split_top(rest)]
                found.setdefault(word.strip().lower(), []).extend(options)
    return found


def split_top(text: str):
    """Splits at the bars that stand outside braces."""
    depth, run, parts = 0, [], []
    for c in text:
        depth += (c == "{") - (c == "}")
        if c == "|" and depth == 0:
            parts.append("".join(run))
            run = []
        else:
            run.append(c)
    return parts + ["".join(run)]


def read_file(path: Path) -> list:
    intents, topic, current = [], "", None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line:
            current = None
            continue
        if line.startswith("#"):
            continue
        key, _, value = line.partition(":")
        value = value.strip()
        if key == "topic":
            topic = value
            if current:
                current.topic = value
        elif key == "intent":
            current = Intent(value, topic, source=path.stem)
            intents.append(current)
        elif current is None:
            raise ValueError(f"{path.name}:{number}: no intent is open here: {line}")
        elif key == "q":
            parse_alternatives(value)
            current.questions.append(value)
        elif key == "f":
            parse_alternatives(value)
            current.followups.append(value)
        elif key.startswith("f(") and key.endswith(")"):
            parse_alternatives(value)
            current.after.append((key[2:-1].split(), value))
        elif key == "a":
            current.answers.append(value.replace("\\n", "\n"))
        else:
            raise ValueError(f"{path.name}:{number}: unknown line: {line}")
    return intents


def read_all(folder: Path = TEXT, part: str = "all") -> tuple[list, Grammar]:
    """Every intent of the folder. One name in two files is one intent; the first file's answers count.

    part: "all"; or "train" and "test", which share out the phrasings 6 to 1 to measure what carries over.
    """
    merged = {}
    for path in sorted(folder.glob("*.txt")):
        for intent in read_file(path) if path.stem != "synonyms" else []:
            first = merged.setdefault(intent.name, intent)
            if first is not intent:
                first.questions += intent.questions
                first.followups += intent.followups
                first.after += intent.after
                if first.source == intent.source or not first.answers:
                    first.answers += intent.answers
    for intent in merged.values():
        if part != "all":
            intent.questions = [q for q in intent.questions if (zlib.crc32(q.encode()) % 7 == 0) == (part == "test")]
    found = [i for i in merged.values() if i.questions and i.answers]
    return found, Grammar(read_synonyms(folder / "synonyms.txt"))


if __name__ == "__main__":
    everything, grammar = read_all()
    rng = random.Random(1)
    print(len(everything), "intents,", sum(len(i.questions) for i in everything), "phrasings,",
          sum(len(i.followups) for i in everything), "follow-ups")
    for intent in rng.sample(everything, min(8, len(everything))):
        print(f"{intent.topic}/{intent.name}: {grammar.expand(rng.choice(intent.questions), rng)}")
