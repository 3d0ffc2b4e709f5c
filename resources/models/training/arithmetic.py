"""Sums with numbers up to two digits: a question in digits or words, or a little story, and its answer."""
import random

import words

ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen""".split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def spelled(n: int, rng: random.Random | None = None) -> str:
    if n < 0:
        return "minus " + spelled(-n, rng)
    if n < 20:
        return ONES[n]
    if n < 100:
        joint = "-" if rng is None or rng.random() < 0.75 else " "
        return TENS[n // 10] + (joint + ONES[n % 10] if n % 10 else "")
    rest = n % 100
    return ONES[n // 100] + " hundred" + (" and " + spelled(rest, rng) if rest else "")


SIGN = {"+": ["+", "+", "plus"], "-": ["-", "-", "minus", "−"], "*": ["*", "x", "×", "times", "multiplied by"],
        "/": ["/", "÷", ":", "divided by", "over"]}
SAID = {"+": ["plus", "plus", "and"], "-": ["minus", "minus", "less"], "*": ["times", "times", "multiplied by"],
        "/": ["divided by", "divided by", "over"]}
SHOWN = {"+": "+", "-": "-", "*": "×", "/": "÷"}

ASK = """What is {e}?|What's {e}?|How much is {e}?|{e}|{e}|{e} =|{e} = ?|{e}?|Calculate {e}.|Compute {e}|Work out {e}.|
Solve {e}|What does {e} make?|What does {e} equal?|What do you get for {e}?|Can you calculate {e}?|{e} is?|
Please add up for me: {e}|Can you do sums? {e}|Tell me {e}.|Tell me the result of {e}.|What is the result of {e}?|
I need to know {e}|How many is {e}?|Quick: {e}|Do the maths: {e}|Find {e}|{e} makes?|{e} equals what?|Evaluate {e}|
Give me the answer to {e}.|What would {e} be?|Could you work out {e} for me?|Maths question: what is {e}?|
My homework says {e}, what is that?|{e}, how much is that?|I can't do this in my head: {e}|answer this: {e}|
what will {e} give|result of {e}|value of {e}|let me see if you can do {e}|Here's a sum: {e}|
what number is {e}|figure out {e}|how much does {e} come to?|What do I get if I calculate {e}?""".replace("\n", "").split("|")

NAMED = {
    "+": """add {a} and {b}|add {b} to {a}|the sum of {a} and {b}|{a} added to {b}|what is the sum of {a} and {b}?|
sum up {a} and {b}|sum of {a} and {b}|total of {a} and {b}|what do {a} and {b} make together?|
what is {b} more than {a}?|increase {a} by {b}|{a} and {b} together|how much are {a} and {b}?|put {a} and {b} together|
If I add {a} and {b}, what do I get?|what's the total of {a} and {b}?|{a} with {b} on top|Can you add {a} and {b}?|
what number is {b} greater than {a}|{a} increased by {b}|plus: {a} and {b}""",
    "-": """subtract {b} from {a}|take {b} away from {a}|the difference between {a} and {b}|what is {b} less than {a}?|
what is the difference between {a} and {b}?|decrease {a} by {b}|{a} take away {b}|what is left of {a} if I take {b}?|
difference of {a} and {b}|deduct {b} from {a}|If I take {b} from {a}, what remains?|{a} reduced by {b}|
how much more is {a} than {b}?|how far is it from {b} to {a}?|remove {b} from {a}|{b} subtracted from {a}|
what remains when you subtract {b} from {a}?|how many are left if {b} of {a} are gone?|{b} less than {a}""",
    "*": """multiply {a} by {b}|multiply {a} and {b}|the product of {a} and {b}|what is the product of {a} and {b}?|
{a} multiplied with {b}|product of {a} and {b}|{a} groups of {b}|how much are {a} times {b}?|{a} rows of {b}|
what do I get when I multiply {a} by {b}?|take {b} {a} times|{b} taken {a} times|Can you multiply {a} and {b}?|
what are {a} lots of {b}?|{a} sets of {b}""",
    "/": """divide {a} by {b}|the quotient of {a} and {b}|how often does {b} go into {a}?|split {a} into {b} equal parts|
how many times does {b} fit into {a}?|{a} shared by {b}|what is the quotient of {a} and {b}?|{a} split {b} ways|
share {a} among {b}|how many {b}s are in {a}?|what do I get when I divide {a} by {b}?|one part of {a} divided in {b}|
quotient of {a} and {b}|what is {a} divided into {b} parts?|how many times is {b} in {a}?""",
}
NAMED = {k: v.replace("\n", "").split("|") for k, v in NAMED.items()}


def numbers(op: str, rng: random.Random):
    if op == "+":
        return rng.randint(0, 99), rng.randint(0, 99)
    if op == "-":
        x, y = rng.randint(0, 99), rng.randint(0, 99)
        return (max(x, y), min(x, y)) if rng.random() < 0.85 else (x, y)
    if op == "*":
        kind = rng.random()
        if kind < 0.35:
            return rng.randint(0, 12), rng.randint(0, 12)
        if kind < 0.6:
            pair = [rng.randint(2, 9), rng.randint(10, 99)]
            rng.shuffle(pair)
            return tuple(pair)
        return rng.randint(10, 99), rng.randint(10, 99)
    b = rng.randint(1, 12) if rng.random() < 0.7 else rng.randint(1, 50)
    return b * rng.randint(1, max(1, 99 // b)), b


def result(op: str, x: int, y: int) -> int:
    return {"+": x + y, "-": x - y, "*": x * y, "/": x // y if y else 0}[op]


def work(op: str, x: int, y: int, unit: str = "") -> str:
    """The answer's one line; products of two two-digit numbers show the step that makes them easy."""
    r, tail = result(op, x, y), f" {unit}" if unit else ""
    if op == "*" and x >= 10 and y >= 10 and y % 10:
        tens, ones = y // 10 * 10, y % 10
        return f"{x} × {y} = {x} × {tens} + {x} × {ones} = {x * tens} + {x * ones} = **{r}**{tail}."
    return f"{x} {SHOWN[op]} {y} = **{r}**{tail}."


def written(n: int, in_words: bool, rng: random.Random) -> str:
    return spelled(n, rng) if in_words else str(n)


def plain(rng: random.Random):
    """(question, answer, result)"""
    op = rng.choice("++--**/")
    x, y = numbers(op, rng)
    in_words = rng.random() < 0.3
    a, b = written(x, in_words, rng), written(y, in_words, rng)
    if op == "/" and rng.random() < 0.12:
        return division_with_rest(rng)
    if rng.random() < 0.42:
        core = rng.choice(NAMED[op]).format(a=a, b=b)
        if core[:1].islower() and not core.endswith("?") and rng.random() < 0.4:
            core = rng.choice(["What is {}?", "Calculate {}.", "How much is {}?", "Please {}.", "Can you {}?",
                               "I want to {}", "What do I get if I {}?", "{} please"]).format(core)
        elif rng.random() < 0.5:
            core = core[:1].upper() + core[1:]
    else:
        if in_words:
            e = f"{a} {rng.choice(SAID[op])} {b}"
        else:
            sign = rng.choice(SIGN[op])
            space = "" if rng.random() < 0.3 and not sign.isalpha() and " " not in sign else " "
            e = f"{a}{space}{sign}{space}{b}"
        core = rng.choice(ASK).format(e=e)
    return core, work(op, x, y), result(op, x, y)


def division_with_rest(rng: random.Random):
    b = rng.randint(2, 12)
    x = rng.randint(b + 1, 99)
    ask = rng.choice(ASK).format(e=f"{x} {rng.choice(SIGN['/'])} {b}")
    if x % b == 0:
        return ask, work("/", x, b), x // b
    return ask, f"{x} ÷ {b} = **{x // b}**, remainder **{x % b}**.", x // b


def special(rng: random.Random):
    """Doubles, halves, squares, percentages, sums of three, signs, and what is too large."""
    kind, n = rng.randrange(11), rng.randint(1, 49)
    if kind == 0:
        q = rng.choice(["double {n}", "what is twice {n}?", "two times {n}", "twice {n}", "what is the double of {n}?"])
        return q.format(n=n), work("*", 2, n), 2 * n
    if kind == 1:
        q = rng.choice(["half of {n}", "what is half of {n}?", "the half of {n}", "halve {n}", "one half of {n}"])
        return q.format(n=2 * n), work("/", 2 * n, 2), n
    if kind == 2:
        q = rng.choice(["triple {n}", "three times {n}", "what is the triple of {n}?", "what's three times {n}?"])
        return q.format(n=n), work("*", 3, n), 3 * n
    if kind == 3:
        n = rng.randint(1, 20)
        q = rng.choice(["{n} squared", "the square of {n}", "what is {n} squared?", "{n}^2", "{n}²", "{n} to the power of 2",
                        "what is the square of {n}?"])
        return q.format(n=n), work("*", n, n), n * n
    if kind == 4:
        p = rng.choice([10, 20, 25, 50])
        n = rng.randint(1, 99) * (100 // p)
        n = n if n <= 100 else rng.randint(1, p) * (100 // p)
        q = rng.choice(["what is {p} percent of {n}?", "{p}% of {n}", "{p} % of {n}", "how much is {p}% of {n}?"])
        return q.format(n=n, p=p), f"{p}% of {n} = {n} × {p} ÷ 100 = **{n * p // 100}**.", n * p // 100
    if kind in (5, 6):
        x, y, z = (rng.randint(1, 40) for _ in range(3))
        if rng.random() < 0.5:
            ask = rng.choice(ASK + ["add {e}", "add up {e}", "sum of {e}"]).format(e=f"{x} + {y} + {z}")
            if rng.random() < 0.3:
                ask = rng.choice(["add {}, {} and {}", "the sum of {}, {} and {}", "add up {}, {} and {}",
                                  "what do {}, {} and {} make?"]).format(x, y, z)
            return ask, f"{x} + {y} + {z} = {x + y} + {z} = **{x + y + z}**.", x + y + z
        if rng.random() < 0.5 or x + y < z:
            x, y, z = rng.randint(2, 9), rng.randint(2, 9), rng.randint(1, 20)
            ask = rng.choice(ASK).format(e=f"{x} {rng.choice(['*', '×', 'x', 'times'])} {y} + {z}")
            return ask, f"{x} × {y} + {z} = {x * y} + {z} = **{x * y + z}**.", x * y + z
        ask = rng.choice(ASK).format(e=f"{x} + {y} - {z}")
        return ask, f"{x} + {y} - {z} = {x + y} - {z} = **{x + y - z}**.", x + y - z
    if kind == 7:
        x, y, op = rng.randint(100, 999), rng.randint(1, 999), rng.choice("+-")
        if op == "-" and y > x:
            x, y = y, x
        return rng.choice(ASK).format(e=f"{x} {rng.choice(SIGN[op])} {y}"), work(op, x, y), result(op, x, y)
    if kind == 8:
        x = rng.randint(1, 99)
        q = rng.choice(ASK).format(e=f"{x} {rng.choice(SIGN['/'])} 0")
        return q, "Nothing can be divided by zero, so this has no result.", 0
    if kind == 9:
        x, y = rng.randint(1000, 999999), rng.randint(100, 99999)
        q = rng.choice(ASK).format(e=f"{x} {rng.choice(SIGN[rng.choice('+-*/')])} {y}")
        return q, rng.choice(TOO_HARD), 0
    q = rng.choice(["What is the square root of {n}?", "Solve x^2 + {n} = {m}", "integrate x^{n}", "What is the derivative of x^{n}?",
                    "log of {n}", "sin({n})", "what is {n} to the power of {m}?", "What is {n}.{m} times 3.{n}?",
                    "the {n}th prime number", "factor {m}{n}{m}", "pi to {n} digits", "cosine of {n}",
                    "solve the equation {n}x + {m} = 0", "is {m}{n} a prime number?"])
    return q.format(n=rng.randint(5, 99), m=rng.randint(5, 99)), rng.choice(TOO_HARD), 0


TOO_HARD = ["That is too hard for me: I am very small and only do sums with numbers up to two digits. A real model such as "
            "Mistral 7B can do more (Menu ▸ Open model…, Ctrl+O).",
            "I only do sums (+, -, ×, ÷) with numbers up to two digits, because I am very small. For more, open a real "
            "model such as Mistral 7B with Ctrl+O."]

STORIES = {
    "+": """{N} has {a} {i} and {gets|buys|finds|receives|picks|wins|is given} {b} more{| {i}}. How many {i} {does {N} have|are there} {now|in total|altogether|}?|
I have {a} {i} and {get|buy|find|receive|collect} {b} more. How many {i} do I have{| now| then| altogether}?|
There are {a} {i} {in the box|on the table|in the bag|in the room|in the garden} and {b} more {come|are added|arrive|join them}. How many are there now?|
{N} has {a} {i}, {M} has {b}{| {i}}. How many {i} do they have {together|in total|in all|between them}?|
A {shop|farm|school|baker|box} has {a} {i} and gets {b} more. How many {i} is that?|
On Monday {N} {sold|read|made|counted|collected} {a} {i}, on Tuesday {b}{| more}. How many {altogether|in total|in both days}?|
If I buy {a} {i} and then another {b}, how many do I have?|{a} {i} plus {b} {i}, how many {i}?|
{N} is {a} years old. How old will {N} be in {b} years?|A book costs {a} euros and a pen {b} euros. What do both cost{| together}?|
I pay {a} dollars for food and {b} dollars for drinks. How much {did I pay|do I spend} {in total|altogether}?|
There were {a} {i}. Then {b} were added. What is the total?|I walked {a} kilometres in the morning and {b} in the afternoon. How far did I walk?|
{a} {i} are in one basket and {b} in another. How many in both?|My {sister|brother|friend} gave me {b} {i}; I had {a} before. How many now?""",
    "-": """{N} has {a} {i} and {gives away|loses|sells|eats|uses|gives {M}|throws away} {b}{| of them}. How many {i} {are left|does {N} have left|remain|does {N} still have}?|
I have {a} {i} and {give away|lose|sell|use|spend} {b}. How many {are left|do I have left|remain|do I still have}?|
There are {a} {i}. {b} {are taken away|leave|go away|are sold|break|disappear}. How many {remain|are left|stay}?|
A {bus|train} carries {a} people and {b} get off. How many {remain|are left|stay} on the {bus|train}?|
{N} has {a} {i}, {M} has {b}. How many more does {N} have{| than {M}}?|I am {a} and my {sister|brother|friend} is {b}. How many years older am I?|
Something costs {b} euros and I pay with {a} euros. How much change do I get{| back}?|I had {a} {i} and lost {b}. How many now?|
If you take {b} {i} from {a} {i}, how many are left?|{N} wants to read {a} pages and has read {b}. How many pages are left?|
A rope is {a} metres long and I cut off {b} metres. How long is the rest?|From {a} {i}, {b} are gone. What is left?|
{N} needs {a} {i} but has only {b}. How many are missing?|A class has {a} children and {b} are ill. How many are there today?""",
    "*": """{N} has {a} {boxes|bags|baskets|packs} with {b} {i} each. How many {i} {is that|are there|does {N} have}{| in total| altogether}?|
{a} {boxes|bags|rows|shelves|tables|packs} with {b} {i} each{|,} {make how many {i}|how many {i} are that|how many in total}?|
If one {ticket|book|cake|pizza} costs {b} {euros|dollars}, {what do|how much do} {a} cost?|There are {a} rows of {b} {i}. How many {i}?|
Each of {a} {children|friends|people} gets {b} {i}. How many {i} do {we|I} need?|I buy {a} packs of {b} {i}. How many {i} do I have?|
A week has 7 days. How many days do {a} weeks have?|{N} {works|reads|runs|trains} {b} hours a day for {a} days. How many hours is that?|
I read {b} pages a day. How many pages do I read in {a} days?|{a} people pay {b} {euros|dollars} each. How much is that together?""",
    "/": """{N} {shares|divides|splits} {a} {i} {among|between|equally among} {b} {friends|children|people}. How many does each get?|
{a} {i} are {shared|divided|split} {equally |}{among|between} {b} {friends|children|people}. How many {does each get|for each}?|
I have {a} {i} and put {b} in each {box|bag|basket}. How many {boxes|bags|baskets} do I need?|How many {i} does each of {b} {children|friends|people} get if there are {a}{| {i}}?|
{a} {i} in {b} equal {groups|boxes|rows}: how many in each?|{b} {friends|people} pay {a} {euros|dollars} together. How much does each pay?|
We are {b} people and have {a} {i}. How many for everyone?|A rope of {a} metres is cut into {b} equal pieces. How long is each?""",
}
STORIES = {k: [s.strip() for s in v.replace("?|\n", "?\x00").replace("?|", "?\x00").split("\x00")] for k, v in STORIES.items()}


def fill_alternatives(text: str, rng: random.Random, slots: dict) -> str:
    """{x|y} picks one side; {name} is a slot. Slots may stand inside alternatives."""
    while True:
        start = text.rfind("{")
        if start < 0:
            return " ".join(text.split())
        end = text.index("}", start)
        inside = text[start + 1:end]
        value = rng.choice(inside.split("|")) if "|" in inside else slots[inside]
        text = text[:start] + value + text[end + 1:]


def word_problem(rng: random.Random):
    op = rng.choice("++--*/")
    while True:
        x, y = numbers(op, rng)
        if x > 1 and y > 1 and result(op, x, y) > 0 and result(op, x, y) < 1000:
            break
    template = rng.choice(STORIES[op])
    in_words = rng.random() < 0.2
    item = rng.choice(words.ITEMS)
    names = rng.sample(words.NAMES, 2)
    slots = {"a": written(x, in_words, rng), "b": written(y, in_words, rng), "i": item, "N": names[0], "M": names[1]}
    if "7 days" in template:
        y = 7
    text = fill_alternatives(template, rng, slots)
    unit = item if "{i}" in template and rng.random() < 0.75 and "{b} people" not in template else ""
    if "box" in template and op == "/" and "do I need" in template:
        unit = ""
    return text, work(op, x, y, unit), result(op, x, y)


def any_sum(rng: random.Random):
    kind = rng.random()
    return plain(rng) if kind < 0.58 else word_problem(rng) if kind < 0.82 else special(rng)


NEXT = {
    "+": ["and plus {b}?", "add {b} to that", "plus {b}", "now add {b}", "and if I add {b}?", "+ {b}", "and {b} more?",
          "and with {b} more?", "{b} on top", "put {b} on top of that", "{b} added?", "what if I add {b}?", "add another {b}"],
    "-": ["and minus {b}?", "subtract {b} from that", "minus {b}", "take {b} away", "- {b}", "and {b} less?",
          "now take away {b}", "and without {b}?", "take {b} off that", "{b} off", "now remove {b}", "and {b} fewer?", "and if I take {b} away?"],
    "*": ["and times {b}?", "multiply that by {b}", "times {b}", "now multiply it by {b}", "* {b}", "and {b} times that?"],
}


def chain(rng: random.Random):
    """A sum and what a person adds to it: turns of (question, answer)."""
    while True:
        q, ans, value = plain(rng)
        if 0 <= value < 200:
            break
    turns = [(q, ans)]
    for _ in range(rng.choice([1, 1, 2, 3])):
        kind = rng.random()
        if kind < 0.2 and 0 < value < 100:
            by, said = rng.choice([(2, ["and double that?", "double it", "twice that?", "and the double?", "times two?", "double that please"]),
                                   (3, ["and triple it", "triple that", "three times that?", "and times three?", "now triple it"]),
                                   (4, ["four times that", "and times four?", "quadruple it"]), (10, ["ten times that?", "and times ten?"])])
            turns.append((rng.choice(said), work("*", by, value)))
            value *= by
        elif kind < 0.3 and value % 2 == 0 and value > 0:
            turns.append((rng.choice(["and half of that?", "half of it?", "halve it", "divide that by 2"]), work("/", value, 2)))
            value //= 2
        elif kind < 0.45:
            x, y = numbers("+", rng)
            op = rng.choice("+-")
            if op == "-" and y > x:
                x, y = y, x
            turns.append((rng.choice(["and {}?", "what about {}?", "and what is {}?", "now {}", "ok and {}", "then {}?"])
                          .format(f"{x} {rng.choice(SIGN[op])} {y}"), work(op, x, y)))
            value = result(op, x, y)
        else:
            op = rng.choice("++--*")
            y = rng.randint(2, 9) if op == "*" else rng.randint(1, 50)
            if op == "*" and value > 99 or op == "-" and y > value:
                op = "+"
            turns.append((rng.choice(NEXT[op]).format(b=spelled(y) if rng.random() < 0.15 else y), work(op, value, y)))
            value = result(op, value, y)
        if value > 900:
            break
    return turns


if __name__ == "__main__":
    rng = random.Random(4)
    for _ in range(30):
        print(*any_sum(rng)[:2], sep="  ->  ")
    print(chain(rng))
