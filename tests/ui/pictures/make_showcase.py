#!/usr/bin/env python3
"""Writes the conversations that the pictures show, for fill_history, to stdout."""
import json

ALL_KINDS = """# The tramontane

A **cold, clear** wind from the north, *dry* and often strong. The name comes from the Latin `trans montes`, “from beyond the mountains”; read more at [example.org](https://example.org/winds?name=tramontane&lang=en). 🌬️

## What to take along

1. A warm coat
2. A map of the coast
   - the harbour
   - the two capes
3. Something to read

- [x] Shutters closed
- [ ] Boat made fast
- [ ] Plants brought in

| Wind | From | Character | Season |
|:-----|:----:|-----------|-------:|
| Tramontane | north-west | cold, dry, clear | winter |
| Mistral | north | strong, sunny | all year |
| Marin | south-east | warm, wet, grey | autumn |

> The wind bloweth where it listeth.
>
> > And the sky is clear behind it.

```python
def chill(celsius: float, wind: float) -> float:
    \"\"\"How cold it feels, by the formula of 2001.\"\"\"
    if wind < 4.8:
        return celsius
    factor = wind ** 0.16
    return 13.12 + 0.6215 * celsius - 11.37 * factor + 0.3965 * celsius * factor
```

![A map of the winds](https://example.org/map.png)

---

### In short

It clears the sky, 冷たい北風, and ~~never~~ rarely brings rain.
"""

LONG = "\n\n".join(
    f"Paragraph {n}. The wind came down from the hills in the night and had the harbour to itself; by morning every "
    f"shutter that was not closed was open, and every hat that was not held was gone." for n in range(1, 30))

conversations = [
    {"title": "A walk along the old harbour", "days": 30, "messages": [
        {"role": "user", "text": "Plan a walk along an old harbour, two hours at most."},
        {"role": "assistant", "text": "Begin at the lighthouse and follow the quay to the market."}]},
    {"title": "Names for a small boat", "days": 5, "messages": [
        {"role": "user", "text": "Ten names for a small sailing boat, please."},
        {"role": "assistant", "text": "- Petrel\n- Halcyon\n- Little Auk\n- Northerly\n- Thistledown"}]},
    {"title": "Explain how tides work", "days": 3, "messages": [
        {"role": "user", "text": "Explain how tides work, in a few sentences."},
        {"role": "assistant", "text": LONG}]},
    {"title": "A polite refusal", "days": 1, "messages": [
        {"role": "user", "text": "Write a polite reply that declines a meeting."},
        {"role": "assistant", "text": "Dear Ms Weber,\nthank you for the invitation. I am away that week", "status": "partial",
         "finish": "error"}]},
    {"title": "Median in Python", "days": 0.1, "draft": "And without sorting?", "messages": [
        {"role": "user", "text": "Write a Python function that finds the median."},
        {"role": "assistant", "text": "Sort, then take the middle:\n\n```python\ndef median(values):\n    ordered = sorted(values)\n    middle = len(ordered) // 2\n    return ordered[middle]\n```"},
        {"role": "assistant", "parent": 0, "text": "With the standard library:\n\n```python\nfrom statistics import median\n```"},
        {"role": "user", "text": "What about an even number of values?"},
        {"role": "assistant", "text": "", "status": "failed", "error": "The model ran out of memory. A shorter context may help."}]},
    {"title": "The north wind", "days": 0, "messages": [
        {"role": "user", "text": "Tell me about the tramontane, with all the formatting you have."},
        {"role": "assistant", "text": ALL_KINDS}]},
]

print(json.dumps(conversations, ensure_ascii=False, indent=1))
