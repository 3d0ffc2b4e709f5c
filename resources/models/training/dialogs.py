"""Whole conversations: intents, sums, lists, tables, code, stories and limits joined over several turns.

Out: a Dialog of (question, answer) turns with the questions already dressed up, and sometimes a system prompt.
"""
import random
from dataclasses import dataclass

import arithmetic
import snippets
import intents
import limits
import lists
import problems
import stories
import tables
import thesaurus
import words
from augment import dress


@dataclass
class Dialog:
    turns: list
    system: str = ""
    kind: str = ""


SYSTEM = """You are a helpful assistant.|Answer briefly.|Be polite.|You are a friendly guide.|Answer in English.|Answer clearly and simply.|
You are Tramontane's built-in guide.|Keep your answers short.|You are an expert.|Be concise.|Use Markdown.|Please be precise.|
You are a teacher.|Speak like a pirate.|You are a helpful, honest and harmless assistant.|Explain everything step by step.|Always be friendly.|
Use simple words.|You help people with their computer.|Do not use emojis.|Answer like a poet.|The user is a beginner.|The user's name is {n}.|
You are {n}, a helpful assistant.|You answer questions about software.|Be cheerful.|Be formal.|Write short sentences.|Today is a good day.|
You are a professional {p}.|Always answer with care.|Never be rude.|My name is {n}.|I am a {p}.|Answer as if I were {a} years old.|
Give examples.|You speak English.|If you do not know something, say so.|Be brief and friendly.|Use British English.|Use lists where they help.""".replace("\n", "").split("|")

REPEAT = ["Repeat that please.", "say that again", "Can you repeat that?", "again please", "once more", "Could you say that again?", "What did you say?",
          "repeat", "I missed that, again please", "Please repeat your answer.", "come again?", "What was that?"]
OTHERWISE = ["I don't understand.", "Can you say it differently?", "In other words?", "I did not get that.", "Explain it another way.", "say it in other words",
             "what do you mean by that?", "that's not clear to me", "Could you rephrase that?", "once more in other words please"]
NEXT = ["", "", "", "", "", "And ", "ok, ", "thanks, ", "now ", "also, ", "next: ", "great, ", "and "]

NAME_IS = ["My name is {n}.", "I'm {n}.", "I am {n}.", "Call me {n}.", "Hi, I'm {n}.", "Hello, my name is {n}.", "You can call me {n}.", "{n} here.", "I'm called {n}.",
           "my name's {n}", "Hey, {n} here", "People call me {n}.", "This is {n}."]
NAME_HI = ["Nice to meet you, {n}! How can I help?", "Hello, {n}! What would you like to know?"]
NAME_ASK = ["What is my name?", "What's my name?", "Do you remember my name?", "Who am I?", "Do you know my name?", "what am I called", "Do you still know who I am?",
            "Say my name.", "Have you forgotten my name?", "tell me my name"]
NO_NAME = ["You have not told me your name yet. What is it?"]
LIKE = ["I like {x}.", "I love {x}.", "My favourite thing is {x}.", "I really like {x}.", "My hobby is {x}.", "I enjoy {x}.", "I'm a fan of {x}.", "my favorite hobby is {x}", "I'm into {x}"]
LIKE_HI = ["{X} sounds like fun! Tell me more, or ask me something."]
LIKE_ASK = ["What do I like?", "Do you remember what I like?", "What is my hobby?", "what did I say I like?", "What's my favourite thing?", "do you know what I enjoy?"]
LIKED = ["You told me that you like {x}."]
PASTIMES = """football|chess|reading|cooking|music|gardening|painting|hiking|cycling|swimming|dancing|photography|tennis|the piano|the guitar|travelling|
video games|board games|cats|dogs|horses|tea|coffee|chocolate|pizza|the sea|the mountains|knitting|astronomy|fishing|programming|drawing|yoga|
running|skiing|birdwatching|baking|poetry|movies|jazz|science fiction|history|trains|old cars""".replace("\n", "").split("|")
MORE_OF_IT = ["Another one!", "another", "another one please", "one more", "again", "more", "tell me another", "do you know more?", "haha, another!", "next one", "and another one?", "lol one more",
              "that was good, more", "a different one", "I knew that, another", "you have more of these?", "encore"]
FROM = ["I live in {c}.", "I come from {c}.", "I am from {c}.", "I'm from {c}", "My home is {c}."]
FROM_HI = ["{c} must be a nice place! How can I help?"]
FROM_ASK = ["Where do I live?", "Where am I from?", "Do you remember where I come from?", "where did I say I live?"]
FROM_TOLD = ["You told me that you are from {c}."]


class Writer:
    """Draws dialogs; one a process, with its own random numbers."""

    def __init__(self, seed: int, part: str = "all", scramble: float = 0.05, vary: float = 0.3, double: float = 0.1, lose: float = 0.15):
        self.rng = random.Random(seed)
        self.scramble, self.vary, self.double, self.lose = scramble, vary, double, lose
        self.intents, self.grammar = intents.read_all(part=part)
        self.after = {}
        for i in self.intents:
            for names, form in i.after:
                for name in names:
                    self.after.setdefault(name, []).append((i, form))
        self.by_topic = {}
        for i in self.intents:
            self.by_topic.setdefault(i.topic, []).append(i)
        self.weights = [(0.55 if i.source.startswith("base_smalltalk") else 1.0) * min(len(i.questions), 40) ** 0.5 for i in self.intents]

    def expand(self, template: str) -> str:
        """A phrasing, often with words exchanged for near synonyms, now and then with one word out of place."""
        rng = self.rng
        text = self.grammar.expand(template, rng)
        if rng.random() < self.vary:
            text = thesaurus.vary(text, rng, rng.choice([0.2, 0.4, 0.7]))
        if rng.random() < self.scramble:
            parts = text.split(" ")
            if len(parts) > 4:
                parts[rng.randrange(len(parts))] = words.made_up(rng) if rng.random() < 0.3 else rng.choice(words.NOISE)
                text = " ".join(parts)
        if rng.random() < self.lose:
            parts = text.split(" ")
            for _ in range(rng.choice([1, 1, 2])):
                if len(parts) > 4:
                    del parts[rng.randrange(len(parts))]
            text = " ".join(parts)
        return text

    def ask(self, forms: list) -> str:
        """One of an intent's phrasings, or two of them in a row, the way people explain themselves."""
        rng = self.rng
        text = self.expand(rng.choice(forms))
        if rng.random() < self.double:
            text = text.rstrip("?.! ") + rng.choice([". ", ", ", "? ", " - ", "... ", " ", "; "]) + self.expand(rng.choice(forms))
        return text

    def intent_turns(self):
        """A question of an intent; sometimes follow-ups of its topic, a repetition or another wording."""
        rng = self.rng
        intent = rng.choices(self.intents, self.weights)[0]
        answer = rng.choice(intent.answers)
        turns = [(self.ask(intent.questions), answer)]
        while rng.random() < 0.42 and len(turns) < 4:
            others = [i for i in self.by_topic[intent.topic] if i is not intent and i.followups]
            kind = rng.random()
            if self.after.get(intent.name) and rng.random() < 0.5:
                intent, form = rng.choice(self.after[intent.name])
                answer = rng.choice(intent.answers)
                turns.append((self.expand(form), answer))
            elif others and kind < 0.8:
                intent = rng.choice(others)
                answer = rng.choice(intent.answers)
                turns.append((self.expand(rng.choice(intent.followups)), answer))
            elif kind < 0.87:
                turns.append((rng.choice(REPEAT), answer))
            elif len(intent.answers) > 1 and kind < 0.95:
                answer = rng.choice([a for a in intent.answers if a != answer] or intent.answers)
                turns.append((rng.choice(OTHERWISE), answer))
            else:
                break
        return turns, set()

    def memory(self):
        """Things the person says about themselves, and is asked about later."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.1:
            return [(rng.choice(NAME_ASK), NO_NAME[0])], set()
        if kind < 0.25:
            name = rng.choice(words.NAMES) if rng.random() < 0.5 else words.made_up(rng).capitalize()
            x = rng.choice(PASTIMES)
            q = rng.choice(["{a} and {b}", "{a}, {b}", "{b} and {a}", "{a}. {b}."]).format(a=rng.choice(NAME_IS).format(n=name).rstrip("."), b=rng.choice(LIKE).format(x=x).rstrip("."))
            turns = [(q, f"Nice to meet you, {name}! {x[:1].upper() + x[1:]} sounds like fun. How can I help?")]
            asked = [(rng.choice(LIKE_ASK), LIKED[0].format(x=x)), (rng.choice(NAME_ASK), f"Your name is {name}; you told me so.")]
            rng.shuffle(asked)
            if rng.random() < 0.5:
                turns += self.segment("intent")[0][:1]
            return turns + asked[:rng.choice([1, 2])], {name.lower(), *x.split()}
        if kind < 0.55:
            name = rng.choice(words.NAMES) if rng.random() < 0.7 else words.made_up(rng).capitalize()
            turns = [(rng.choice(NAME_IS).format(n=name), rng.choice(NAME_HI).format(n=name))]
            ask, told, keep = rng.choice(NAME_ASK), f"Your name is {name}; you told me so.", {name.lower()}
        elif kind < 0.85:
            x = rng.choice(PASTIMES)
            turns = [(rng.choice(LIKE).format(x=x), LIKE_HI[0].format(X=x[:1].upper() + x[1:]))]
            ask, told, keep = rng.choice(LIKE_ASK), LIKED[0].format(x=x), set(x.split())
        else:
            c = rng.choice(limits.COUNTRIES)
            turns = [(rng.choice(FROM).format(c=c), FROM_HI[0].format(c=c[:1].upper() + c[1:]))]
            ask, told, keep = rng.choice(FROM_ASK), FROM_TOLD[0].format(c=c), set(c.lower().split())
        if rng.random() < 0.65:
            for _ in range(rng.choice([0, 0, 1, 2])):
                more, k = self.segment(rng.choice(["intent", "intent", "sum", "limit"]))
                turns += more[:1]
                keep |= k
            turns.append((ask, told))
        return turns, keep

    def jokes(self):
        """A joke or riddle, and others after it, each told once."""
        rng = self.rng
        name = rng.choice(["joke", "joke", "riddle", "fun_fact"])
        intent = next((i for i in self.intents if i.name == name), None)
        if intent is None:
            return self.intent_turns()
        start = rng.randrange(len(intent.answers))
        turns = [(self.expand(rng.choice(intent.questions)), intent.answers[start])]
        for number in range(1, rng.choice([2, 2, 3, 4])):
            turns.append((rng.choice(MORE_OF_IT), intent.answers[(start + number) % len(intent.answers)]))
        return turns, set()

    def two_at_once(self):
        """Two questions in one message get two answers, one below the other."""
        rng = self.rng
        (one, _), (two, _) = self.segment(rng.choice(["intent", "sum"])), self.segment("intent")
        (q1, a1), (q2, a2) = one[0], two[0]
        join = rng.choice([" and ", " And ", " Also, ", " and also ", " Second: ", ", and "])
        return [(q1.rstrip("?. ") + ("?" if join[1].isupper() else "") + join + q2[:1].lower() + q2[1:], f"{a1}\n\n{a2}")], set()

    def segment(self, kind: str):
        """(turns, words to keep): one piece of a conversation."""
        rng = self.rng
        if kind == "intent":
            return self.intent_turns()
        if kind == "memory":
            return self.memory()
        if kind == "more":
            return self.jokes() if rng.random() < 0.6 else self.two_at_once()
        if kind == "sum":
            if rng.random() < 0.2:
                return arithmetic.chain(rng), set()
            q, a, _ = problems.problem(rng) if rng.random() < 0.35 else arithmetic.any_sum(rng)
            return [(q, a)], set()
        module = {"list": lists, "table": tables, "code": snippets, "story": stories, "limit": limits}[kind]
        if rng.random() < 0.25:
            return module.with_followup(rng)
        if kind == "list" and rng.random() < 0.2:
            q, a, keep = lists.unknown(rng)
            return [(q, a)], keep
        made = module.make(rng)
        return [(made[0], made[1])], made[-1]

    KINDS = ["intent", "sum", "list", "table", "code", "story", "limit", "memory", "more"]
    SHARES = [50, 15, 8, 7, 8, 6, 7, 4, 2.5]

    def dialog(self, kind: str | None = None) -> Dialog:
        rng = self.rng
        first = kind or rng.choices(self.KINDS, self.SHARES)[0]
        segments = rng.choices([1, 2, 3, 5], [60, 22, 12, 6])[0]
        turns = []
        level = 0.85
        for number in range(segments):
            piece, keep = self.segment(first if number == 0 else rng.choices(self.KINDS, self.SHARES)[0])
            for at, (q, a) in enumerate(piece):
                if number and at == 0:
                    join = rng.choice(NEXT)
                    q = join + (q[:1].lower() + q[1:] if join and q[:1].isupper() and q[1:2].islower() else q)
                turns.append((q if "\0exact" in keep else dress(q, rng, keep, level if at == 0 else level * 0.6), a))
        system = ""
        if rng.random() < 0.12:
            system = " ".join(rng.sample(SYSTEM, rng.choice([1, 1, 2]))).format(
                n=rng.choice(words.NAMES), p=rng.choice(words.PROFESSIONS), a=rng.randint(6, 60))
        return Dialog(turns, system, first)


if __name__ == "__main__":
    import sys
    import time
    writer = Writer(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    for _ in range(8):
        d = writer.dialog()
        print("---", d.kind, d.system)
        for q, a in d.turns:
            print(">", q, "\n ", a[:160].replace("\n", "\\n"))
    start = time.time()
    for _ in range(2000):
        writer.dialog()
    print(f"{2000 / (time.time() - start):.0f} dialogs/s")
