"""A person's clean sentence in, the way somebody might really type it out: typos, case, manners, chatter."""
import random
import re

NEAR = {"a": "sqw", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo",
        "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "mb", "o": "ip", "p": "o", "q": "wa", "r": "et",
        "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x"}

BEFORE = """hi|hello|hey|hey there|good morning|good evening|excuse me|sorry|ok|okay|so|well|right|um|uh|quick question|
one question|a question|another question|question|another thing|one more thing|next question|please help|help|help me|
I have a question|I was wondering|just wondering|I need help|I need some help here|sorry to bother you|
silly question maybe|this may be a stupid question|I'm new here|I am new to this|I just installed this|
my friend told me to ask you|my boss wants to know|my daughter asks|for my grandmother|I looked everywhere|
I could not find it in the menu|I can't figure this out|I am a bit lost|I'm confused|by the way|btw|one last thing|
I forgot|remind me|tell me|explain|I'd like to know|I want to know|I would like to understand|do you know|
any idea|can you tell me|could you tell me|could you explain|please tell me|please explain|let me ask|
I've been using this for a week|I started today|before I go on|out of curiosity|I'm curious|seriously|honestly|
be honest|hm|hmm|listen|look|dear guide|guide|Tramontane|computer|friend|thanks for that|great|cool|nice|alright|
thanks, now|okay thanks|good to know|I see|got it|fine|now|and|also|but|yes but|oh|oh no|wait|actually|alternatively|
yesterday a colleague asked me|I read the manual but|at work|on my laptop|on my old laptop|on Linux|on Debian|on Ubuntu|
while I'm writing|when I am in a chat|I have a small problem|something is odd|here is my problem|as a beginner|
as a teacher|I am a student|I'm not a technical person|I have bad eyes|in simple words|in short|briefly|
short answer please|just briefly|if possible|first|first of all|for a start""".replace("\n", "").split("|")

AFTER = """please|pls|thanks|thank you|thx|many thanks|thanks in advance|cheers|if possible|if you can|if that is possible|
in Tramontane|in this program|in this app|in this application|here|with this program|in the program|in the window|
right now|today|again|quickly|exactly|actually|really|then|though|by the way|somehow|for me|step by step|
in simple words|in short|briefly|I'm new to this|I am a beginner|I can't find it|I don't see it|I forgot|
any idea|any ideas|do you know|can you help|help|can you tell me|is that possible|is this possible|
I could not find it|I looked everywhere|sorry if that's obvious|it's urgent|no rush|just curious|
because I need it for work|my colleague asked|on Linux|on my machine|on my laptop|on this computer|
or not|or what|or something|or how does that work|and how|if any|with the keyboard|with the mouse""".replace("\n", "").split("|")

SWAPS = [("do not", "don't"), ("cannot", "can't"), ("can not", "can't"), ("I am", "I'm"), ("is not", "isn't"),
         ("what is", "what's"), ("where is", "where's"), ("how is", "how's"), ("does not", "doesn't"),
         ("you", "u"), ("are", "r"), ("please", "pls"), ("because", "cuz"), ("want to", "wanna"),
         ("going to", "gonna"), ("conversation", "convo"), ("conversation", "chat"), ("conversations", "chats"),
         ("messages", "msgs"), ("preferences", "prefs"), ("preferences", "settings"), ("preferences", "options"),
         ("answer", "reply"), ("answer", "response"), ("program", "app"), ("application", "app"),
         ("program", "software"), ("shortcut", "hotkey"), ("keyboard shortcut", "key combination"),
         ("how do I", "how can I"), ("how do I", "how to"), ("how do I", "how does one"), ("how do I", "how would I"),
         ("how do I", "how should I"), ("how do I", "what do I do to"), ("how can I", "is there a way to"),
         ("can I", "could I"), ("can I", "am I able to"), ("can I", "may I"), ("can I", "is it possible to"),
         ("where can I", "where do I"), ("show me", "give me"), ("tell me", "say"), ("delete", "remove"),
         ("delete", "get rid of"), ("delete", "erase"), ("change", "modify"), ("change", "adjust"), ("change", "set"),
         ("find", "locate"), ("stop", "halt"), ("start", "begin"), ("big", "large"), ("computer", "machine"),
         ("computer", "pc"), ("folder", "directory"), ("window", "screen"), ("button", "icon"), ("list", "overview")]

SIGNS = "🙂 😀 😊 👍 🙏 ❤️ 😂 🤔 😢 🎉 👋 😅 🚀 🙈 ☕ 🌧️ 🐱 ✨ 😎 😭".split()
FILLER = "just actually really also simply maybe even still now perhaps please quickly somehow basically".split()
STOP = set("the a an to of in on is it do does i my me can could would will please for and this that be".split())


def typo(word: str, rng: random.Random) -> str:
    if len(word) < 3:
        return word
    i = rng.randrange(len(word))
    kind = rng.random()
    if kind < 0.28 and i + 1 < len(word):
        return word[:i] + word[i + 1] + word[i] + word[i + 2:]
    if kind < 0.52:
        return word[:i] + word[i + 1:]
    if kind < 0.7:
        return word[:i] + word[i] + word[i:]
    near = NEAR.get(word[i].lower())
    if near is None:
        return word
    if kind < 0.88:
        return word[:i] + rng.choice(near) + word[i + 1:]
    return word[:i] + rng.choice(near) + word[i:]


def sprinkle_typos(text: str, rng: random.Random, rate: float, keep=frozenset()) -> str:
    def change(match):
        word = match.group(0)
        return typo(word, rng) if word.lower() not in keep and rng.random() < rate else word
    return re.sub(r"[A-Za-z]{3,}", change, text)


def soften(text: str) -> str:
    """A sentence that now stands in the middle of another loses its capital, but for I and names."""
    first = text.split(" ", 1)[0].strip("?,.!'")
    if text[:1].isupper() and text[1:2].islower() and not text.startswith(("I ", "I'", "Tramontane", "Mistral")):
        if first.lower() in COMMON_STARTS:
            return text[:1].lower() + text[1:]
    return text


COMMON_STARTS = set("""how what where when why which who can could is are does do did will would should may tell
show give write make list name explain please help my the a an there it in on if i'd i'm let and but or so open
find search delete change create start stop put set turn add calculate compute count""".split())


def dress(text: str, rng: random.Random, keep=frozenset(), level: float = 1.0) -> str:
    """One augmented form of a question. Words in `keep` are never misspelt; level 0 leaves all as it is."""
    if rng.random() > level:
        return text
    if rng.random() < 0.25:
        for _ in range(2):
            old, new = rng.choice(SWAPS)
            text = re.sub(rf"\b{re.escape(old)}\b", new, text, count=1, flags=re.I)
    words = text.split(" ")
    if rng.random() < 0.06 and len(words) > 4:
        words = [w for w in words if w.lower() not in STOP or rng.random() < 0.3]
    if rng.random() < 0.05 and len(words) > 6:
        del words[rng.randrange(len(words))]
    if rng.random() < 0.06 and len(words) > 3:
        words.insert(rng.randrange(1, len(words)), rng.choice(FILLER))
    text = " ".join(words)
    if rng.random() < 0.22:
        lead, mark = rng.choice(BEFORE), rng.choice([",", ",", ",", ":", ".", " -", "", "", "!"])
        body = text if mark in (".", "!") else soften(text)
        text = f"{lead[:1].upper() + lead[1:]}{mark} {body}"
    if rng.random() < 0.16:
        end = text[-1:] if text[-1:] in "?!." else ""
        bare = text.rstrip("?!.")
        text = bare + rng.choice([" ", " ", ", "]) + rng.choice(AFTER) + end
    if rng.random() < 0.28:
        rate = rng.choice([0.06, 0.1, 0.18])
        text = sprinkle_typos(text, rng, rate, keep)
    style = rng.random()
    if style < 0.22:
        text = text.lower()
    elif style < 0.24:
        text = text.upper()
    elif style < 0.30:
        text = text[:1].upper() + text[1:]
    if rng.random() < 0.25:
        text = text.rstrip("?!. ")
    elif rng.random() < 0.04:
        text = text.rstrip("?!. ") + rng.choice(["??", "???", "!", "?!", " ?", "...", " :)", ".", "!!"])
    if rng.random() < 0.015:
        text = text + " " + rng.choice(SIGNS)
    if rng.random() < 0.03:
        text = text.replace(",", "").replace("'", "")
    return text or "?"
