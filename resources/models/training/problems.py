"""Sums told as little stories, in one step or two: a situation in, the sum written out and its result."""
import random

import words
from arithmetic import fill_alternatives, result, spelled, work

WHO = ["{N}", "{N}", "{N}", "I", "I", "we", "my {brother|sister|mother|father|friend|neighbour|uncle|aunt|son|daughter|boss}",
       "a {farmer|teacher|baker|gardener|shop|school|girl|boy|driver|cook|man|woman|child|library}",
       "the {farmer|teacher|baker|gardener|shopkeeper|girl|boy|old man}", "our {class|team|family|club}"]
GAIN = "get|buy|find|receive|pick|collect|win|make|bake|earn|order|add|borrow".split("|")
LOSE = "lose|sell|eat|use|give away|break|throw away|lend|drop|hand out|spend|burn|donate|forget".split("|")
PAST = {"get": "got", "buy": "bought", "find": "found", "receive": "received", "pick": "picked", "collect": "collected", "win": "won", "make": "made", "bake": "baked",
        "earn": "earned", "order": "ordered", "add": "added", "borrow": "borrowed", "lose": "lost", "sell": "sold", "eat": "ate", "use": "used", "give away": "gave away",
        "break": "broke", "throw away": "threw away", "lend": "lent", "drop": "dropped", "hand out": "handed out", "spend": "spent", "burn": "burned", "donate": "donated",
        "forget": "forgot", "have": "had"}


def third(verb: str) -> str:
    head, _, tail = verb.partition(" ")
    if head == "have":
        return "has"
    head += "es" if head.endswith(("s", "sh", "ch", "x", "o")) else "s"
    return head + (" " + tail if tail else "")


def conjugate(who: str, verb: str, past: bool) -> str:
    if past:
        return PAST[verb]
    return verb if who in ("I", "we", "they") else third(verb)


LEFT = ["How many {i} are left?", "How many are left?", "How many {i} {do|does} {p} have now?", "How many remain?", "What remains?", "How many {i} does that leave?",
        "how many now?", "And now?", "How many {i} are there now?", "What is left?", "how many still", "What's the rest?", "How many {i} {do|does} {p} still have?",
        "how many left over", "With how many {i} {do|does} {p} end up?"]
TOTAL = ["How many {i} is that?", "How many {i} in total?", "How many altogether?", "How many {i} {do|does} {p} have now?", "What's the total?", "How many {i} are there now?",
         "how many in all", "And now?", "How many does that make?", "How many {i} together?", "What do {p} have in the end?", "Sum?", "how many {i} now"]


def say(n: int, rng: random.Random, in_words: bool) -> str:
    return spelled(n) if in_words else str(n)


def told(rng: random.Random):
    """(question, answer, result): somebody has things, and more come or some go, once or twice."""
    steps = rng.choice([1, 1, 1, 2])
    item, in_words = rng.choice(words.ITEMS), rng.random() < 0.25
    who = fill_alternatives(rng.choice(WHO), rng, {"N": rng.choice(words.NAMES)})
    past = rng.random() < 0.55
    value = rng.randint(5, 95)
    pronoun = who if who in ("I", "we") else rng.choice(["they", "she", "he", "there"])
    start = rng.choice(["{w} {have} {v} {i}", "{w} {have} {v} {i}", "There {were} {v} {i}", "{v} {i} {were} on the table", "{w} {start} with {v} {i}", "{w} own {v} {i}"])
    have = conjugate(who, "have", past)
    begin = "started" if past else ("start" if who in ("I", "we") else "starts")
    text = start.replace("{w}", who).replace("{have}", have).replace("{were}", "were" if past else "are").replace("{start}", begin)
    text = text.replace(" own ", " owned " if past or who not in ("I", "we") else " own ").replace("{v}", say(value, rng, in_words)).replace("{i}", item)
    shown, total, gains = str(value), value, 0
    ran = [value]
    for number in range(steps):
        gain = rng.random() < 0.5
        change = rng.randint(1, 40 if gain else max(1, total - 1))
        change = min(change, 99)
        verb = rng.choice(GAIN if gain else LOSE)
        other = rng.choice(["then", "", "", "later", "on Tuesday", "in the evening", "after that", "the next day"])
        doer = rng.choice([pronoun if pronoun in ("I", "we") else "they", rng.choice(words.NAMES), "my brother", "a friend"]) if not gain and rng.random() < 0.35 else ""
        amount = say(change, rng, in_words) + (rng.choice([" more", " more", " new ones", " extra"]) if gain else rng.choice(["", "", " of them"]))
        link = rng.choice([" and ", ", ", ". Then ", "; ", " but "]) if number == 0 else rng.choice([" and ", ", then "])
        subject = doer + " " if doer and doer not in ("they", pronoun) else (pronoun + " " if link.strip() in (".", ";") or "Then" in link else "")
        if subject.startswith("there"):
            subject = "they "
        if not gain and rng.random() < 0.15:
            text += f"{link}{amount} {rng.choice(['are gone', 'disappear', 'fly away', 'are stolen', 'go missing', 'leave', 'break', 'run away'])}"
        elif gain and rng.random() < 0.15:
            text += f"{link}{amount} {rng.choice(['arrive', 'come', 'are added', 'join them', 'are delivered'])}"
        else:
            text += f"{link}{subject}{conjugate('I' if subject in ('they ',) else who if not doer else doer, verb, past)} {amount}"
        if other and rng.random() < 0.5:
            text += " " + other
        total += change if gain else -change
        gains += gain
        shown += f" {'+' if gain else '-'} {change}"
        ran.append(total)
    ask = rng.choice(TOTAL if gains == steps else LEFT)
    ask = fill_alternatives(ask.replace("{p}", pronoun if pronoun != "there" else "they").replace("{i}", item), rng, {})
    text = text[:1].upper() + text[1:] + rng.choice([". ", ". ", ", ", "; ", " - "]) + ask
    unit = f" {item}" if rng.random() < 0.8 else ""
    if steps == 2:
        last = shown.rsplit(" ", 2)
        return text, f"{shown} = {ran[1]} {last[1]} {last[2]} = **{total}**{unit}.", total
    return text, f"{shown} = **{total}**{unit}.", total


SITUATIONS = {
    "+": """The {bus|train|tram} {ride |}takes {a} minutes and {then |}I walk {b} minutes. How long {is my way|do I need|does it take}{ in all|}?|
I {read|run|cycle|work|practise|study|cook|sleep} {a} minutes in the morning and {b} minutes in the evening. How {long|many minutes} {is that|in total|altogether}?|
{The first part|One film|The first song|The lesson} {takes|lasts} {a} minutes, {the second|the other|the break} {b}. How long {is it all|together|are both}?|
A {shirt|pen|ticket|book|coffee|sandwich} costs {a} {euros|dollars|pounds} and a {hat|cake|map|tea|bag} {b}. How much {do I pay|is it together|for both|will I spend|do both cost}?|
I have {a} {euros|dollars} in my {pocket|purse} and {b} {at home|in the bank|in a box}. How much {money |}{do I have|is it}{ in all|}?|
{N} is {a} years old{ now|}. How old will {N} be in {b} years?|{N} is {a} and {M} is {b} years older. How old is {M}?|In {b} years, how old is somebody who is {a}{ today|}?|
{N} {drives|walks|rides} {a} {km|kilometres|miles} {to town|on Monday} and {b} {km|kilometres|miles} {back|on Tuesday|to the lake}. How far {is that|altogether|in total}?|
{a} {girls|men|adults|red balls} and {b} {boys|women|children|blue balls}: how many {in total|together|are there}?|
A {tree|plant|tower} is {a} {metres|centimetres} high and grows {b}{ more|}. How high is it now?|It is {a} degrees and gets {b} degrees warmer. How warm is it?|
Page {a} today, {b} pages further tomorrow: which page?|My {team|side} scored {a} points in the first half and {b} in the second. Final score?|
What do {a} {apples|coins|cards} and {b} {pears|stamps|stones} make{ together|}?|The price of {a} {euros|dollars} goes up by {b}. What is the new price?""",
    "-": """{N} is {a} and {M} is {b}. What is the difference in age?|I'm {a}, my {sister|brother|cousin} is {b}. How {much|many years} older am I?|
The {shirt|bike|lamp|book} costs {b} {euros|dollars} and I {have|pay with|hand over} {a}. {What is my change|How much is left|What do I get back|How much money do I keep}?|
A {bottle|tank|bucket} holds {a} litres; {b} {are used|run out|are drunk}. How much {is left|remains}?|It was {a} degrees and fell by {b}. How warm is it now?|
A book has {a} pages and I have read {b}. How many {are left|to go|remain}?|From {a} {passengers|guests|students|people}, {b} {leave|get off|go home|are ill}. How many {stay|remain|are left|are there}?|
The race is {a} km, {N} has run {b}. How far {is it still|to go}?|{N} weighed {a} kilos and lost {b}. What does {N} weigh now?|I need {a} points and have {b}. How many {more|are missing}?|
Yesterday {a} {people|visitors} came, today {b}. How many fewer is that?|A {a} euro coat is {b} euros cheaper {today|in the sale}. What does it cost?|
How many more is {a} than {b}?|{N} has {a} {i} and {M} has {b}. How many more has {N}?|{a} chairs, {b} of them broken. How many can we use?""",
    "*": """{A|One|If one} {ticket|book|cake|pizza|coffee|kilo|bottle|ride} {costs|is} {b} {euros|dollars|pounds}{,| and I buy {a}:|;} {how much|what} {do|are|would} {a}{ of them|} {cost|be|set me back}?|
There are {a} {spiders|dogs|tables|cars|boxes|bags|rows|shelves|rooms|teams} with {b} {legs|wheels|pieces|seats|books|windows|players|{i}} each. How many {in total|altogether|is that}?|
I {save|earn|spend|pay} {b} {euros|dollars} {a week|a day|every month|an hour}. How much {is that|do I have} {after|in} {a} {weeks|days|months|hours}?|
{N} {runs|walks|swims|drives} {b} {km|laps|miles} {every day|a day|each day}. How {far|many} in {a} days?|A {garden|room|field|wall} is {a} metres long and {b} metres wide. What's its area?|
{a} children each {bring|eat|get|need} {b} {i}. How many {i} {is that|in all|do we need}?|How many {eggs|cans|pencils} are in {a} {boxes|packs} of {b}?|Every one of {a} {pages|walls} has {b} {pictures|lines|words}. Total?|
{a} {weeks|rounds|trips} with {b} {days|laps|hours} each make how many?|A {car|train|machine} {makes|does|covers} {b} {parts|km|pieces} an hour; how many in {a} hours?|{a} times a day I {drink|eat|take} {b}. How many a day?""",
    "/": """{b} {kids|children|friends|people|pirates|sisters} share {a} {i} {evenly|equally|fairly}{;|,} how many {each|does each get|for everyone|per person}?|
{N} {has|packs} {a} {i} {and puts|, always} {b} {in|to} a {box|bag|row}. How many {boxes|bags|rows} {is that|are needed|are filled}?|
A {bill|dinner|gift|trip} of {a} {euros|dollars} is {split|shared} {by|among|between} {b} {people|friends}. What does each pay?|
{a} {students|players|people} make teams of {b}. How many teams?|{a} {metres|cm} of {rope|ribbon|wood} in {b} {equal |}pieces: how long is {each|one}?|
I read {b} pages a day. How many days {for|do I need for} {a} pages?|{a} {days|hours} with {b} {a week|a shift}: how many {weeks|shifts}?|If {b} {tickets|pens|apples} cost {a} {euros|dollars}, what does one cost?|
{a} {cookies|sweets|euros} for {b} {kids|people}, how many each?|{N} drives {a} km in {b} hours. How many km an hour?""",
}
SITUATIONS = {k: [s for s in v.replace("|\n", "\x00").split("\x00")] for k, v in SITUATIONS.items()}


def split_templates(text: str) -> list:
    depth, run, parts = 0, "", []
    for c in text:
        depth += (c == "{") - (c == "}")
        if c == "|" and depth == 0:
            parts.append(run)
            run = ""
        else:
            run += c
    return parts + [run]


SITUATIONS = {k: [t for s in v for t in split_templates(s)] for k, v in SITUATIONS.items()}


def situation(rng: random.Random):
    op = rng.choice("++--**/")
    while True:
        if op == "/":
            b = rng.randint(2, 12)
            a = b * rng.randint(2, max(2, 96 // b))
        elif op == "*":
            a, b = rng.randint(2, 20), rng.randint(2, 30)
        else:
            a, b = rng.randint(2, 99), rng.randint(1, 99)
        if op != "-" or a > b:
            break
    names = rng.sample(words.NAMES, 2)
    w = rng.random() < 0.2
    text = fill_alternatives(rng.choice(SITUATIONS[op]), rng, {"a": say(a, rng, w), "b": say(b, rng, w), "N": names[0], "M": names[1], "i": rng.choice(words.ITEMS)})
    return text, work(op, a, b), result(op, a, b)


def odd(rng: random.Random):
    """Dozens, pairs, scores, percentages of all kinds, three times, halves of things."""
    kind = rng.randrange(7)
    if kind == 0:
        n, (word, size) = rng.randint(1, 8), rng.choice([("dozen", 12), ("pair", 2), ("score", 20), ("week", 7), ("year", 12)])
        inside = {"week": "days", "year": "months", "pair": rng.choice(["shoes", "socks", "gloves"]), "dozen": rng.choice(["eggs", "roses", "rolls"]), "score": "years"}[word]
        many = word if n == 1 else word + ("" if word in ("dozen", "score") else "s")
        said = rng.choice([str(n), spelled(n)]) if n > 1 else "one"
        q = rng.choice(["How many {i} are {n} {m}?", "{n} {m} of {i}, how many is that?", "How many {i} are in {n} {m}?", "how many {i} do {n} {m} have?"])
        return q.format(i=inside, n=said, m=many), f"{n} × {size} = **{n * size}** {inside}.", n * size
    if kind == 1:
        p = rng.choice([5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 80, 90, 100])
        n = rng.choice([20, 40, 60, 80, 100, 10, 50, 30, 200])
        if n * p % 100:
            n = 100
        q = rng.choice(["what is {p} percent of {n}?", "{p}% of {n}", "{p} % of {n}?", "how much is {p}% of {n}?", "calculate {p} percent of {n}", "take {p} percent of {n}"])
        return q.format(p=p, n=n), f"{p}% of {n} = {n} × {p} ÷ 100 = **{n * p // 100}**.", n * p // 100
    if kind == 2:
        n, (word, by) = rng.randint(2, 33), rng.choice([("double", 2), ("triple", 3), ("three times", 3), ("four times", 4), ("twice", 2), ("five times", 5), ("ten times", 10)])
        q = rng.choice(["{w} {n}", "what is {w} {n}?", "{N} has {n} {i}, I have {w} as many. How many do I have?", "how much is {w} {n}?"])
        if "as many" in q and word in ("double", "triple"):
            word, by = "twice", 2
        return q.format(w=word, n=n, N=rng.choice(words.NAMES), i=rng.choice(words.ITEMS)), f"{by} × {n} = **{by * n}**.", by * n
    if kind == 3:
        (word, by) = rng.choice([("half", 2), ("a third", 3), ("a quarter", 4), ("one half", 2), ("a fifth", 5), ("one third", 3), ("one quarter", 4), ("a tenth", 10)])
        n = by * rng.randint(1, 99 // by)
        q = rng.choice(["{w} of {n}", "what is {w} of {n}?", "I eat {w} of {n} {i}. How many is that?", "how much is {w} of {n}?", "{w} of my {n} {i} are gone. How many are that?"])
        return q.format(w=word, n=n, i=rng.choice(words.ITEMS)), f"{n} ÷ {by} = **{n // by}**.", n // by
    if kind == 4:
        x, y, z = rng.randint(2, 40), rng.randint(2, 40), rng.randint(2, 40)
        i = rng.choice(words.ITEMS)
        q = rng.choice(["I have {x} red, {y} blue and {z} green {i}. How many altogether?", "{N} buys {x} {i} on Monday, {y} on Tuesday and {z} on Friday. How many is that?",
                        "{x} {i}, {y} {i} and {z} {i}: total?", "Three boxes hold {x}, {y} and {z} {i}. How many {i} are that?"])
        return q.format(x=x, y=y, z=z, i=i, N=rng.choice(words.NAMES)), f"{x} + {y} + {z} = {x + y} + {z} = **{x + y + z}** {i}.", x + y + z
    if kind == 5:
        x, y, z = rng.randint(2, 9), rng.randint(2, 12), rng.randint(1, 20)
        i, plus = rng.choice(words.ITEMS), rng.random() < 0.5
        z = min(z, x * y - 1)
        q = f"{rng.choice(words.NAMES)} has {x} {rng.choice(['boxes', 'bags', 'packs'])} of {y} {i} and {'gets' if plus else 'loses'} {z}{' more' if plus else ''}. How many {i} are there?"
        total = x * y + (z if plus else -z)
        return q, f"{x} × {y} {'+' if plus else '-'} {z} = {x * y} {'+' if plus else '-'} {z} = **{total}** {i}.", total
    x, y = rng.randint(1, 12), rng.randint(1, 11)
    end = (x + y - 1) % 12 + 1
    q = rng.choice(["It is {x} o'clock. What time is it in {y} hours?", "A film starts at {x} and lasts {y} hours. When does it end?"])
    return q.format(x=x, y=y), f"{x} + {y} = {x + y}, so at **{end}** o'clock." if x + y > 12 else f"{x} + {y} = **{end}** o'clock.", end


def problem(rng: random.Random):
    kind = rng.random()
    return told(rng) if kind < 0.45 else situation(rng) if kind < 0.8 else odd(rng)


if __name__ == "__main__":
    rng = random.Random(3)
    for _ in range(30):
        print(*problem(rng)[:2], sep="  ->  ")
