"""The intent files of text/ in, a report of what is wrong with them out; the exit status is 1 if anything is."""
import random
import re
import sys
from collections import defaultdict
from pathlib import Path

TEXT = Path(__file__).parent / "text"
CLASS = re.compile(r"<([^<>]*)>")
FEWEST_QUESTIONS = 25
FEWEST_PHRASINGS = 1000
DRAWS = 60
ADDING = ("base_", "20_voices_")  # the files that add to the intents of the others; few phrasings are enough there


def balanced(text: str) -> bool:
    depth = 0
    for c in text:
        depth += (c == "{") - (c == "}")
        if depth < 0:
            return False
        if c == "|" and depth == 0:
            return False
    return depth == 0


def read_classes(path: Path, problems: list) -> dict:
    classes = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, rest = line.partition(":")
        if not colon or not rest.strip():
            problems.append(f"{path.name}:{number}: not `word: a | b`: {line}")
        if name.strip().lower() in classes:
            problems.append(f"{path.name}:{number}: the class {name} stands here a second time")
        classes[name.strip().lower()] = [o.strip() for o in rest.split("|")]
    return classes


def phrasings(text: str, classes: dict) -> int:
    """How many different texts a line stands for, at most."""
    inner = re.compile(r"\{([^{}]*)\}")
    sizes = []

    def size(part: str) -> int:
        product = 1
        for name in CLASS.findall(part):
            product *= max(1, len(classes.get(name.lower(), [])))
        for index in re.findall(r"\x00(\d+)\x00", part):
            product *= sizes[int(index)]
        return product

    while (found := inner.search(text)) is not None:
        sizes.append(sum(size(part) for part in found.group(1).split("|")))
        text = f"{text[:found.start()]}\x00{len(sizes) - 1}\x00{text[found.end():]}"
    return size(text)


def expand(text: str, classes: dict, rng: random.Random) -> str:
    inner = re.compile(r"\{([^{}]*)\}")
    while (found := inner.search(text)) is not None:
        text = text[:found.start()] + rng.choice(found.group(1).split("|")) + text[found.end():]
    text = CLASS.sub(lambda m: rng.choice(classes.get(m.group(1).lower(), [""])), text)
    return re.sub(r"\s+", " ", text).strip().lower().rstrip("?!. ")


def main() -> int:
    problems, intents = [], {}
    classes = read_classes(TEXT / "synonyms.txt", problems)
    for path in sorted(TEXT.glob("*.txt")):
        if path.name == "synonyms.txt":
            continue
        current, topic = None, ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            here = f"{path.name}:{number}"
            if not line.strip():
                current = None
                continue
            if line.startswith("#"):
                continue
            key, _, value = line.partition(": ")
            key = "f" if re.fullmatch(r"f\([a-z0-9_ ]+\)", key) else key
            if key == "intent":
                if value in intents and not path.name.startswith(ADDING):
                    problems.append(f"{here}: the intent {value} stands here a second time")
                if value in intents:  # such a file adds phrasings to an intent of the others
                    current = intents[value]
                    continue
                current = intents[value] = {"q": [], "f": [], "a": [], "topic": topic, "here": here,
                                             "base": path.name.startswith(ADDING)}
            elif current is None and key == "topic":
                topic = value
            elif current is None or key not in ("topic", "q", "f", "a"):
                problems.append(f"{here}: out of place: {line}")
            elif key == "topic":
                current["topic"] = topic = value
            else:
                current[key].append(value)
                if key == "a":
                    if re.search(r"[{}<>]", value):
                        problems.append(f"{here}: braces or angles in an answer")
                    continue
                if not balanced(value):
                    problems.append(f"{here}: unbalanced braces or a bar outside them: {value}")
                for name in CLASS.findall(value):
                    if name.lower() not in classes:
                        problems.append(f"{here}: unknown class {name}")

    rng = random.Random(7)
    seen = defaultdict(set)
    for name, intent in intents.items():
        if not intent["topic"]:
            problems.append(f"{intent['here']}: {name} has no topic")
        if not intent["a"]:
            problems.append(f"{intent['here']}: {name} has no answer")
        count = sum(phrasings(q, classes) for q in intent["q"])
        if len(intent["q"]) < FEWEST_QUESTIONS and count < FEWEST_PHRASINGS and not intent["base"]:
            problems.append(f"{intent['here']}: {name} has only {len(intent['q'])} questions, {count} phrasings")
        for question in intent["q"]:
            for _ in range(DRAWS):
                seen[expand(question, classes, rng)].add(name)
    for question, names in sorted(seen.items()):
        if len(names) > 1:
            problems.append(f"the same question in {', '.join(sorted(names))}: {question}")

    for problem in problems:
        print(problem)
    print(f"{len(intents)} intents, {sum(len(i['q']) for i in intents.values())} questions, "
          f"{sum(len(i['f']) for i in intents.values())} follow-ups, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
