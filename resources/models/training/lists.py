"""Short lists in Markdown: a request for so many of something, and the list; a plain plan for what is unknown."""
import random
from pathlib import Path

import words
from arithmetic import spelled
from augment import soften

DATA = Path(__file__).parent / "data" / "lists.txt"


def read() -> list:
    """[(names, items, ordered)]"""
    found = []
    for line in DATA.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            names, _, items = line.partition(": ")
            ordered = names.endswith("*")
            found.append((names.rstrip("*").split("/"), [i.strip() for i in items.split(" | ")], ordered))
    return found


LISTS = read()
STEPS = [entry for entry in LISTS if entry[2] and any(w in entry[0][0] for w in ("steps", "recipe", "routine"))]

COUNTED = """List {n} {t}.|Name {n} {t}.|Give me {n} {t}.|Give me a list of {n} {t}.|Make a list of {n} {t}.|Write {n} {t}.|
Write a list of {n} {t}.|Write down {n} {t}.|Tell me {n} {t}.|Show me {n} {t}.|{n} {t}|{n} {t} please|I need {n} {t}.|
Can you name {n} {t}?|Can you list {n} {t}?|Could you give me {n} {t}?|I want a list with {n} {t}.|Create a list of {n} {t}.|
Make a bullet list of {n} {t}.|Write a short list of {n} {t}.|top {n} {t}|Please list {n} {t}.|Think of {n} {t}.|
What are {n} {t}?|Do you know {n} {t}?|Enumerate {n} {t}.|Suggest {n} {t}.|Can you think of {n} {t}?|Find {n} {t}.|
Would you write me {n} {t} as a list?|Put {n} {t} in a list.|I'm looking for {n} {t}.|Recommend {n} {t}.|Mention {n} {t}.|
Bullet points: {n} {t}|Let me have {n} {t}.|Draw up a list of {n} {t}.|Come up with {n} {t}.|Note down {n} {t}.""".replace("\n", "").split("|")

OPEN = """List {t}.|List some {t}.|Name some {t}.|Name a few {t}.|Give me some {t}.|Give me a list of {t}.|Make a list of {t}.|
Write a list of {t}.|Write a short list of {t}.|Write me a list of {t}.|Make me a list of {t}.|Show me a list of {t}.|
a list of {t}|list of {t}|{t} list|a short list of {t} please|Tell me some {t}.|Can you list some {t}?|Can you make a list of {t}?|
What {t} are there?|What are some {t}?|Which {t} do you know?|Do you know any {t}?|I need a list of {t}.|I need some {t}.|
Create a list of {t}.|Make a bullet list of {t}.|bullet list of {t}|bullet points with {t}|Could you write down some {t}?|
I'd like a list of {t}.|Write {t} as a list.|Show me {t} in a Markdown list.|Make a Markdown list of {t}.|examples of {t}|
Give examples of {t}.|Suggest some {t}.|Please enumerate some {t}.|Can you give me a few {t}?|I want to see some {t} in a list.|
Would you list {t} for me?|Put some {t} in a list.|several {t}|Help me with a list of {t}.|What could be on a list of {t}?|
Draw up a list of {t}.|Come up with some {t}.|I'm looking for {t}.|Any {t}?|Recommend some {t}.""".replace("\n", "").split("|")

WHOLE = """{t}|{t} please|Write {t}.|Give me {t}.|Show me {t}.|Make {t}.|I need {t}.|Tell me {t}.|Can you write {t}?|Explain {t}.|
List the {t}.|What are the {t}?|Can you tell me {t}?|Please write down {t}.|Help me with {t}.""".replace("\n", "").split("|")

NUMBERED = ["numbered list", "ordered list", "numbered"]


def render(items: list, numbered: bool) -> str:
    return "\n".join(f"{i}. {x}" if numbered else f"- {x}" for i, x in enumerate(items, 1))


def lead(n: int, name: str, rng: random.Random) -> str:
    kind = rng.random()
    low = name if name[:1].isupper() else name
    counted = name.endswith("s") and not name.startswith(("steps", "the ", "a ", "how", "groceries")) and "list" not in name
    if counted and n < 21 and kind < 0.8:
        return f"Here are {spelled(n)} {low}:"
    return f"Here is a list: {low}" if kind < 0.2 else "Here is the list:" if kind < 0.6 else "Here you are:"


def number_word(n: int, rng: random.Random) -> str:
    return spelled(n) if rng.random() < 0.55 else str(n)


def make(rng: random.Random):
    """(question, answer, (name, items, ordered, n), keep)"""
    names, items, ordered = rng.choice(LISTS)
    name = rng.choice(names)
    numbered = ordered
    is_steps = (names, items, ordered) in STEPS or name.startswith(("how to", "recipe", "to-do", "shopping list", "packing list"))
    if is_steps:
        q = rng.choice(WHOLE if rng.random() < 0.6 or name.startswith("how to") else OPEN[:12]).format(t=name)
        if name.startswith("how to") and rng.random() < 0.5:
            q = rng.choice(["{}?", "Tell me {}.", "Can you explain {}?", "Explain {} in steps.", "{} step by step",
                            "I want to know {}.", "Write {} as a numbered list."]).format(name)
        shown = items
        return q, f"{rng.choice(['Here is a short list:', 'Here you are:', 'Here is the list:'])}\n\n{render(shown, ordered)}", \
            (name, items, ordered, len(shown)), set(name.lower().split())
    if rng.random() < 0.55:
        n = rng.choice([2, 3, 3, 3, 4, 4, 5, 5, 5, 6, 6, 7, 8, 9, 10])
        q = rng.choice(COUNTED).format(n=number_word(n, rng), t=name)
    else:
        n = min(5, len(items)) if len(items) > 8 or not ordered else len(items)
        q = rng.choice(OPEN).format(t=name)
    if rng.random() < 0.12:
        q, numbered = q.rstrip(".?") + rng.choice([" as a numbered list", " in a numbered list", ", numbered", " with numbers",
                                                   " (numbered)", " as an ordered list"]), True
    elif rng.random() < 0.06:
        q, numbered = q.rstrip(".?") + rng.choice([" as bullet points", " as a bullet list", " with bullets", " in bullets",
                                                   " as a Markdown list", " in Markdown"]), False
    shown = items[:n] if ordered or rng.random() < 0.8 else sorted(rng.sample(items, min(n, len(items))), key=items.index)
    head = lead(len(shown), name, rng)
    if len(shown) < n:
        head = f"I know only {spelled(len(shown))}:"
    return q, f"{head}\n\n{render(shown, numbered)}", (name, items, ordered, len(shown)), set(name.lower().split())


PLANS = ["{g} {t}", "{g} {t}", "{g} {t}"]
GOAL = """a list of ideas for|a checklist for|a to-do list for|things to remember about|a plan for|tips for|steps for|
a list of tips about|ideas for|a short plan for|some points about|a list about|a list for|bullet points about|pros and cons of|
advantages and disadvantages of|a checklist about|five tips for|three ideas for|a list of reasons for|things I need for|
what I should think of for|a packing list for|steps to start with""".replace("\n", "").split("|")
ASK = ["Write {}.", "Give me {}.", "Make {}.", "I need {}.", "Can you write {}?", "{}", "{} please", "Create {}.", "Show me {}.",
       "Could you make {}?", "Please write me {}.", "I'd like {}."]


def unknown(rng: random.Random):
    """A list about anything at all: a small general plan that names the thing."""
    topic = words.anything(rng)
    goal = rng.choice(GOAL)
    q = rng.choice(ASK).format(f"{goal} {topic}")
    if goal.startswith(("pros", "advantages")):
        text = (f"Here are pros and cons of {topic}:\n\n**Pros**\n\n- It can be useful.\n- It can be fun.\n- You learn something new.\n\n"
                f"**Cons**\n\n- It takes time.\n- It may cost money.\n- It is not for everybody.")
        return q, text, set(topic.lower().split())
    n = 3 if goal.startswith("three") else 5
    steps = rng.choice([
        ["Decide what you want.", "Collect what you need.", "Ask somebody who knows it well.", "Start with a small step.",
         "Check the result and enjoy it."],
        ["Make a plan.", "Write down what is missing.", "Take enough time.", "Do the most important thing first.",
         "Ask a friend for help."]])
    return q, f"Here is a short list for {topic}:\n\n{render(steps[:n], goal.startswith(('steps', 'a plan', 'a short plan')))}", \
        set(topic.lower().split())


def with_followup(rng: random.Random):
    """A list and what a person asks next about it."""
    q, answer, (name, items, ordered, n), keep = make(rng)
    shown = [line.split(" ", 1)[1] for line in answer.split("\n\n", 1)[1].split("\n")]
    kind = rng.randrange(6)
    rest = [i for i in items if i not in shown]
    if kind == 0 and len(rest) >= 2:
        k = rng.choice([1, 2, 2, 3])
        k = min(k, len(rest))
        ask = rng.choice(["{k} more", "{k} more please", "and {k} more?", "Give me {k} more.", "add {k} more", "Can you add {k}?"])
        if k >= 2 and rng.random() < 0.4:
            ask, k = rng.choice(["more", "more please", "And more?", "Any more?", "some more", "a few more", "Do you know more?",
                                 "continue the list", "what else?"]), min(3, len(rest))
        return [(q, answer), (ask.format(k=number_word(k, rng)), f"Here {'is one' if k == 1 else 'are ' + spelled(k)} more:\n\n{render(rest[:k], False)}")], keep
    if kind == 1:
        ask = rng.choice(["as a numbered list", "with numbers please", "make it a numbered list", "Number them.", "now numbered",
                          "Can you number them?", "put numbers in front", "I want it numbered", "as an ordered list please"])
        return [(q, answer), (ask, f"Here is the numbered list:\n\n{render(shown, True)}")], keep
    if kind == 2 and len(shown) > 3:
        k = rng.choice([2, 3])
        ask = rng.choice(["only {k}", "just {k} please", "make it only {k}", "{k} are enough", "Shorten it to {k}.", "shorter, only {k}"])
        return [(q, answer), (ask.format(k=number_word(k, rng)), f"Here are {spelled(k)}:\n\n{render(shown[:k], False)}")], keep
    if kind == 3:
        ask = rng.choice(["as a table", "make a table of it", "now as a table please", "put them in a table", "Can you make that a table?",
                          "as a Markdown table"])
        body = "\n".join(f"| {i} | {x} |" for i, x in enumerate(shown, 1))
        return [(q, answer), (ask, f"Here is the table:\n\n| No. | Name |\n| --- | --- |\n{body}")], keep
    if kind == 4:
        i = rng.randrange(min(5, len(shown)))
        place = ["first", "second", "third", "fourth", "fifth"][i]
        ask = rng.choice(["What was the {p} one?", "which is the {p}?", "the {p} one?", "and the {p} one again?", "What is the {p} on the list?"])
        return [(q, answer), (ask.format(p=place), f"The {place} one is: {shown[i]}")], keep
    other_q, other, _, more = make(rng)
    return [(q, answer), (rng.choice(["And {}", "now {}", "ok, {}", "thanks, {}", "{}"]).format(soften(other_q)), other)], keep | more


if __name__ == "__main__":
    rng = random.Random(5)
    for _ in range(8):
        print(make(rng)[:2])
    print(unknown(rng)[:2], *[with_followup(rng)[0] for _ in range(3)], sep="\n")
    print(len(LISTS), "lists")
