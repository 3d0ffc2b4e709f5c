"""Words of a question in, near synonyms in the same form out, so that more of the language is met in training."""
import random
import re
from pathlib import Path

DATA = Path(__file__).parent / "data" / "thesaurus.txt"
IRREGULAR = {"write": ("writing", "wrote"), "find": ("finding", "found"), "keep": ("keeping", "kept"), "send": ("sending", "sent"),
             "make": ("making", "made"), "build": ("building", "built"), "see": ("seeing", "saw"), "get": ("getting", "got"),
             "forget": ("forgetting", "forgot"), "lose": ("losing", "lost"), "run": ("running", "ran"), "choose": ("choosing", "chose"),
             "hide": ("hiding", "hid"), "shut": ("shutting", "shut"), "put": ("putting", "put"), "set": ("setting", "set"), "begin": ("beginning", "began"),
             "take": ("taking", "took"), "quit": ("quitting", "quit"), "read": ("reading", "read"), "speak": ("speaking", "spoke"),
             "understand": ("understanding", "understood"), "mean": ("meaning", "meant"), "hit": ("hitting", "hit"), "die": ("dying", "died"),
             "freeze": ("freezing", "froze"), "stop": ("stopping", "stopped"), "grab": ("grabbing", "grabbed"), "drop": ("dropping", "dropped"),
             "scrap": ("scrapping", "scrapped"), "swap": ("swapping", "swapped"), "spot": ("spotting", "spotted"), "scan": ("scanning", "scanned"),
             "dig": ("digging", "dug"), "tap": ("tapping", "tapped"), "submit": ("submitting", "submitted"), "shrink": ("shrinking", "shrank"),
             "steer": ("steering", "steered"), "cancel": ("cancelling", "cancelled"), "occur": ("occurring", "occurred"), "transmit": ("transmitting", "transmitted"),
             "transfer": ("transferring", "transferred"), "let": ("letting", "let")}


def forms(verb: str) -> tuple:
    """base, -s, -ing, past"""
    head, _, tail = verb.replace("-", " ").partition(" ")
    tail = " " + tail if tail else ""
    if head in IRREGULAR:
        ing, past = IRREGULAR[head]
    elif head.endswith("e"):
        ing, past = head[:-1] + "ing", head + "d"
    elif head.endswith("y") and head[-2] not in "aeou":
        ing, past = head + "ing", head[:-1] + "ied"
    else:
        ing, past = head + "ing", head + "ed"
    third = head[:-1] + "ies" if head.endswith("y") and head[-2] not in "aeou" else head + ("es" if head.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")
    return tuple(x + tail for x in (head, third, ing, past))


def plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2] not in "aeou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "sh", "ch", "x", "z")) else "s")


def read() -> dict:
    found = {}

    def add(words):
        for w in words:
            found.setdefault(w.lower(), []).extend(x for x in words if x != w)

    for line in DATA.read_text(encoding="utf-8").splitlines():
        kind, _, rest = line.partition(": ")
        if kind == "v":
            for same_form in zip(*(forms(w) for w in rest.split())):
                add(list(same_form))
        elif kind == "n":
            add(rest.split())
            add([plural(w) for w in rest.split()])
        elif kind == "x":
            add([w.replace("-", " ") for w in rest.split()])
    return found


NEAR = read()


def vary(text: str, rng: random.Random, share: float) -> str:
    """Each known word is exchanged with the given probability; keys such as Ctrl+N stay."""
    def change(match):
        word = match.group(0)
        options = NEAR.get(word.lower())
        if not options or rng.random() >= share:
            return word
        chosen = rng.choice(options)
        return chosen[:1].upper() + chosen[1:] if word[0].isupper() else chosen
    return re.sub(r"(?<![+\w.-])[A-Za-z]+(?![+\w]|-\w)", change, text)


if __name__ == "__main__":
    rng = random.Random(2)
    for q in ("How do I delete an old conversation by mistake?", "Can I change the size of the messages?", "The answers keep repeating, how do I stop that?"):
        print([vary(q, rng, 0.6) for _ in range(3)])
